"""What the command line shows to people: one athlete at a glance, and what a run did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from momentum.errors import MomentumError
from momentum.reports.fitness_chart import band_of
from momentum.reports.style import words
from momentum.reports.terminal_chart import AREA, DOTS, area_and_dots
from momentum.reports.units import threshold_text, units_of
from momentum.reports.wording import clock, day_text, hours_text
from momentum.warehouse import queries
from momentum.warehouse.client import Client

CHART_DAYS = 180
# Estimates and columns of fitness are shown for this many sports, the most trained.
_SPORTS = 3
_SHOWN = 0.5  # less than that in all days of the chart would be an empty chart
_WIDE = 72  # characters that a column for each of them takes


def athlete_data(client: Client, athlete_id: str, now: datetime) -> dict[str, Any]:
    """All that `athlete_view` shows, as plain data that JSON can hold but for its dates; `now` is aware.

    today: the day where the athlete lives. profile, thresholds, this_week, weeks (this one and the last),
    fitness: rows of the queries of these names. series: a row per day with ctl, atl and tsb.
    Raises MomentumError for an athlete that nobody knows.
    """
    profile = queries.profile(client, athlete_id)
    if profile is None:
        raise MomentumError(f"no athlete {athlete_id!r}; `momentum athlete add {athlete_id}` adds one")
    today = now.astimezone(ZoneInfo(profile["timezone"] or "UTC")).date()
    series = queries.fitness_series(client, athlete_id, "all", today - timedelta(days=CHART_DAYS - 1), today)
    columns = {name: series[name].tolist() for name in ("local_date", "ctl", "atl", "tsb")}
    return {
        "athlete_id": athlete_id,
        "today": today,
        "profile": profile,
        "thresholds": queries.thresholds_in_use(client, athlete_id, profile["sports"][:_SPORTS], today),
        "this_week": queries.this_week(client, athlete_id, today),
        "weeks": queries.load_by_sport(client, athlete_id, today - timedelta(weeks=1), today),
        "fitness": queries.fitness_on(client, athlete_id, today),
        "series": [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)],
    }


def athlete_view(console: Console, data: dict[str, Any]) -> None:
    """Prints one athlete: who, thresholds valid today, this week, fitness, and a small chart."""
    _show_profile(console, data)
    if not data["profile"]["activities"]:
        console.print(
            f"\nNo activities yet. [bold]momentum import PATH --athlete {data['athlete_id']}[/bold] takes files, "
            "folders and the zips of Garmin and Strava exports."
        )
        return
    _show_thresholds(console, data)
    _show_week(console, data)
    if not data["fitness"]:
        console.print("\nFitness is not computed yet. [bold]momentum refresh[/bold] does what is open.")
        return
    _show_fitness(console, data)
    if any(row["ctl"] >= _SHOWN or row["atl"] >= _SHOWN for row in data["series"]):
        _show_chart(console, data["series"])
    else:
        days, last = len(data["series"]), day_text(data["profile"]["last_day"])
        console.print(f"\nNo chart: next to no load in the last {days} days; the last activity was on {last}.")


def _show_profile(console: Console, data: dict[str, Any]) -> None:
    person, today = data["profile"], data["today"]
    units = units_of(person["units"])
    if person["name"]:
        console.print(Text.assemble((person["name"], "bold"), "  ", (data["athlete_id"], "dim")))
    else:
        console.print(Text(data["athlete_id"], "bold"))
    about = [words(sport) for sport in person["sports"]]
    if person["sex"] in ("f", "m"):
        about.append({"f": "female", "m": "male"}[person["sex"]])
    if person["birth_date"]:
        born = person["birth_date"]
        about.append(f"{today.year - born.year - ((today.month, today.day) < (born.month, born.day))} years")
    if person["weight_kg"]:
        weighed = f" ({day_text(person['weighed_on'])})" if person["weighed_on"] else ""
        about.append(f"{units.mass(person['weight_kg'])}{weighed}")
    if person["height_m"]:
        about.append(units.tallness(person["height_m"]))
    about.append(person["timezone"] or "UTC (no home zone set)")
    console.print(", ".join(about), highlight=False)
    if person["activities"]:
        first, last = day_text(person["first_day"]), day_text(person["last_day"])
        count = "1 activity" if person["activities"] == 1 else f"{person['activities']} activities"
        console.print(f"{count}, {first} to {last}", highlight=False)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    return table


def _heading(console: Console, text: str, more: str = "") -> None:
    console.print()
    console.print(Text.assemble((text, "bold"), "  " if more else "", (more, "dim")))


def _show_thresholds(console: Console, data: dict[str, Any]) -> None:
    _heading(console, "Thresholds valid today")
    if not data["thresholds"]:
        console.print(
            "None set, and none can be told from the training of late: loads rest on what needs none.\n"
            f"[bold]momentum threshold set --help[/bold] says how to enter them for {data['athlete_id']}.",
            highlight=False,
        )
        return
    # What is the same in several sports is one line.
    sports_of: dict[tuple[Any, ...], list[str]] = {}
    for row in data["thresholds"]:
        what = (row["name"], row["value"], row["source"], row["evidence"], row["valid_from"])
        sports_of.setdefault(what, []).append(words(row["sport"]))
    several = {words(row["sport"]) for row in data["thresholds"]}
    table = _table("", "value", "", "sport", "source", "since", right=("value",))
    for (column, number, set_or_not, evidence, valid_from), sports in sports_of.items():
        name, value, unit = threshold_text(column, number, units_of(data["profile"]["units"]))
        since = "today" if valid_from == data["today"] else day_text(valid_from)
        source = Text(set_or_not, style="" if set_or_not == "set" else "yellow")
        if evidence:
            source.append(f" ({evidence})", style="dim")
        of_all = len(several) > 1 and set(sports) == several
        table.add_row(name, value, unit, "all" if of_all else ", ".join(sports), source, since)
    console.print(table)


def _show_week(console: Console, data: dict[str, Any]) -> None:
    today = data["today"]
    monday = today - timedelta(days=today.weekday())
    _heading(console, "This week", f"{day_text(monday)} to {day_text(monday + timedelta(days=6))}")
    units = units_of(data["profile"]["units"])
    table = _table("day", "sport", "load", "time", units.road, right=("load", "time", units.road))
    for day in (monday + timedelta(days=number) for number in range(7)):
        rows = [row for row in data["this_week"] if row["local_date"] == day]
        style = "bold" if day == today else "dim" if day > today else ""
        if not rows:
            table.add_row(f"{day:%a %-d}", "" if day >= today else "rest", "", "", "", style=style)
        for number, row in enumerate(rows):
            missing = row["unloaded_sessions"] == row["sessions"]
            many = f" ({row['sessions']})" if row["sessions"] > 1 else ""
            table.add_row(
                "" if number else f"{day:%a %-d}",
                f"{words(row['sport'])}{many}",
                "none" if missing else f"{row['load']:.0f}",
                clock(row["duration_s"]),
                units.distance(row["distance_m"], 1) if row["distance_m"] else "",
                style=style,
            )
    console.print(table)
    for week in reversed(data["weeks"]):
        which = "so far" if week["week"] == monday else "last week"
        sessions = "1 session" if week["sessions"] == 1 else f"{week['sessions']} sessions"
        console.print(
            f"{which}: load {week['load']:.0f}, {hours_text(week['duration_s'])}, {sessions}", highlight=False
        )


def _show_fitness(console: Console, data: dict[str, Any]) -> None:
    rows = data["fitness"][: 1 + (_SPORTS if console.width >= _WIDE else 0)]
    day: date = rows[0]["local_date"]
    late = "" if day >= data["today"] else "; `momentum refresh` brings it up to today"
    _heading(console, "Fitness", f"{day_text(day)}{late}")
    shown = rows[:1] if len(rows) == 2 else rows  # one sport alone is the same as all
    sports = [words(row["sport"]) for row in shown]
    table = _table("", *sports, right=sports)
    table.add_row("fitness (CTL)", *(Text(f"{row['ctl']:.1f}", style="bold") for row in shown))
    table.add_row("fatigue (ATL)", *(f"{row['atl']:.1f}" for row in shown))
    for label, name in (("form this morning", "tsb"), ("form this evening", "tsb_evening")):
        table.add_row(
            label, f"{band_of(shown[0][name])} {_signed(shown[0][name])}", *(_signed(r[name]) for r in shown[1:])
        )
    table.add_row("ramp over 7 days", *(_signed(row["ramp_rate"], 1) for row in shown))
    for label, name in (
        ("7 over 28 days (ACWR)", "acwr"),
        ("  not counting the 7 twice", "acwr_uncoupled"),
        ("  exponential", "acwr_ewma"),
        ("monotony", "monotony"),
    ):
        # the reason once: repeated for every sport it would break the lines of a narrow terminal
        table.add_row(label, *(_or_reason(row, name, "-" if number else "") for number, row in enumerate(shown)))
    table.add_row("strain", *("" if row["strain"] is None else f"{row['strain']:.0f}" for row in shown))
    console.print(table)


def _signed(value: float, digits: int = 0) -> str:
    """+3, -1.5 or 0: nothing is neither plus nor minus."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else "0"


