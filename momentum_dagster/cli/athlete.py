"""momentum athlete: add, change, list, weigh and show."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from momentum_dagster.cli.printing import console, counted, print_json, print_rows, say
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, day_of, store

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
            from momentum.warehouse.entries import athlete_entries
            from momentum_dagster.cli.entering import enter_csv

            say(f"{counted(enter_csv(csv, 'athletes', {'athlete_id'}, athlete_entries), 'athlete')} entered")
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
    from momentum.warehouse.entries import athlete_entries, find_athlete, require_athlete
    from momentum_dagster.cli.entering import enter_one

    with store() as client:
        if not is_new:
            require_athlete(client, athlete_id)
        elif find_athlete(client, athlete_id) is not None:
            raise MomentumError(f"athlete {athlete_id!r} is there already; `momentum athlete set` changes it")
        row = enter_one(client, athlete_entries, {**values, "athlete_id": athlete_id}).row
    say(f"{athlete_id}: zone {row['timezone']}, sex {row['sex']}, {row['units']} units")


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
    from momentum.warehouse.entries import weight_entries
    from momentum_dagster.cli.entering import enter_csv, enter_one

    entered = 1
    if csv is not None:
        entered = enter_csv(csv, "body", {"athlete_id", "date", "weight_kg"}, weight_entries)
    elif athlete_id is None or weight_kg is None:
        raise typer.BadParameter("name the athlete and the mass in kg, or give --csv FILE")
    else:
        values = {"athlete_id": athlete_id, "date": day_of(on), "weight_kg": weight_kg}
        with store() as client:
            enter_one(client, weight_entries, values)
    say(f"{counted(entered, 'weighing')} entered")
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
