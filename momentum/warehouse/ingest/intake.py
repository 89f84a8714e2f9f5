"""Files in: archive, decode, journal. What makes a file count is its row in `raw_files`, written last.

Order of one batch: content into the archive; a change opened; samples of the new versions; rows of
`decoded_files`, `activity_aliases`, `quarantine`; rows of `raw_files`. Killed anywhere, the same import
run again finds what is done and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol

from momentum.activity_files.archives import FoundFile, RefusedFile
from momentum.activity_files.decoded import Activity, DecodedFile, Problem, Refused
from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.activity_files.localtime import local_date
from momentum.activity_files.matching import activity_id
from momentum.activity_files.read import decode
from momentum.warehouse.ingest.book import Book, Key, read_book
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.ingest.summary import summary
from momentum.warehouse.ingest.versions import MAX_SAMPLES, sweep_begun, write_versions

MAX_FILES = 250  # of one batch; inserts of 100 files and more are what the store is fast at

IN_PART = "decoded in part"
# Something that the file holds is not in the store. What was read and not believed (a power spike, a
# dropout) is told on the activity instead, or quarantine would be full of good files.
LEFT_OUT = frozenset(
    {IN_PART, "date before 2000", "date in the future", "points without a time", "samples without a date"}
)


def _sentence(problem: Problem) -> str:
    if problem.reason == IN_PART:
        return problem.detail
    return f"{problem.reason}: {problem.detail}" if problem.detail else problem.reason


class Archive(Protocol):
    """Where raw files are kept by their content (momentum.adapters.archive)."""

    def put(self, stream: BinaryIO) -> tuple[str, int]: ...
    def settle(self) -> None: ...
    def open(self, sha256: str) -> BinaryIO: ...


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
class _Batch:
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


class Intake:
    """One import of one athlete's files. `take` every file, then `flush`."""

    def __init__(
        self,
        client: Any,
        archive: Archive,
        athlete_id: str,
        *,
        open_change: Callable[..., str],
        run_id: str,
        now: datetime,
        cause: str = "file",
    ) -> None:
        self.client, self.archive, self.athlete_id = client, archive, athlete_id
        self.open_change, self.run_id, self.now, self.cause = open_change, run_id, now, cause
        self.report = IntakeReport()
        sweep_begun(client, now)
        self._batch = _Batch()
        self._read_journals()
        if not self.book.names:
            self._say_all_read()

    def _say_all_read(self) -> None:
        row = {"athlete_id": self.athlete_id, "decoder_version": DECODER_VERSION, "run_id": self.run_id, "at": self.now}
        self.client.insert("decoder_runs", rows_to_arrow("decoder_runs", [row]))

    def _read_journals(self) -> None:
        self.book: Book = read_book(self.client, self.athlete_id, DECODER_VERSION)
        self.quarantined = {
            (row["source_file"], row["source_sha256"], row["reason"])
            for row in self.client.rows(
                "SELECT source_file, source_sha256, reason FROM quarantine WHERE athlete_id = {athlete:String}",
                {"athlete": self.athlete_id},
            )
        }

    def take(self, item: FoundFile | RefusedFile) -> None:
        """Archive, decode and remember one file; refused ones go to quarantine."""
        self.report.files += 1
        if isinstance(item, RefusedFile):
            self.report.refuse(item.reason)
            self._quarantine(item.source_file, "", item.reason, item.detail)
            return
        sha256, size = self.archive.put(item.stream)
        named = any(
            row["source_file"] == item.source_file and row["source"] in (item.source, "manual")
            for row in self.book.names.get(sha256, [])
        )
        if named:
            self.report.known += 1
            return
        known = sha256 in self.book.names
        self.report.known += known
        self.report.new += not known
        # another name of a file that is not whole is told under that name as well
        decoded = None if known and self._is_whole(sha256) else self._decode(item.source_file, sha256)
        self._remember_name(item, sha256, size, decoded)
        if self._batch.full:
            self.flush()

    def decode_again(self) -> None:
        """Reads what the archive holds of this athlete and an older decoder has read, or refused."""
        for sha256, names in self.book.names.items():
            part = self.book.parts.get((sha256, 0))
            if part is None or part["decoder_version"] != DECODER_VERSION:
                for name in names:
                    self._decode(name["source_file"], sha256)
                if self._batch.full:
                    self.flush()
        self.flush()
        self._say_all_read()

    def _is_whole(self, sha256: str) -> bool:
        part = self.book.parts.get((sha256, 0))
        return part is not None and not part["problems"]

    def _decode(self, source_file: str, sha256: str) -> DecodedFile | None:
        try:
            with self.archive.open(sha256) as stream:
                decoded = decode(stream, self.now)
        except Refused as refused:
            self.report.refuse(refused.reason)
            self._quarantine(source_file, sha256, refused.reason, refused.detail)
            self._forget_parts(sha256, 0)
            return None
        missing = [problem for problem in decoded.problems if problem.reason in LEFT_OUT]
        if missing:
            self.report.in_part += 1
            self._quarantine(source_file, sha256, IN_PART, "; ".join(map(_sentence, missing)))
        if sha256 not in self._batch.activities:
            self._remember_parts(sha256, decoded)
        return decoded

    def _remember_parts(self, sha256: str, decoded: DecodedFile) -> None:
        self._batch.activities[sha256] = decoded.activities
        problems = [_sentence(problem) for problem in decoded.problems]
        for part, activity in enumerate(decoded.activities):
            day, offset_s, offset_source = local_date(activity, self.book.timezone)
            row = summary(activity) | {
                "athlete_id": self.athlete_id,
                "source_sha256": sha256,
                "part": part,
                "decoder_version": DECODER_VERSION,
                "format": decoded.format,
                "local_date": day,
                "utc_offset_s": offset_s,
                "offset_source": offset_source,
                "problems": problems,
                "run_id": self.run_id,
                "decoded_at": self.now,
            }
            before = self.book.parts.get((sha256, part))
            if before is not None:
                self._batch.days.append(before["local_date"])  # a better decoder may move it
            if before is None or before["decoder_version"] != DECODER_VERSION:  # else a killed import wrote it
                self._batch.decoded.append(row)
                self.report.activities += 1
            self._batch.samples += row["samples"]
            self._batch.touched.add((sha256, part))
            self.book.parts[(sha256, part)] = row
        self._forget_parts(sha256, len(decoded.activities))

    def _forget_parts(self, sha256: str, part: int) -> None:
        """Parts from this one on: an older decoder found them in the file, this one does not."""
        while (sha256, part) in self.book.parts:
            self._batch.days.append(self.book.local_date((sha256, part)))
            del self.book.parts[(sha256, part)]
            part += 1

    def _remember_name(self, item: FoundFile, sha256: str, size: int, decoded: DecodedFile | None) -> None:
        row = {
            "athlete_id": self.athlete_id,
            "source_sha256": sha256,
            "source_file": item.source_file,
            "source": "manual" if decoded is not None and decoded.format == "manual" else item.source,
            "format": decoded.format if decoded is not None else self._format(sha256),
            "bytes": size,
            "title": item.title,
            "sport_hint": item.sport_hint,
            "rpe": item.rpe,
            "run_id": self.run_id,
            "seen_at": self.now,
        }
        if decoded is None:  # another name of what is known: it may change where an activity is from
            self._batch.touched |= {key for key in self.book.parts if key[0] == sha256}
        self._batch.raw.append(row)
        self.book.names.setdefault(sha256, []).append(row)

    def _format(self, sha256: str) -> str:
        return next((row["format"] for row in self.book.names.get(sha256, [])), "")

    def _quarantine(self, source_file: str, sha256: str, reason: str, detail: str) -> None:
        if (source_file, sha256, reason) in self.quarantined:
            return
        self.quarantined.add((source_file, sha256, reason))
        self._batch.quarantine.append(
            {
                "source_file": source_file,
                "source_sha256": sha256,
                "athlete_id": self.athlete_id,
                "reason": reason,
                "detail": detail,
                "seen_at": self.now,
            }
        )

    def flush(self) -> None:
        """Write what was taken since the last flush, in the order that a kill cannot hurt."""
        batch, self._batch = self._batch, _Batch()
        self.archive.settle()
        groups = self.book.groups(batch.touched) if batch.touched else []
        # A new file may decide anew on which day an activity lies, and which files beside it are one.
        days = batch.days + [self.book.local_date(key) for group in groups for key in group.members]
        if days:
            first = min(days)
            self.report.from_date = min(first, self.report.from_date or first)
            told = f"{len(batch.raw)} files" if batch.raw else f"{len(batch.activities)} files read again"
            self.open_change(athlete_id=self.athlete_id, from_date=first, cause=self.cause, detail=told)
            self.report.samples += write_versions(
                self.client,
                self.book,
                groups,
                archived(self.archive, batch.activities, self.now),
                decoder_version=DECODER_VERSION,
                run_id=self.run_id,
                now=self.now,
            )
        aliases = self._aliases(batch.activities)
        for table, rows in (
            ("decoded_files", batch.decoded),
            ("activity_aliases", aliases),
            ("quarantine", batch.quarantine),
            ("raw_files", batch.raw),
        ):
            if rows:
                self.client.insert(table, rows_to_arrow(table, rows))
        if self.client.give_way():
            self._read_journals()

    def _aliases(self, files: Collection[str]) -> list[dict[str, Any]]:
        """Rows of the identifiers that these files found and that are not journalled yet.

        Asked of the journal: a killed import may have written the files and not their identifiers.
        """
        if not files:
            return []
        known = self.client.rows(
            "SELECT alias_id FROM activity_aliases WHERE athlete_id = {athlete:String} "
            "AND source_sha256 IN {files:Array(String)}",
            {"athlete": self.athlete_id, "files": sorted(files)},
        )
        written = {row["alias_id"] for row in known}
        rows = [
            {
                "athlete_id": self.athlete_id,
                "alias_id": activity_id(self.athlete_id, sha256, part, leg),
                "source_sha256": sha256,
                "part": part,
                "leg": leg,
                "at": self.now,
            }
            for (sha256, part), row in self.book.parts.items()
            if sha256 in files
            for leg in range(row["legs"] + 1)
        ]
        return [row for row in rows if row["alias_id"] not in written]


def archived(archive: Archive, at_hand: dict[str, list[Activity]], now: datetime) -> Callable[[str], list[Activity]]:
    """A reader of a file's activities: those decoded a moment ago, else decoded again from the archive."""

    def read(sha256: str) -> list[Activity]:
        if sha256 in at_hand:
            return at_hand[sha256]
        with archive.open(sha256) as stream:
            return decode(stream, now).activities

    return read


def take_all(intake: Intake, items: Iterable[FoundFile | RefusedFile]) -> Iterator[IntakeReport]:
    """Take every file, yielding the report after each for a progress bar; flushed at the end."""
    for item in items:
        intake.take(item)
        yield intake.report
    intake.flush()
