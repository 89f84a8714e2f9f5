"""What an import holds between two flushes, and what it tells at the end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from momentum.activity_files.decoded import Activity, Problem
from momentum.activity_files.matching import activity_id
from momentum.warehouse.ingest.book import Book, Key
from momentum.warehouse.ingest.versions import MAX_SAMPLES

MAX_FILES = 250  # of one batch; inserts of 100 files and more are what the store is fast at

IN_PART = "decoded in part"
# Something that the file holds is not in the store. What was read and not believed (a power spike, a
# dropout) is told on the activity instead, or quarantine would be full of good files.
LEFT_OUT = frozenset(
    {IN_PART, "date before 2000", "date in the future", "points without a time", "samples without a date"}
)


@dataclass
class IntakeReport:
    """What an import did, in numbers."""

    files: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    in_part: int = 0
    activities: int = 0
    samples: int = 0
    from_date: date | None = None
    reasons: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        self.refused += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


@dataclass
class Batch:
    """What was taken since the last flush."""

    raw: list[dict[str, Any]] = field(default_factory=list)
    decoded: list[dict[str, Any]] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    activities: dict[str, list[Activity]] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)  # parts that are new, or known by one more name
    days: list[date] = field(default_factory=list)  # where an older decoder had put them
    samples: int = 0

    @property
    def full(self) -> bool:
        return len(self.raw) >= MAX_FILES or self.samples >= MAX_SAMPLES


def sentence(problem: Problem) -> str:
    """A problem of a file, for a person."""
    if problem.reason == IN_PART:
        return problem.detail
    return f"{problem.reason}: {problem.detail}" if problem.detail else problem.reason


def new_aliases(client: Any, book: Book, files: Collection[str], now: datetime) -> list[dict[str, Any]]:
    """Rows of the identifiers that these files found and that are not journalled yet.

    Asked of the journal: a killed import may have written the files and not their identifiers.
    """
    if not files:
        return []
    known = client.rows(
        "SELECT alias_id FROM activity_aliases WHERE athlete_id = {athlete:String} "
        "AND source_sha256 IN {files:Array(String)}",
        {"athlete": book.athlete_id, "files": sorted(files)},
    )
    written = {row["alias_id"] for row in known}
    rows = [
        {
            "athlete_id": book.athlete_id,
            "alias_id": activity_id(book.athlete_id, sha256, part, leg),
            "source_sha256": sha256,
            "part": part,
            "leg": leg,
            "at": now,
        }
        for (sha256, part), row in book.parts.items()
        if sha256 in files
        for leg in range(row["legs"] + 1)
    ]
    return [row for row in rows if row["alias_id"] not in written]
