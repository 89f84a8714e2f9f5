"""Sessions that no device recorded: as options or csv rows, made into the files that intake takes."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from momentum.errors import MomentumError
from momentum_dagster.cli.shared import change_opener, settings

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client

_REQUIRED = {"athlete_id", "sport", "start", "minutes"}
_NUMBERS = {"minutes", "rpe", "distance_m", "ascent_m"}
COLUMNS = _REQUIRED | _NUMBERS | {"title"}


def document(session: dict[str, Any], zone: str) -> tuple[str, bytes, str]:
    """Name, content and title of the file of one session; its start is local time of the home zone."""
    from momentum.activity_files.decoded import Refused
    from momentum.activity_files.manual import LONGEST_S, encode

    place = f"{session['place']}: " if "place" in session else ""
    try:
        start = datetime.fromisoformat(session["start"])
    except ValueError as error:
        raise MomentumError(f"{place}start {session['start']!r} is no time such as 2024-05-31T18:30") from error
    started_at = start if start.tzinfo else start.replace(tzinfo=ZoneInfo(zone))
    if started_at > datetime.now(UTC):
        raise MomentumError(f"{place}start {session['start']} lies in the future; is the year right?")
    if not 0 < session["minutes"] <= LONGEST_S / 60:
        raise MomentumError(f"{place}minutes {session['minutes']:g} is not between 0 and {LONGEST_S / 60:g}")
    try:
        data = encode(
            sport=session["sport"],
            started_at=started_at,
            elapsed_s=session["minutes"] * 60.0,
            rpe=session.get("rpe"),
            distance_m=session.get("distance_m"),
            ascent_m=session.get("ascent_m"),
            title=session.get("title", ""),
        )
    except Refused as refused:
        raise MomentumError(f"{place}session of {session['start']}: {refused.detail}") from refused
    return f"{session['sport']} {started_at:%Y-%m-%dT%H%M}.json", data, session.get("title", "")


def read_sessions(path: Path) -> list[dict[str, Any]]:
    """Rows of a csv with some of COLUMNS, each with its `place`; MomentumError with file, line and column."""
    from momentum_dagster.cli.csv_rows import read_rows

    def value(line: int, name: str, text: str) -> Any:
        if name not in _NUMBERS:
            return text
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise MomentumError(f"{path}, line {line}: {name} {text!r} is no number")
        return number

    rows = read_rows(path, _REQUIRED, COLUMNS, value)
    return [row | {"place": f"{path}, line {line}"} for line, row in rows]


def take_in(client: Client, sessions: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Puts the sessions through the door of all files; (athlete, activity id) of each.

    Nothing is taken unless all of them can be read and all athletes are known.
    """
    import hashlib

    from momentum.activity_files.archives import FoundFile
    from momentum.activity_files.matching import activity_id
    from momentum.adapters.archive import Archive
    from momentum.warehouse.entries import require_athlete
    from momentum.warehouse.ingest.intake import Intake

    athletes = sorted({session["athlete_id"] for session in sessions})
    zones = {athlete_id: require_athlete(client, athlete_id)["timezone"] for athlete_id in athletes}
    documents = [(session["athlete_id"], *document(session, zones[session["athlete_id"]])) for session in sessions]
    open_change = change_opener(client)
    for athlete_id in athletes:
        intake = Intake(
            client,
            Archive(settings().archive_dir),
            athlete_id,
            open_change=open_change,
            run_id=client.run_id,
            now=datetime.now(UTC),
        )
        for who, name, data, title in documents:
            if who == athlete_id:
                intake.take(FoundFile(name, io.BytesIO(data), "file", title, "", None))
        intake.flush()
        if intake.report.refused:
            raise MomentumError(f"{athlete_id}: sessions refused: {', '.join(intake.report.reasons)}")
    return [(who, activity_id(who, hashlib.sha256(data).hexdigest(), 0)) for who, _, data, _ in documents]
