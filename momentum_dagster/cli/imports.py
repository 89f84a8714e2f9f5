"""momentum import: files in, then the months that they touch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.loads import as_data, tell_without_load, without_load
from momentum_dagster.cli.printing import print_json, say
from momentum_dagster.cli.runs import Outcome, execute, raise_for, recompute_open
from momentum_dagster.cli.shared import Json, store

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client

_FAULTS_TOLD = 5


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, zips, Garmin or Strava exports.")],
    athlete: Annotated[str, typer.Option(help="Whose files they are.")],
    as_json: Json = False,
) -> None:
    """Take files in, then compute again every month that they touch, and every later one."""
    from momentum.warehouse.entries import check_athlete_id, find_athlete

    check_athlete_id(athlete)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise MomentumError(f"no such file or folder: {', '.join(missing)}")
    with store() as client:
        there_before = find_athlete(client, athlete) is not None
        before = _counts(client, athlete)
    started_at = datetime.now(UTC)
    config = {"paths": [str(path.absolute()) for path in paths], "athlete_id": athlete}
    outcome = Outcome()
    execute("take_in", outcome, run_config={"ops": {"take_in_files": {"config": config}}}, tags={})
    months = recompute_open(outcome) if outcome.ok else None
    with store() as client:
        after = _counts(client, athlete)
        faults = _faults(client, athlete, started_at)
        added = not there_before and find_athlete(client, athlete) is not None
        bare = without_load(client, athlete)
    seen = outcome.line("raw_files").did
    told = {name: after[name] - before[name] for name in after} | {
        "known": seen.get("known", 0), "refused": seen.get("refused", 0),
        "from": months and months[0], "to": months and months[1], "seconds": round(outcome.seconds, 2),
        "athlete_added": added, "without_load": as_data(bare),
    }  # fmt: skip
    if as_json:
        print_json(told)
    else:
        _tell_import(athlete, told, faults)
        tell_without_load(athlete, bare)
    raise_for(outcome)
    if not seen.get("files"):
        raise MomentumError(f"no activity files in {', '.join(map(str, paths))}")
    if seen["refused"] == seen["files"]:
        raise MomentumError(f"nothing of this could be read: {', '.join(map(str, paths))}")


def _counts(client: Client, athlete: str) -> dict[str, int]:
    row = client.rows(
        "SELECT (SELECT uniqExact(source_sha256) FROM raw_files WHERE athlete_id = {a:String}) AS files, "
        "(SELECT count() FROM activities WHERE athlete_id = {a:String} AND leg = 0) AS activities, "
        "(SELECT count() FROM quarantine WHERE athlete_id = {a:String}) AS quarantined",
        {"a": athlete},
    )
    return row[0]


def _faults(client: Client, athlete: str, since: datetime) -> list[dict[str, Any]]:
    """What was put into quarantine since then."""
    return client.rows(
        "SELECT source_file, reason, detail FROM quarantine "
        "WHERE athlete_id = {a:String} AND seen_at >= {since:DateTime64(3)} ORDER BY seen_at, source_file",
        {"a": athlete, "since": since},
    )


def _tell_import(athlete: str, told: dict[str, Any], faults: list[dict[str, Any]]) -> None:
    if told["athlete_added"]:
        say(
            f"athlete {athlete} is new: zone UTC, sex unknown; "
            f"`momentum athlete set {athlete} --timezone ... --sex ...` says better",
            style="yellow",
        )
    say(
        f"{athlete}: {told['files']} new files, {told['known']} known before, {told['refused']} refused, "
        f"{told['activities']:+d} activities, {told['seconds']} s"
    )
    if told["from"]:
        say(f"computed again: {told['from']:%Y-%m} to {told['to']:%Y-%m}")
    else:
        say("nothing new; nothing had to be computed again", style="dim")
    if told["refused"] or told["quarantined"]:
        say("what was refused or read in part, and why:")
        for fault in faults[:_FAULTS_TOLD]:
            say(f"  {fault['source_file']}: {fault['reason']}" + (f" ({fault['detail']})" if fault["detail"] else ""))
        if len(faults) != told["refused"] or len(faults) > _FAULTS_TOLD:
            query = f"SELECT source_file, reason, detail FROM quarantine WHERE athlete_id = '{athlete}'"
            say(f'  all: momentum sql "{query}"')
