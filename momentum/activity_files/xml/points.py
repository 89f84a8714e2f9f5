"""Every track point of a document as columns, and the parts around them (tracks, laps, names) in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Problem, Refused
from momentum.activity_files.xml import limits
from momentum.activity_files.xml.text import BLANKS, attributes, number, plain_text, time_ms
from momentum.activity_files.xml.vocabulary import COLUMNS, Vocabulary, tables
from momentum.activity_files.xml.well_formed import Broken, pieces

_ROWS = 16_384  # points of one scan; its buffers are made once per file
_KINDS: tuple[Literal["open", "close", "empty"], ...] = ("open", "close", "empty")


@dataclass(frozen=True)
class Part:
    """A known element outside points opened or closed; `row` counts the points with a time before it, `seen` all."""

    kind: Literal["open", "close", "empty"]
    name: str
    depth: int
    row: int
    seen: int
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Points:
    """The points with a time, in the document's order.

    columns: "ts" (int64 ms UTC) and any of CHANNELS (float64, NaN where absent). seen: all points, with
    a time or without.
    """

    columns: Columns
    seen: int
    parts: list[Part]
    utc_offset_s: int | None
    problems: list[Problem]


def read_points(stream: BinaryIO, vocabulary: Vocabulary, root: str, name: str) -> Points:
    """All points of a document, whatever they are in; `root` is its first element, `name` the format's.

    Raises Refused where there is no XML of this kind, no whole point in a broken one, or a limit is passed.
    """
    reading = _Reading(vocabulary)
    rest, fault = b"", ""
    try:
        for piece in pieces(stream, root, name):
            rest = reading.scan(rest + piece)
            if len(rest) > limits.MAX_POINT_BYTES:
                raise Refused("XML beyond limits", f"one point or text of more than {limits.MAX_POINT_BYTES} bytes")
    except Broken as error:
        fault = str(error)
    if fault and reading.seen == 0:
        raise Refused("broken XML", fault)
    return Points(reading.columns(), reading.seen, reading.parts, reading.utc_offset_s(), reading.problems(fault))


class _Reading:
    """What the scans have found so far: a small array per channel and scan, never an object per point."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.names = vocabulary.names
        self.tables = tables(vocabulary)
        self.stack = np.zeros(limits.MAX_DEPTH + 1, np.int64)
        self.depth = self.seen = self.kept = self.unzoned = 0
        self.offsets: set[int] = set()
        self.unread: dict[str, int] = {}
        self.parts: list[Part] = []
        self.blocks: list[dict[str, NDArray]] = []
        self.values = np.empty((_ROWS, len(COLUMNS)))
        self.times, self.zones = np.empty(_ROWS, np.int64), np.empty(_ROWS, np.int64)
        self.slow = np.empty((_ROWS * 4, 5), np.int64)
        self.events = np.empty((4096, 7), np.int64)

    def scan(self, data: bytes) -> bytes:
        """Take all that is whole in `data`; the rest is to come again in front of what follows."""
        from momentum.activity_files.xml import kernels

        status = kernels.FULL
        while status == kernels.FULL:
            status, used, self.depth, rows, n_slow, n_events = kernels.scan(
                np.frombuffer(data, np.uint8), len(data), *self.tables,
                self.stack, self.depth, self.values, self.times, self.zones, self.slow, self.events,
            )  # fmt: skip
            self._read_slow(data, self.slow[:n_slow])
            self._take(data, rows, self.events[:n_events].tolist())
            data = data[used:]
        if status == kernels.TOO_DEEP:
            raise Refused("XML beyond limits", f"more than {limits.MAX_DEPTH} elements inside each other")
        if status == kernels.TOO_MANY_ATTRIBUTES:
            raise Refused("XML beyond limits", f"an element with more than {limits.MAX_ATTRIBUTES} attributes")
        return data

    def _read_slow(self, data: bytes, slow: NDArray[np.int64]) -> None:
        """The values that the scan left: more digits than it may take, or markup and references among them."""
        from momentum.activity_files.xml.value_kernels import LONG

        long = slow[:, 4] == LONG
        if long.any():
            numbers = [float(data[start:end]) for start, end in slow[long, 2:4].tolist()]
            self.values[slow[long, 0], slow[long, 1]] = numbers
        for row, column, start, end, _ in slow[~long].tolist():
            text = plain_text(data[start:end])
            value = time_ms(text) if column == 0 else number(text)
            if value is None:
                self.unread[COLUMNS[column]] = self.unread.get(COLUMNS[column], 0) + 1
            elif column == 0:
                self.times[row], self.zones[row] = value, 0
            else:
                self.values[row, column] = value

    def _take(self, data: bytes, rows: int, events: list[list[int]]) -> None:
        """Keep a scan's points that have a time, and its parts."""
        from momentum.activity_files.xml.value_kernels import NO_TIME

        timed = self.times[:rows] != NO_TIME
        kept_before = np.concatenate(([0], np.cumsum(timed))) + self.kept
        for event in events:
            self.parts.append(self._part(data, event, kept_before))
        self.seen += rows
        self.kept = int(kept_before[-1])
        if len(self.parts) > limits.MAX_PARTS:
            raise Refused("XML beyond limits", f"more than {limits.MAX_PARTS} tracks, laps and their properties")
        if self.kept > limits.MAX_POINTS:
            raise Refused("XML beyond limits", f"more than {limits.MAX_POINTS} points")
        if not timed.any():
            return
        self._take_zones(self.zones[:rows][timed])
        block = {"ts": self.times[:rows][timed]}
        for column, channel in enumerate(COLUMNS[1:], start=1):
            values = self.values[:rows, column][timed]
            if not np.isnan(values).all():
                block[channel] = values
        self.blocks.append(block)

    def _take_zones(self, zones: NDArray[np.int64]) -> None:
        from momentum.activity_files.xml.value_kernels import NO_ZONE

        zoned = zones[zones != NO_ZONE]
        self.unzoned += len(zones) - len(zoned)
        if len(zoned):
            self.offsets |= {int(zoned.min()), int(zoned.max())}

    def _part(self, data: bytes, event: list[int], kept_before: NDArray[np.int64]) -> Part:
        kind, code, row, tag, end, text_end, depth = event
        text = plain_text(data[end + 1 : text_end]).strip(BLANKS)[: limits.MAX_TEXT_CHARS]
        return Part(
            _KINDS[kind], self.names[code], depth, int(kept_before[row]), self.seen + row, text,
            attributes(data[tag:end]) if _KINDS[kind] != "close" else {},
        )  # fmt: skip

    def columns(self) -> Columns:
        """All blocks as one. Their memory is given back channel by channel."""
        whole: Columns = {}
        counts = [len(block["ts"]) for block in self.blocks]
        for channel in COLUMNS:
            if channel != "ts" and not any(channel in block for block in self.blocks):
                continue
            whole[channel] = np.empty(self.kept, np.int64 if channel == "ts" else np.float64)
            at = 0
            for block, count in zip(self.blocks, counts, strict=True):
                whole[channel][at : at + count] = block.pop(channel, np.nan)
                at += count
        return whole

    def utc_offset_s(self) -> int | None:
        """Local time minus UTC, where all times carry the same offset. +00:00 is what programs write for Z."""
        offset = next(iter(self.offsets)) if len(self.offsets) == 1 else 0
        return offset if offset != 0 and self.unzoned == 0 else None

    def problems(self, fault: str) -> list[Problem]:
        found = [Problem("decoded in part", fault)] if fault else []
        if 0 < self.kept < self.seen:
            found.append(Problem("points without a time", f"{self.seen - self.kept} of {self.seen} left out"))
        if self.unzoned:
            found.append(Problem("times without a zone", f"{self.unzoned} read as UTC"))
        if self.unread:
            counts = ", ".join(f"{channel} {count}" for channel, count in sorted(self.unread.items()))
            found.append(Problem("values that are no numbers or times", counts))
        return found
