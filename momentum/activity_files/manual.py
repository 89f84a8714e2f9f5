"""A session that somebody entered by hand, as a small file that goes through the same door as all others."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

from momentum.activity_files.decoded import Activity, DecodedFile, Refused
from momentum.activity_files.sports import SPORTS

FORMAT = "manual"
VERSION = 1
# Longest session that a person can mean: more is a slip of the unit.
LONGEST_S = 7 * 86400.0
_OPTIONAL = {"moving_s": LONGEST_S, "distance_m": 5_000_000.0, "ascent_m": 50_000.0, "rpe": 10.0}
_TEXTS = {"title": 500, "notes": 10_000, "nonce": 100}
_FIELDS = {"format", "version", "sport", "started_at", "elapsed_s", *_OPTIONAL, *_TEXTS}


def encode(
    *,
    sport: str,
    started_at: datetime,
    elapsed_s: float,
    moving_s: float | None = None,
    distance_m: float | None = None,
    ascent_m: float | None = None,
    rpe: float | None = None,
    title: str = "",
    notes: str = "",
    nonce: str = "",
) -> bytes:
    """The file of one session: canonical JSON, so that the same session is the same content.

    `started_at` is local time with its offset; `nonce` tells apart sessions that are alike in all else.
    Raises Refused with the reason when a value cannot be true.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "sport": sport,
        "started_at": started_at.isoformat(),
        "elapsed_s": elapsed_s,
        "moving_s": moving_s,
        "distance_m": distance_m,
        "ascent_m": ascent_m,
        "rpe": rpe,
        "title": title,
        "notes": notes,
        "nonce": nonce,
    }
    _activity(document)
    kept = {name: value for name, value in document.items() if value is not None and value != ""}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def is_manual(document: Any) -> bool:
    """Whether parsed JSON claims to be ours."""
    return isinstance(document, dict) and document.get("format") == FORMAT


def decode_manual(data: bytes) -> DecodedFile:
    """The session of such a file; raises Refused("not a session", what is wrong)."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused("not a session", f"not JSON: {error}") from None
    if not is_manual(document):
        raise Refused("not a session", f'"format" is not "{FORMAT}"')
    return DecodedFile("manual", [_activity(document)])


def _activity(document: dict[str, Any]) -> Activity:
    unknown = sorted(set(document) - _FIELDS)
    if unknown:
        raise Refused("not a session", f"unknown field {unknown[0]!r}")
    if document.get("version") != VERSION:
        raise Refused("not a session", f"version {document.get('version')!r}, this reads version {VERSION}")
    sport = document.get("sport")
    if sport not in SPORTS or sport in ("multisport", "transition"):
        raise Refused("not a session", f"sport {sport!r} is none of {', '.join(sorted(SPORTS))}")
    started_at = _start(document.get("started_at"))
    elapsed_s = _number(document, "elapsed_s", LONGEST_S)
    if not elapsed_s:
        raise Refused("not a session", "elapsed_s is missing or 0")
    numbers = {name: _number(document, name, high) for name, high in _OPTIONAL.items()}
    moving_s = numbers["moving_s"]
    if moving_s is not None and moving_s > elapsed_s:
        raise Refused("not a session", f"moving_s {moving_s:g} is more than elapsed_s {elapsed_s:g}")
    for name, longest in _TEXTS.items():
        text = document.get(name, "")
        if not isinstance(text, str) or len(text) > longest:
            raise Refused("not a session", f"{name} is not a text of at most {longest} characters")
    offset = started_at.utcoffset()
    return Activity(
        sport=sport,
        started_at_ms=round(started_at.timestamp() * 1000),
        elapsed_s=elapsed_s,
        utc_offset_s=round(offset.total_seconds()) if offset is not None else None,
        moving_s=moving_s,
        distance_m=numbers["distance_m"],
        ascent_m=numbers["ascent_m"],
        rpe=numbers["rpe"],
    )


def _start(text: Any) -> datetime:
    try:
        started_at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refused("not a session", f"started_at {text!r} is not a time such as 2026-03-29T07:30:00+02:00") from None
    if started_at.tzinfo is None:
        raise Refused("not a session", f"started_at {text!r} has no offset, such as +02:00")
    return started_at


def _number(document: dict[str, Any], name: str, high: float) -> float | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused("not a session", f"{name} {value!r} is not a number")
    if not 0 <= value <= high:
        raise Refused("not a session", f"{name} {value:g} is not between 0 and {high:g}")
    return float(value)
