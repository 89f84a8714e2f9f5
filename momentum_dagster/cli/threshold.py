"""momentum threshold: set and list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, change_opener, console, day_of, print_rows, store

app = typer.Typer(help="Dated thresholds; the one valid on an activity's day counts.", no_args_is_help=True)


@app.command("set")
def set_(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    values: Annotated[
        list[str] | None, typer.Argument(help="Such as ftp_w=250 lthr_bpm=168 max_hr_bpm=189 resting_hr_bpm=48")
    ] = None,
    sport: Annotated[str, typer.Option(help="The sport, or all.")] = "all",
    valid_from: Annotated[str, typer.Option("--from", help="First day on which they count.")] = "today",
    csv: Annotated[Path | None, typer.Option(help="A csv: athlete_id, valid_from, sport and any thresholds.")] = None,
    later: Later = False,
) -> None:
    """Set thresholds from a day on; what follows from them is computed again."""
    from momentum.warehouse.entries import set_threshold
    from momentum_dagster.cli.csv_rows import read_csv

    with store() as client:
        if csv is not None:
            for row in read_csv(csv, "thresholds", {"athlete_id", "valid_from", "sport"}):
                who, day, what = row.pop("athlete_id"), row.pop("valid_from"), row.pop("sport")
                set_threshold(client, who, day, what, row, open_change=change_opener(client), now=datetime.now(UTC))
        elif athlete_id is None:
            raise typer.BadParameter("name the athlete, or give --csv FILE")
        else:
            row = set_threshold(
                client,
                athlete_id,
                day_of(valid_from),
                sport,
                _numbers(values or []),
                open_change=change_opener(client),
                now=datetime.now(UTC),
            )
            console.print(f"{athlete_id}: set for {sport} from {row['valid_from']}", highlight=False)
    after_entry(later)


@app.command("list")
def list_(athlete_id: Annotated[str, typer.Argument(help="The athlete.")], as_json: Json = False) -> None:
    """All thresholds of an athlete, by day."""
    with store() as client:
        rows = client.rows(
            "SELECT * EXCEPT (athlete_id, evidence) FROM thresholds WHERE athlete_id = {athlete:String} "
            "ORDER BY valid_from, sport, at",
            {"athlete": athlete_id},
        )
    shown = [{name: value for name, value in row.items() if any(one[name] is not None for one in rows)} for row in rows]
    print_rows(shown, as_json=as_json, empty=f"none; `momentum threshold set {athlete_id} ftp_w=250` sets one")


def _numbers(words: list[str]) -> dict[str, float]:
    values = {}
    for word in words:
        name, equals, number = word.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(f"{word!r}: write name=number, such as ftp_w=250")
    return values
