"""momentum activity: list, show, add without a file, exertion, split and merge."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import (
    Json,
    Later,
    change_opener,
    console,
    day_of,
    print_json,
    print_rows,
    settings,
    store,
)

app = typer.Typer(help="Activities, and what a person knows better than the files.", no_args_is_help=True)

Athlete = Annotated[str, typer.Argument(help="The athlete.")]
Ref = Annotated[str, typer.Argument(help="The activity's id, or the start of it.")]


@app.command("list")
def list_(
    athlete_id: Athlete,
    first: Annotated[str | None, typer.Option("--from", help="First day; four weeks ago if not given.")] = None,
    last: Annotated[str, typer.Option("--to", help="Last day.")] = "today",
    as_json: Json = False,
) -> None:
    """Activities of some days, with their loads."""
    from momentum.warehouse.queries import activities_between

    to = day_of(last)
    since = day_of(first) if first else to - timedelta(days=28)
    with store() as client:
        rows = activities_between(client, athlete_id, since, to)
    print_rows(rows, as_json=as_json, empty=f"none from {since} to {to}")


@app.command()
def show(athlete_id: Athlete, activity: Ref) -> None:
    """One activity as JSON: its files and why they are one, its metrics and why one is missing."""
    from momentum.warehouse.entries import find_activity
    from momentum.warehouse.queries import activity_detail

    with store() as client:
        found = find_activity(client, athlete_id, activity)
        print_json(activity_detail(client, athlete_id, found["activity_id"]))


@app.command()
def add(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    sport: Annotated[str, typer.Option(help="The sport.")] = "strength",
    start: Annotated[str | None, typer.Option(help="Local start, such as 2024-05-31T18:30.")] = None,
    minutes: Annotated[float, typer.Option(help="Whole session, rests included.")] = 60.0,
    rpe: Annotated[float | None, typer.Option(help="Exertion, CR-10.")] = None,
    distance_m: Annotated[float | None, typer.Option(help="Distance in m.")] = None,
    ascent_m: Annotated[float | None, typer.Option(help="Ascent in m.")] = None,
    title: Annotated[str, typer.Option(help="A name.")] = "",
    csv: Annotated[Path | None, typer.Option(help="A csv: athlete_id, sport, start, minutes, rpe ...")] = None,
    later: Later = False,
) -> None:
    """Add a session that no device recorded. The same session again is one session."""
    from momentum_dagster.cli.manual import read_sessions

    if csv is not None:
        sessions = read_sessions(csv)
    elif athlete_id is None or start is None:
        raise typer.BadParameter("name the athlete and --start, or give --csv FILE")
    else:
        sessions = [
            {
                "athlete_id": athlete_id, "sport": sport, "start": start, "minutes": minutes, "rpe": rpe,
                "distance_m": distance_m, "ascent_m": ascent_m, "title": title,
            }
        ]  # fmt: skip
    _take_in(sessions)
    console.print(f"{len(sessions)} sessions taken", highlight=False)
    after_entry(later)


def _take_in(sessions: list[dict[str, Any]]) -> None:
    from momentum.activity_files.archives import FoundFile
    from momentum.adapters.archive import Archive
    from momentum.warehouse.entries import require_athlete
    from momentum.warehouse.ingest.intake import Intake
    from momentum_dagster.cli.manual import document

    with store() as client:
        for athlete_id in sorted({session["athlete_id"] for session in sessions}):
            zone = require_athlete(client, athlete_id)["timezone"]
            documents = [document(session, zone) for session in sessions if session["athlete_id"] == athlete_id]
            intake = Intake(
                client,
                Archive(settings().archive_dir),
                athlete_id,
                open_change=change_opener(client),
                run_id=client.run_id,
                now=datetime.now(UTC),
            )
            for name, data, title in documents:
                intake.take(FoundFile(name, io.BytesIO(data), "file", title, "", None))
            intake.flush()
            if intake.report.refused:
                raise MomentumError(f"{intake.report.refused} sessions refused: {intake.report.reasons}")


@app.command("set-rpe")
def set_rpe(
    athlete_id: Athlete,
    activity: Ref,
    rpe: Annotated[float, typer.Argument(help="Exertion, CR-10.")],
    later: Later = False,
) -> None:
    """Enter how hard it was; it stays with the activity whatever it is merged with."""
    from momentum.warehouse import entries

    with store() as client:
        entries.set_rpe(client, athlete_id, activity, rpe, open_change=change_opener(client), now=datetime.now(UTC))
    after_entry(later)


@app.command()
def merge(athlete_id: Athlete, activity: Ref, other: Ref, later: Later = False) -> None:
    """Say that two activities are one, for good."""
    from momentum.warehouse.entries import merge_activities

    with store() as client:
        merge_activities(
            client, athlete_id, (activity, other), open_change=change_opener(client), now=datetime.now(UTC)
        )
    after_entry(later)


@app.command()
def split(
    athlete_id: Athlete,
    activity: Ref,
    file: Annotated[str | None, typer.Option(help="Start of the hash of the file to set apart; all if none.")] = None,
    later: Later = False,
) -> None:
    """Say that files taken for one activity are several, for good."""
    from momentum.warehouse.entries import split_activity

    with store() as client:
        split_activity(client, athlete_id, activity, file, open_change=change_opener(client), now=datetime.now(UTC))
    after_entry(later)
