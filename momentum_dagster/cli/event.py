"""momentum event: races and marked tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from momentum_dagster.cli.printing import counted, print_rows, say
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, day_of, store

app = typer.Typer(help="Races and marked performance tests.", no_args_is_help=True)


@app.command()
def add(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    name: Annotated[str | None, typer.Argument(help="What it is called.")] = None,
    on: Annotated[str, typer.Option(help="The day: 2024-05-31, today or yesterday.")] = "today",
    kind: Annotated[str, typer.Option(help="race or test.")] = "race",
    sport: Annotated[str, typer.Option(help="The sport, such as running or cycling.")] = "running",
    distance_m: Annotated[float | None, typer.Option(help="Distance in m.")] = None,
    time_s: Annotated[float | None, typer.Option(help="Result in s.")] = None,
    power_w: Annotated[float | None, typer.Option(help="Mean power in W.")] = None,
    priority: Annotated[str, typer.Option(help="A, B or C.")] = "",
    csv: Annotated[
        Path | None,
        typer.Option(
            help="Many at once, from a csv: athlete_id, date, name, kind, sport and, as known, distance_m, "
            "time_s, power_w, priority."
        ),
    ] = None,
    later: Later = False,
) -> None:
    """Add a race or a test; activities of its day are evidence for thresholds.

    Of two with one name on one day the one entered last counts.
    """
    from momentum.warehouse.entries import event_entries
    from momentum_dagster.cli.entering import enter_csv, enter_one

    if csv is not None:
        entered = enter_csv(csv, "events", {"athlete_id", "date", "name", "kind", "sport"}, event_entries)
        say(f"{counted(entered, 'event')} entered")
    elif athlete_id is None or name is None:
        raise typer.BadParameter("name the athlete and the event, or give --csv FILE")
    else:
        values: dict[str, Any] = {
            "athlete_id": athlete_id, "date": day_of(on), "name": name, "kind": kind, "sport": sport,
            "distance_m": distance_m, "time_s": time_s, "power_w": power_w, "priority": priority,
        }  # fmt: skip
        with store() as client:
            enter_one(client, event_entries, values)
        say(f"{athlete_id}: {kind} {name} on {values['date']}")
    after_entry(later)


@app.command("list")
def list_(athlete_id: Annotated[str, typer.Argument(help="The athlete.")], as_json: Json = False) -> None:
    """Races and tests of an athlete, by day."""
    from momentum.warehouse.entries import require_athlete
    from momentum.warehouse.queries import events_between

    with store() as client:
        require_athlete(client, athlete_id)
        rows = events_between(client, athlete_id, date(1970, 1, 1), date(2149, 6, 6))
    print_rows(rows, as_json=as_json, empty=f"none; `momentum event add {athlete_id} NAME --on DAY` adds one")
