"""Sessions that no device recorded: as options or csv rows, made into the files that intake takes."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from momentum.errors import MomentumError

COLUMNS = ("athlete_id", "sport", "start", "minutes", "rpe", "distance_m", "ascent_m", "title")
_NUMBERS = ("minutes", "rpe", "distance_m", "ascent_m")


def document(session: dict[str, Any], zone: str) -> tuple[str, bytes, str]:
    """Name, content and title of the file of one session; its start is local time of the home zone."""
    from momentum.activity_files.decoded import Refused
    from momentum.activity_files.manual import encode

    try:
        start = datetime.fromisoformat(session["start"])
        started_at = start if start.tzinfo else start.replace(tzinfo=ZoneInfo(zone))
        data = encode(
            sport=session["sport"],
            started_at=started_at,
            elapsed_s=session["minutes"] * 60.0,
            rpe=session.get("rpe"),
            distance_m=session.get("distance_m"),
            ascent_m=session.get("ascent_m"),
            title=session.get("title", ""),
        )
    except (Refused, ValueError) as error:
        raise MomentumError(f"session of {session['start']}: {error}") from error
    return f"{session['sport']} {started_at:%Y-%m-%dT%H%M}.json", data, session.get("title", "")


def read_sessions(path: Path) -> list[dict[str, Any]]:
    """Rows of a csv with some of COLUMNS; raises MomentumError with file, line and column."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = {"athlete_id", "sport", "start", "minutes"} - set(reader.fieldnames or ())
            if missing:
                raise MomentumError(f"{path}: no column {', '.join(sorted(missing))} in its first line")
            return [_session(path, line, row) for line, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MomentumError(f"{path}: cannot be read as a csv in UTF-8 ({error})") from error


def _session(path: Path, line: int, row: dict[str, str]) -> dict[str, Any]:
    session: dict[str, Any] = {"title": ""}
    for name in COLUMNS:
        text = (row.get(name) or "").strip()
        if not text:
            continue
        try:
            session[name] = float(text) if name in _NUMBERS else text
        except ValueError as error:
            raise MomentumError(f"{path}, line {line}: {name} {text!r} is no number") from error
    if lacking := {"athlete_id", "sport", "start", "minutes"} - set(session):
        raise MomentumError(f"{path}, line {line}: {', '.join(sorted(lacking))} is empty")
    return session
