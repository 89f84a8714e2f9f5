"""Sessions that no device recorded: as options or csv rows, made into the files that intake takes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from momentum_dagster.cli.csv_rows import Read, read_rows
from momentum_dagster.cli.shared import change_opener, settings

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.warehouse.entries import Rows

_REQUIRED = {"athlete_id", "sport", "start", "minutes"}
_NUMBERS = {"minutes", "rpe", "distance_m", "ascent_m"}
COLUMNS = _REQUIRED | _NUMBERS | {"title"}


@dataclass(frozen=True)
class Document:
    """A session as a file of its athlete."""

    athlete_id: str
    name: str
    data: bytes
    title: str


def read_sessions(path: Path) -> Read:
    """Rows of a csv with some of COLUMNS."""

    def value(name: str, text: str) -> Any:
        if name not in _NUMBERS:
            return text
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{name} {text!r} is no number")
        return number

    return read_rows(path, _REQUIRED, COLUMNS, value)


def documents(client: Client, rows: Rows) -> list[Document]:
    """The files of sessions, each of which intake will take. Raises EntriesError with the faults of all others.

    A start without an offset is local time of the athlete's home zone.
    """
    from momentum.warehouse.entries import athlete_faults, athletes_of, check_each, refuse

    athletes, now = athletes_of(client, rows), datetime.now(UTC)

    def check(session: Mapping[str, Any]) -> Document:
        who = session["athlete_id"]
        zone = ZoneInfo(athletes[who]["timezone"] if who in athletes else "UTC")
        refuse([*athlete_faults(who, athletes), *_slips(session, zone, now)])
        return _document(session, _started_at(session, zone), now)

    return check_each(rows, check)


def take_in(client: Client, sessions: Sequence[Document]) -> list[tuple[str, str]]:
    """Puts the sessions through the door of all files; (athlete, activity id) of each."""
    import hashlib

    from momentum.activity_files.archives import FoundFile
    from momentum.activity_files.matching import activity_id
    from momentum.adapters.archive import Archive
    from momentum.warehouse.ingest.intake import Intake

    archive, opener, now = Archive(settings().archive_dir), change_opener(client), datetime.now(UTC)
    for athlete_id in sorted({session.athlete_id for session in sessions}):
        intake = Intake(client, archive, athlete_id, open_change=opener, run_id=client.run_id, now=now)
        for session in sessions:
            if session.athlete_id == athlete_id:
                intake.take(FoundFile(session.name, io.BytesIO(session.data), "file", session.title, "", None))
        intake.flush()
    return [
        (session.athlete_id, activity_id(session.athlete_id, hashlib.sha256(session.data).hexdigest(), 0))
        for session in sessions
    ]


def _started_at(session: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    start = datetime.fromisoformat(session["start"])
    return start if start.tzinfo else start.replace(tzinfo=zone)


def _slips(session: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> Iterator[str]:
    """What people mistype, in their words and units."""
    from momentum.activity_files.manual import LONGEST_S

    try:
        if _started_at(session, zone) > now:
            yield f"start {session['start']} lies in the future; is the year right?"
    except ValueError:
        yield f"start {session['start']!r} is no time such as 2024-05-31T18:30"
    if not 0 < session["minutes"] <= LONGEST_S / 60:
        yield f"minutes {session['minutes']:g} is not between 0 and {LONGEST_S / 60:g}"


def _document(session: Mapping[str, Any], started_at: datetime, now: datetime) -> Document:
    """Read back as intake will read it: what that refuses is refused before anything is taken."""
    from momentum.activity_files.decoded import Refused
    from momentum.activity_files.manual import encode
    from momentum.activity_files.read import decode
    from momentum.warehouse.entries import EntryError

    title = session.get("title", "")
    try:
        data = encode(
            sport=session["sport"],
            started_at=started_at,
            elapsed_s=session["minutes"] * 60.0,
            rpe=session.get("rpe"),
            distance_m=session.get("distance_m"),
            ascent_m=session.get("ascent_m"),
            title=title,
        )
        decode(io.BytesIO(data), now)
    except Refused as refused:
        why = refused.detail if refused.reason == "not a session" else f"{refused.reason}: {refused.detail}"
        raise EntryError(f"session of {session['start']}: {why}") from refused
    return Document(session["athlete_id"], f"{session['sport']} {started_at:%Y-%m-%dT%H%M}.json", data, title)
