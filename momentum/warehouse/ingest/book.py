"""What the journals know of one athlete's files: read once, kept while an import runs.

Thousands of rows at most per athlete (one per file), so these are plain dictionaries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from momentum.activity_files.matching import Candidate, Decision, Group, group_candidates, overlap_components

Key = tuple[str, int]  # source_sha256, part

# Where the same content came from several places, the first of these is what the activity says.
# Strava last: what comes from it alone is barred from language models (coach.md, source rule).
SOURCE_ORDER = ("manual", "file", "garmin", "strava")
BARRED_SOURCES = frozenset({"strava"})


@dataclass
class Book:
    """One athlete's files, decoded parts and decisions."""

    athlete_id: str
    timezone: str
    names: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # sha256 -> rows of raw_files
    parts: dict[Key, dict[str, Any]] = field(default_factory=dict)  # newest row of decoded_files
    decisions: list[Decision] = field(default_factory=list)

    def sources_of(self, sha256: str) -> list[str]:
        """Sources under which the content came, best first."""
        return sorted({row["source"] for row in self.names.get(sha256, [])}, key=SOURCE_ORDER.index)

    def local_date(self, key: Key) -> date:
        """The day of a part: by the offset of the file or position, else by today's home zone."""
        row = self.parts[key]
        started_at: datetime = row["started_at"]
        if row["offset_source"] == "home":
            return started_at.astimezone(ZoneInfo(self.timezone)).date()
        return (started_at + timedelta(seconds=row["utc_offset_s"])).date()

    def candidate(self, key: Key) -> Candidate:
        """What matching needs to know of a part."""
        row = self.parts[key]
        started_at_ms = _ms(row["started_at"])
        sources = self.sources_of(key[0])
        return Candidate(
            sha256=key[0],
            part=key[1],
            format=row["format"],
            sport=row["sport"],
            device=row["device"],
            device_serial=row["device_serial"],
            started_at_ms=started_at_ms,
            ended_at_ms=started_at_ms + round(row["elapsed_s"] * 1000),
            elapsed_s=row["elapsed_s"],
            moving_s=row["moving_s"],
            distance_m=row["distance_m"],
            start_lat=row["start_lat"],
            start_lon=row["start_lon"],
            end_lat=row["end_lat"],
            end_lon=row["end_lon"],
            samples=row["samples"],
            channels=tuple(row["channels"]),
            legs=row["legs"],
            source=sources[0] if sources else "file",
        )

    def groups(self, touching: set[Key] | None = None) -> list[Group]:
        """All groups of files, or those in the stretches of time that `touching` lies in.

        Files that no chain of overlaps or decisions joins cannot be one activity, so a stretch can be
        grouped alone with the same outcome. Parts of a file that no name stands for yet, because its import
        was killed, do not count.
        """
        keys = sorted(key for key in self.parts if key[0] in self.names)
        if touching is not None:
            keys = self._neighbours(keys, touching)
        return group_candidates([self.candidate(key) for key in keys], self.decisions)

    def _neighbours(self, keys: list[Key], touching: set[Key]) -> list[Key]:
        import numpy as np

        started = np.array([_ms(self.parts[key]["started_at"]) for key in keys], dtype=np.int64)
        length = np.array([self.parts[key]["elapsed_s"] for key in keys])
        component = overlap_components(started, started + (length * 1000).astype(np.int64))
        of_key = dict(zip(keys, component.tolist(), strict=True))
        wanted = {of_key[key] for key in touching}
        # a decision may join what no overlap joins
        for _ in range(len(self.decisions)):
            before = len(wanted)
            for decision in self.decisions:
                ends = {of_key.get(decision.a), of_key.get(decision.b)} - {None}
                if ends & wanted:
                    wanted |= ends  # type: ignore[arg-type]
            if len(wanted) == before:
                break
        return [key for key in keys if of_key[key] in wanted]


def read_book(client: Any, athlete_id: str, decoder_version: int) -> Book:
    """The athlete's book from the journals; of a file decoded by several versions the newest counts."""
    parameters = {"athlete": athlete_id, "version": decoder_version}
    zone = client.rows(
        "SELECT argMax(timezone, at) AS timezone FROM athletes WHERE athlete_id = {athlete:String} GROUP BY athlete_id",
        parameters,
    )
    book = Book(athlete_id, zone[0]["timezone"] if zone else "UTC")
    for row in client.rows(
        "SELECT * FROM raw_files WHERE athlete_id = {athlete:String} "
        "ORDER BY source_sha256, source_file, source, seen_at LIMIT 1 BY source_sha256, source_file, source",
        parameters,
    ):
        book.names.setdefault(row["source_sha256"], []).append(row)
    parts = client.rows(
        "SELECT * FROM decoded_files WHERE athlete_id = {athlete:String} AND decoder_version <= {version:UInt32} "
        "ORDER BY source_sha256, decoder_version DESC, part, decoded_at "
        "LIMIT 1 BY source_sha256, decoder_version, part",
        parameters,
    )
    # What an older decoder found in a file and one that has read it again did not, does not count.
    read_by = client.rows(
        "SELECT max(decoder_version) AS version FROM decoder_runs "
        "WHERE athlete_id = {athlete:String} AND decoder_version <= {version:UInt32}",
        parameters,
    )[0]["version"]
    newest: dict[str, int] = {}
    for row in parts:
        if row["decoder_version"] < read_by:
            continue
        if row["decoder_version"] == newest.setdefault(row["source_sha256"], row["decoder_version"]):
            book.parts[(row["source_sha256"], row["part"])] = row
    book.decisions = [
        Decision(row["kind"], (row["sha256_a"], row["part_a"]), (row["sha256_b"], row["part_b"]), _ms(row["at"]))
        for row in client.rows("SELECT * FROM decisions WHERE athlete_id = {athlete:String} ORDER BY at", parameters)
    ]
    return book


def _ms(at: datetime) -> int:
    return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
