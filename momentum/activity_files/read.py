"""One door for every file: what it is by its content, decoded, and cleaned of what cannot be true."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from momentum.activity_files.decoded import Activity, DecodedFile, Problem, Refused
from momentum.activity_files.manual import decode_manual, is_manual
from momentum.activity_files.plausibility import clean

# Before FIT, GPX and TCX: a clock that was never set. Noon, so that 1999 is over everywhere.
EARLIEST = datetime(2000, 1, 1, 12, tzinfo=UTC)
# A watch that runs ahead, or an athlete east of the server, is no reason to refuse.
CLOCK_AHEAD = timedelta(days=1)

HEAD_BYTES = 65_536  # comments before the root of an XML file may be long
MANUAL_BYTES = 100_000

_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
)
# Declaration, comments, instructions and document type, then the root with any prefix. Possessive, so
# that a hostile head costs one pass.
_ROOT = re.compile(
    r"\s*+(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]|\[[^\]]*\])*+>)\s*+)*+<(?:[\w.-]++:)?([A-Za-z_][\w.-]*+)",
    re.DOTALL,
)


def decode(stream: BinaryIO, now: datetime | None = None) -> DecodedFile:
    """Activities of the file in `stream` (seekable, at 0), by start, and what was not believed of them.

    `now` (aware; the machine's clock if not given) is what "in the future" is measured by. Raises
    Refused: "empty file", "not an activity file" with what it looks like, "date before 2000", "date in
    the future", or what the decoder says.
    """
    decoded = _decode(stream)
    decoded.problems = _one_per_reason(
        decoded.problems + [problem for activity in decoded.activities for problem in clean(activity)]
    )
    # By start: an activity that is in the future today, and dropped, is then the last, and does not
    # move the others' places when the file is decoded again in a year.
    decoded.activities.sort(key=lambda activity: activity.started_at_ms)
    _drop_impossible_dates(decoded, now if now is not None else datetime.now(UTC))
    return decoded


def _one_per_reason(problems: list[Problem]) -> list[Problem]:
    """A file with legs or several activities says each reason once, with all details."""
    details: dict[str, list[str]] = {}
    for problem in problems:
        details.setdefault(problem.reason, []).append(problem.detail)
    return [Problem(reason, "; ".join(filter(None, found))) for reason, found in details.items()]


def _decode(stream: BinaryIO) -> DecodedFile:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head.strip(b"\x00 \t\r\n"):
        raise Refused("empty file", f"{len(head)} blank bytes" if head else "")
    if head[8:12] == b".FIT":
        from momentum.activity_files.fit import decode_fit

        return decode_fit(stream.read())
    text = _text(head)
    if text.startswith("{"):
        return _decode_json(stream)
    root = _root(text)
    if root == "TrainingCenterDatabase":
        from momentum.activity_files.xml import decode_tcx

        return decode_tcx(stream)
    if root == "gpx":
        from momentum.activity_files.xml import decode_gpx

        return decode_gpx(stream)
    raise Refused("not an activity file", _looks_like(head, text, root))


def _text(head: bytes) -> str:
    """The start of the file as text, in the encoding its first bytes show; enough to find a root."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(encoding, errors="replace").lstrip()
    if head[1:2] == b"\x00":
        return head.decode("utf-16-le", errors="replace").lstrip()
    if head[:1] == b"\x00":
        return head.decode("utf-16-be", errors="replace").lstrip()
    return head.decode("utf-8-sig", errors="replace").lstrip()


def _root(text: str) -> str:
    found = _ROOT.match(text)
    return found.group(1) if found else ""


def _decode_json(stream: BinaryIO) -> DecodedFile:
    data = stream.read(MANUAL_BYTES + 1)
    try:
        ours = len(data) <= MANUAL_BYTES and is_manual(json.loads(data.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        ours = False
    if not ours:
        raise Refused("not an activity file", "looks like JSON")
    return decode_manual(data)


def _looks_like(head: bytes, text: str, root: str) -> str:
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return f"looks like {what}"
    if root.lower() == "html":
        return "looks like a web page; was the download logged in?"
    if root:
        return f"looks like XML with the root <{root[:60]}>"
    if "\ufffd" in text or "\x00" in text:
        return f"looks like binary data beginning {head[:8].hex(' ')}"
    first_line = text.splitlines()[0][:60] if text else ""
    return f"looks like text beginning {first_line!r}"


def _drop_impossible_dates(decoded: DecodedFile, now: datetime) -> None:
    earliest_ms, latest_ms = EARLIEST.timestamp() * 1000, (now + CLOCK_AHEAD).timestamp() * 1000
    kept: list[Activity] = []
    dropped: list[Problem] = []
    for activity in decoded.activities:
        if activity.started_at_ms < earliest_ms:
            dropped.append(Problem("date before 2000", _date(activity.started_at_ms)))
        elif activity.started_at_ms > latest_ms:
            dropped.append(Problem("date in the future", _date(activity.started_at_ms)))
        else:
            kept.append(activity)
    if dropped and not kept:
        raise Refused(dropped[0].reason, dropped[0].detail)
    decoded.activities = kept
    decoded.problems = _one_per_reason(decoded.problems + dropped)


def _date(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms since 1970"
