"""momentum event: races and marked tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, change_opener, day_of, print_rows, store

app = typer.Typer(help="Races and marked performance tests.", no_args_is_help=True)


@app.command()
def add(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    name: Annotated[str | None, typer.Argument(help="What it is called.")] = None,
    on: Annotated[str, typer.Option(help="The day.")] = "today",
    kind: Annotated[str, typer.Option(help="race or test.")] = "race",
    sport: Annotated[str, typer.Option(help="The sport.")] = "running",
    distance_m: Annotated[float | None, typer.Option(help="Distance in m.")] = None,
    time_s: Annotated[float | None, typer.Option(help="Result in s.")] = None,
    power_w: Annotated[float | None, typer.Option(help="Mean power in W.")] = None,
    priority: Annotated[str, typer.Option(help="A, B or C.")] = "",
    csv: Annotated[Path | None, typer.Option(help="A csv: athlete_id, date, name, kind, sport ...")] = None,
    later: Later = False,
) -> None:
    """Add a race or a test; it is evidence for thresholds."""
    from momentum.warehouse.entries import add_event
    from momentum_dagster.cli.csv_rows import read_csv

    if csv is not None:
        rows = read_csv(csv, "events", {"athlete_id", "date", "name", "kind", "sport"})
    elif athlete_id is None or name is None:
        raise typer.BadParameter("name the athlete and the event, or give --csv FILE")
    else:
        rows = [
            {
                "athlete_id": athlete_id, "date": day_of(on), "name": name, "kind": kind, "sport": sport,
                "distance_m": distance_m, "time_s": time_s, "power_w": power_w, "priority": priority,
            }
        ]  # fmt: skip
    with store() as client:
        for row in rows:
            add_event(client, row.pop("athlete_id"), row, open_change=change_opener(client), now=datetime.now(UTC))
    after_entry(later)


@app.command("list")
def list_(athlete_id: Annotated[str, typer.Argument(help="The athlete.")], as_json: Json = False) -> None:
    """Races and tests of an athlete."""
    with store() as client:
        rows = client.rows(
            "SELECT date, name, kind, sport, distance_m, time_s, power_w, priority FROM events "
            "WHERE athlete_id = {athlete:String} ORDER BY date, name, at DESC LIMIT 1 BY date, name",
            {"athlete": athlete_id},
        )
    print_rows(rows, as_json=as_json, empty="none; `momentum event add` adds one")