def _or_reason(row: dict[str, Any], name: str, instead: str) -> Text:
    if row[name] is not None:
        return Text(f"{row[name]:.2f}")
    # the exponential ratio asks for the days alone, as long as there was a load in any of them
    no_acwr = "no load" if row["acwr_ewma"] is not None or not row["ctl"] else "under 28 days"
    return Text(instead or (row["monotony_reason"] if name == "monotony" else no_acwr), style="dim")


def _show_chart(console: Console, series: Sequence[dict[str, Any]]) -> None:
    ascii_only = console.options.ascii_only
    _heading(console, f"Last {len(series)} days")
    area, dot = ("#", "o") if ascii_only else ("█", "●")
    console.print(Text.assemble("     ", (area, AREA), " fitness (CTL)   ", (dot, DOTS), " fatigue (ATL)"))
    days, ctl, atl = ([row[name] for row in series] for name in ("local_date", "ctl", "atl"))
    for line in area_and_dots(days, ctl, atl, width=min(console.width, 100), ascii_only=ascii_only):
        console.print(line, no_wrap=True, crop=True)


def run_table(
    console: Console, assets: Sequence[tuple[str, int | None, float, int, int, int]], look_next: Sequence[str]
) -> None:
    """What a run did: (asset, rows or None where they are not counted, seconds, checks passed, checks that warn,
    checks that block) in the order of the run, with totals, and lines that say where to look next."""
    table = _table("asset", "rows", "seconds", "checks", right=("rows", "seconds"))
    for asset, rows, seconds, *checks in assets:
        table.add_row(asset, "" if rows is None else f"{rows:,}", f"{seconds:.1f}", _checks(*checks))
    table.add_section()
    table.add_row(
        "1 asset" if len(assets) == 1 else f"{len(assets)} assets",
        f"{sum(rows or 0 for _, rows, *_ in assets):,}",
        f"{sum(seconds for _, _, seconds, *_ in assets):.1f}",
        _checks(*(sum(one[which] for one in assets) for which in (3, 4, 5))),  # type: ignore[misc]
        style="bold",
    )
    console.print(table)
    if look_next:
        _heading(console, "Where to look next")
        for line in look_next:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


def _checks(passed: int, warned: int, failed: int) -> Text:
    counted = (failed, "failed", "bold red"), (warned, "warned", "yellow"), (passed, "passed", "green")
    return Text(", ").join(Text(f"{count} {word}", style=style) for count, word, style in counted if count)
