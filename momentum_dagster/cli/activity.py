"""momentum activity: list, show, add without a file, exertion, split and merge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.printing import console, counted, print_json, print_rows, say
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, change_opener, day_of, store

app = typer.Typer(help="Activities, and what a person knows better than the files.", no_args_is_help=True)

Athlete = Annotated[str, typer.Argument(help="The athlete.")]
Ref = Annotated[str, typer.Argument(help="The activity's id, or the start of it.")]


@app.command("list")
def list_(
    athlete_id: Athlete,
    first: Annotated[
        str | None, typer.Option("--from", help="First day; four weeks before the last if not given.")
    ] = None,
    last: Annotated[str, typer.Option("--to", help="Last day: 2024-05-31, today or yesterday.")] = "today",
    as_json: Json = False,
) -> None:
    """Activities of some days, with their loads and why one has none."""
    from momentum.reports.units import units_of
    from momentum.warehouse.entries import require_athlete
    from momentum.warehouse.queries import activities_between

    to = day_of(last)
    since = day_of(first) if first else to - timedelta(days=28)
    if since > to:
        raise typer.BadParameter(f"--from {since} lies after --to {to}")
    with store() as client:
        units = units_of(require_athlete(client, athlete_id)["units"])
        rows = activities_between(client, athlete_id, since, to)
    if as_json:
        print_json(rows)
        return
    print_rows(
        [
            {
                "day": row["local_date"], "id": row["activity_id"][:12], "sport": row["sport"], "title": row["title"],
                "minutes": round(row["elapsed_s"] / 60),
                units.road: row["distance_m"] and row["distance_m"] / units.road_m,
                "load": row["load"] and round(row["load"], 1),
                "by": row["load_source"] or ("legs" if row["sport"] == "multisport" else "none"),
            }
            for row in rows
        ],
        as_json=False,
        empty=f"none from {since} to {to}; --from and --to choose other days",
    )  # fmt: skip
    without = [row["activity_id"][:12] for row in rows if row["load"] is None and row["sport"] != "multisport"]
    if without:
        say(f"`momentum activity show {athlete_id} {without[-1]}` says why it has no load", style="dim")


@app.command()
def show(athlete_id: Athlete, activity: Ref, as_json: Json = False) -> None:
    """One activity: its load and why it is that, its metrics and why one is missing, its files and why they are one."""
    from momentum.warehouse.entries import find_activity, find_athlete
    from momentum.warehouse.queries import activity_detail

    with store() as client:
        person = find_athlete(client, athlete_id) or {}
        found = find_activity(client, athlete_id, activity)
        detail = activity_detail(client, athlete_id, found["activity_id"])
    if detail is None:
        raise MomentumError(f"activity {activity} went away while it was being looked at; try again")
    if as_json:
        print_json(detail)
    else:
        from momentum.reports.activity_view import activity_view

        activity_view(console, detail, person.get("units"))


@app.command()
def add(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    sport: Annotated[str, typer.Option(help="The sport.")] = "strength",
    start: Annotated[str | None, typer.Option(help="Local start, such as 2024-05-31T18:30.")] = None,
    minutes: Annotated[float, typer.Option(help="Whole session, rests included.")] = 60.0,
    rpe: Annotated[float | None, typer.Option(help="Exertion, CR-10; without it there is often no load.")] = None,
    distance_m: Annotated[float | None, typer.Option(help="Distance in m.")] = None,
    ascent_m: Annotated[float | None, typer.Option(help="Ascent in m.")] = None,
    title: Annotated[str, typer.Option(help="A name.")] = "",
    csv: Annotated[
        Path | None,
        typer.Option(
            help="Many at once, from a csv: athlete_id, sport, start, minutes and, as known, rpe, distance_m, "
            "ascent_m, title."
        ),
    ] = None,
    later: Later = False,
) -> None:
    """Add a session that no device recorded. The same session again is one session."""
    from momentum_dagster.cli.entering import checked
    from momentum_dagster.cli.manual import documents, read_sessions, take_in

    if csv is not None:
        read = read_sessions(csv)
        with store() as client:
            taken = take_in(client, checked(csv, read, lambda rows: documents(client, rows)))
    elif athlete_id is None or start is None:
        raise typer.BadParameter("name the athlete and --start, or give --csv FILE")
    else:
        session = {
            "athlete_id": athlete_id, "sport": sport, "start": start, "minutes": minutes, "rpe": rpe,
            "distance_m": distance_m, "ascent_m": ascent_m, "title": title,
        }  # fmt: skip
        with store() as client:
            taken = take_in(client, documents(client, {0: session}))
    say(f"{counted(len(taken), 'session')} taken" if csv else f"{athlete_id}: {sport} of {start}, {minutes:g} min")
    after_entry(later)
    if csv is None and not later:
        _tell_load(*taken[0])


def _tell_load(athlete_id: str, activity_id: str) -> None:
    """What the one session just added counts, and why."""
    from momentum.warehouse.queries import activity_detail

    with store() as client:
        detail = activity_detail(client, athlete_id, activity_id)
    if detail is None or detail.metrics is None:
        say(f"{activity_id}: it is one with another activity; `momentum activity list {athlete_id}` shows them")
        return
    load, why = detail.metrics["load"], detail.metrics["load_reason"]
    if load is None:
        say(f"{activity_id[:12]}: no load ({why})", style="yellow")
        say(f"  `momentum activity set-rpe {athlete_id} {activity_id[:12]} 6` says how hard it was")
    else:
        say(f"{activity_id[:12]}: load {load:.0f} by {detail.metrics['load_source']}" + (f" ({why})" if why else ""))


@app.command("set-rpe")
def set_rpe(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    activity: Annotated[str | None, typer.Argument(help="The activity's id, or the start of it.")] = None,
    rpe: Annotated[float | None, typer.Argument(help="Exertion, CR-10.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Many at once, from a csv with columns athlete_id, activity and rpe.")
    ] = None,
    later: Later = False,
) -> None:
    """Enter how hard it was; it stays with the activity whatever it is merged with."""
    from momentum.warehouse.entries import find_activity, rpe_entries
    from momentum.warehouse.tables import Column
    from momentum_dagster.cli.entering import enter_csv, enter_one

    if csv is not None:
        also = [Column("activity", "String", "The activity's id, or the start of it.")]
        entered = enter_csv(csv, "activity_rpe", {"athlete_id", "activity", "rpe"}, rpe_entries, also=also)
        say(f"{counted(entered, 'exertion')} entered")
    elif athlete_id is None or activity is None or rpe is None:
        raise typer.BadParameter("name the athlete, the activity and its exertion, or give --csv FILE")
    else:
        with store() as client:
            enter_one(client, rpe_entries, {"athlete_id": athlete_id, "activity": activity, "rpe": rpe})
            found = find_activity(client, athlete_id, activity)
        say(f"{athlete_id}: {found['sport']} of {found['local_date']}, exertion {rpe:g}")
    after_entry(later)


@app.command()
def merge(athlete_id: Athlete, activity: Ref, other: Ref, later: Later = False) -> None:
    """Say that two activities are one, for good."""
    from momentum.warehouse.entries import merge_activities

    with store() as client:
        merge_activities(
            client, athlete_id, (activity, other), open_change=change_opener(client), now=datetime.now(UTC)
        )
    say(f"{athlete_id}: {activity} and {other} are one from now on; `momentum activity split` undoes it")
    after_entry(later)


@app.command()
def split(
    athlete_id: Athlete,
    activity: Ref,
    file: Annotated[
        str | None,
        typer.Option(help="Start of the hash of the file to set apart, as `activity show` tells it; all if none."),
    ] = None,
    later: Later = False,
) -> None:
    """Say that files taken for one activity are several, for good."""
    from momentum.warehouse.entries import split_activity

    with store() as client:
        split_activity(client, athlete_id, activity, file, open_change=change_opener(client), now=datetime.now(UTC))
    say(f"{athlete_id}: the files of {activity} are kept apart from now on; `momentum activity merge` undoes it")
    after_entry(later)
