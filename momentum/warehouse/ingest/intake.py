"""Files in: archive, decode, journal. What makes a file count is its row in `raw_files`, written last.

Order of one batch: content into the archive; a change opened; samples of the new versions; rows of
`decoded_files`, `activity_aliases`, `quarantine`; rows of `raw_files`. Killed anywhere, the same import
run again finds what is done and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from momentum.activity_files.archives import FoundFile, RefusedFile
from momentum.activity_files.decoded import Activity, DecodedFile, Refused
from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.activity_files.localtime import local_date
from momentum.activity_files.matching import Group
from momentum.activity_files.read import decode
from momentum.warehouse.ingest.batch import IN_PART, LEFT_OUT, Batch, IntakeReport, new_aliases, sentence
from momentum.warehouse.ingest.book import Book, read_book
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.ingest.summary import summary
from momentum.warehouse.ingest.versions import sweep_begun, write_versions


class Archive(Protocol):
    """Where raw files are kept by their content (momentum.adapters.archive)."""

    def put(self, stream: BinaryIO) -> tuple[str, int]: ...
    def settle(self) -> None: ...
    def open(self, sha256: str) -> BinaryIO: ...


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
        self._batch = Batch()
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
        for sha256 in self.book.names:
            part = self.book.parts.get((sha256, 0))
            if part is None or part["decoder_version"] != DECODER_VERSION:
                self._decode_again(sha256)
                if self._batch.full:
                    self.flush()
        self.flush()
        self._say_all_read()

    def _decode_again(self, sha256: str) -> None:
        told, self.report = self.report, IntakeReport()  # an import tells of the files that it was given
        for name in self.book.names[sha256]:
            self._decode(name["source_file"], sha256)
        self.report = told

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
            self._quarantine(source_file, sha256, IN_PART, "; ".join(map(sentence, missing)))
        if sha256 not in self._batch.activities:
            self._remember_parts(sha256, decoded)
        return decoded

    def _remember_parts(self, sha256: str, decoded: DecodedFile) -> None:
        self._batch.activities[sha256] = decoded.activities
        problems = [sentence(problem) for problem in decoded.problems]
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
            self._batch.touched.discard((sha256, part))
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
        groups = self._touched_groups()
        batch, self._batch = self._batch, Batch()
        self.archive.settle()
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
        aliases = new_aliases(self.client, self.book, batch.activities, self.now)
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

    def _touched_groups(self) -> list[Group]:
        """Groups of what was taken, read by this decoder throughout.

        Files beside it that an older decoder has read are read again first: this one may find less in them,
        or refuse them, and what they are merged into is read from them now.
        """
        while True:
            groups = self.book.groups(self._batch.touched) if self._batch.touched else []
            members = {key for group in groups for key in group.members}
            older = {key[0] for key in members if self.book.parts[key]["decoder_version"] != DECODER_VERSION}
            if not older:
                return groups
            for sha256 in sorted(older):
                self._decode_again(sha256)


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
