"""momentum athlete: add, change, list, weigh and show."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from momentum_dagster.cli.printing import console, counted, print_json, print_rows, say
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, change_opener, day_of, store

app = typer.Typer(help="Athletes: who they are, and how they stand.", no_args_is_help=True)

Id = Annotated[str | None, typer.Argument(help="Short name of the athlete, such as camille.")]
Name = Annotated[str | None, typer.Option(help="Name as the athlete writes it.")]
Sex = Annotated[str | None, typer.Option(help="f, m or unknown; TRIMP's weights depend on it.")]
Birth = Annotated[str | None, typer.Option(help="Date of birth, such as 1990-05-31.")]
Weight = Annotated[float | None, typer.Option(help="Body mass in kg.")]
Height = Annotated[float | None, typer.Option(help="Height in m.")]
Zone = Annotated[str | None, typer.Option(help="Home time zone, such as Europe/Paris.")]
Language = Annotated[str | None, typer.Option(help="Language of notes: en, fr ...")]
Units = Annotated[str | None, typer.Option(help="metric or imperial, for display.")]
Preference = Annotated[str | None, typer.Option(help="Sources of load, best first: tss,rtss,stss,trimp100,srpe")]
CtlSeed = Annotated[float | None, typer.Option(help="CTL on the day before the first activity.")]
AtlSeed = Annotated[float | None, typer.Option(help="ATL on the day before the first activity.")]
Consent = Annotated[bool | None, typer.Option(help="Whether a language model may read this athlete's data.")]
Csv = Annotated[
    Path | None, typer.Option(help="Many at once, from a csv: athlete_id and any of these names as columns.")
]


def _command(name: str, about: str, *, adds: bool) -> None:
    """A command that takes everything that is known of an athlete; `add` and `set` differ in whom they allow."""

    @app.command(name, help=about)
    def enter(
        context: typer.Context,
        athlete_id: Id = None,
        name: Name = None,
        sex: Sex = None,
        birth_date: Birth = None,
        weight_kg: Weight = None,
        height_m: Height = None,
        timezone: Zone = None,
        language: Language = None,
        units: Units = None,
        load_preference: Preference = None,
        ctl_seed: CtlSeed = None,
        atl_seed: AtlSeed = None,
        llm_consent: Consent = None,
        csv: Csv = None,
        later: Later = False,
    ) -> None:
        values = _values(context.params)
        if csv is not None:
            if athlete_id is not None or values:
                raise typer.BadParameter("--csv names its athletes itself: give nothing else beside it")
            _save_all(csv)
        elif athlete_id is None:
            raise typer.BadParameter("name the athlete, or give --csv FILE")
        elif not values and not adds:
            raise typer.BadParameter("nothing to set")
        else:
            _save(athlete_id, values, is_new=adds)
        after_entry(later)


def _values(params: dict[str, Any]) -> dict[str, Any]:
    """What was given of the columns of `athletes`, by column."""
    from momentum.warehouse.entries import DEFAULT_ATHLETE

    values = {name: params[name] for name in DEFAULT_ATHLETE if params[name] is not None}
    if "birth_date" in values:
        values["birth_date"] = day_of(values["birth_date"])
    if "load_preference" in values:
        values["load_preference"] = [word.strip() for word in values["load_preference"].split(",") if word.strip()]
    return values


def _save(athlete_id: str, values: dict[str, Any], *, is_new: bool) -> None:
    from momentum.errors import MomentumError
    from momentum.warehouse.entries import find_athlete, require_athlete, save_athlete

    with store() as client:
        if not is_new:
            require_athlete(client, athlete_id)
        elif find_athlete(client, athlete_id) is not None:
            raise MomentumError(f"athlete {athlete_id!r} is there already; `momentum athlete set` changes it")
        row = save_athlete(client, athlete_id, values, open_change=change_opener(client), now=datetime.now(UTC))
    say(f"{athlete_id}: zone {row['timezone']}, sex {row['sex']}, {row['units']} units")


def _save_all(path: Path) -> None:
    from momentum.warehouse.entries import save_athlete
    from momentum_dagster.cli.csv_rows import enter_each, read_csv

    rows = read_csv(path, "athletes", {"athlete_id"})
    with store() as client:
        opener, now = change_opener(client), datetime.now(UTC)
        entered = enter_each(
            path, rows, lambda row: save_athlete(client, row.pop("athlete_id"), row, open_change=opener, now=now)
        )
    say(f"{counted(entered, 'athlete')} entered")


_command("add", "Add an athlete, or many from a csv (which changes those that are there already).", adds=True)
_command("set", "Change what is given; everything that follows from it is computed again.", adds=False)


@app.command()
def weigh(
    athlete_id: Annotated[str | None, typer.Argument(help="Short name of the athlete.")] = None,
    weight_kg: Annotated[float | None, typer.Argument(help="Body mass in kg.")] = None,
    on: Annotated[str, typer.Option(help="The day: 2024-05-31, today or yesterday.")] = "today",
    csv: Annotated[
        Path | None, typer.Option(help="Many at once, from a csv with columns athlete_id, date and weight_kg.")
    ] = None,
    later: Later = False,
) -> None:
    """Enter weighings; of two on one day the one entered last counts."""
    from momentum.warehouse.entries import add_weights
    from momentum_dagster.cli.csv_rows import read_csv, told_with_line

    weighed: dict[str, dict[date, float]] = {}
    places: dict[str, int] = {}  # of an athlete's first line
    if csv is not None:
        for line, row in read_csv(csv, "body", {"athlete_id", "date", "weight_kg"}):
            weighed.setdefault(row["athlete_id"], {})[row["date"]] = row["weight_kg"]
            places.setdefault(row["athlete_id"], line)
    elif athlete_id is None or weight_kg is None:
        raise typer.BadParameter("name the athlete and the mass in kg, or give --csv FILE")
    else:
        weighed = {athlete_id: {day_of(on): weight_kg}}
    with store() as client:
        for who, weighings in weighed.items():
            with told_with_line(csv, places[who]) if csv else nullcontext():
                add_weights(client, who, weighings, open_change=change_opener(client), now=datetime.now(UTC))
    say(f"{counted(sum(map(len, weighed.values())), 'weighing')} entered")
    after_entry(later)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All athletes, with how they stand today."""
    from momentum.warehouse.queries import athletes

    with store() as client:
        rows = athletes(client)
    if not as_json:
        rows = [
            {
                "id": row["athlete_id"], "name": row["name"], "sports": ", ".join(row["sports"]),
                "activities": row["activities"], "last": row["last_day"], "fitness": row["ctl"], "form": row["tsb"],
            }
            for row in rows
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="no athlete yet; `momentum athlete add ID` adds one")


@app.command()
def show(athlete_id: Annotated[str, typer.Argument(help="The athlete.")], as_json: Json = False) -> None:
    """Profile, thresholds, this week, and fitness with a small chart."""
    from momentum.reports.terminal import athlete_data, athlete_view
    from momentum.warehouse.entries import require_athlete

    with store() as client:
        require_athlete(client, athlete_id)
        data = athlete_data(client, athlete_id, datetime.now(UTC))
    if as_json:
        print_json(data)
    else:
        athlete_view(console, data)
