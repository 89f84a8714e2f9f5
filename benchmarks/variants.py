"""Distinct variants of real activity files, as many as a benchmark wants.

    .venv/bin/python -m benchmarks.variants OUT --count 2000 [--activities DIR] [--seed 7] [--until 2026-11-24]

Every variant is a source file moved to a time of its own within ten years: all times in it are shifted
by the same amount, a FIT's serial number is changed and its checksum computed anew, everything else
stays. No two variants overlap in time, so each is an activity of its own. Sources are all FIT, TCX and
GPX files of DIR (default: ../shared/activities) that the project reads whole; without that folder, the
files of a six-week demo.
"""

from __future__ import annotations

import argparse
import io
import re
import struct
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Refused
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import split
from momentum.activity_files.fit.definitions import read_definition
from momentum.activity_files.fit.kernels import CRC_TABLES, crc16
from momentum.activity_files.read import decode

ACTIVITIES = Path(__file__).parents[2] / "shared" / "activities"
YEARS = 10
LONGEST = timedelta(hours=12)  # a source that lasts for days leaves no room for the others
BETWEEN = timedelta(minutes=15)  # at least, from the end of a variant to the start of the next
FILES_PER_FOLDER = 1000
# Compressed timestamps hold a time's five low bits: a shift by whole multiples of 32 s keeps them true.
STEP_S = 32

_FILE_ID, _SERIAL_NUMBER = 0, 3
_SYSTEM_TIME = 0x10000000  # FIT times below are seconds since power-up, not dates
_NO_TIME = 0xFFFFFFFF
_XML_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_XML_TIME_BYTES = 19
_DIGITS = np.array([11, 12, 14, 15, 17, 18])  # of hours, minutes, seconds in such a time


@dataclass(frozen=True)
class Source:
    """A file and how to move it: `moved(shift_s, number)` gives the bytes of variant `number`."""

    name: str
    starts_s: int
    ends_s: int
    moved: Callable[[int, int], bytes]


def write_variants(
    source_folder: Path, out_folder: Path, count: int, seed: int = 7, until: date | None = None
) -> list[Path]:
    """Writes `count` variants of the files in `source_folder` to out_folder/NNN/ and returns their paths.

    They end before `until` (default: the day before yesterday). Raises ValueError where nothing can be
    read, or where ten years are too short for so many.
    """
    with tempfile.TemporaryDirectory() as demo:
        sources = read_sources(source_folder if source_folder.is_dir() else _demo(Path(demo)))
    if not sources:
        raise ValueError(f"no activity file that can be read whole in {source_folder}")
    order = np.random.default_rng(seed).permuted(np.arange(count) % len(sources))
    busy_s = sum(sources[k].ends_s - sources[k].starts_s for k in order)
    end = datetime.combine(until or datetime.now(UTC).date() - timedelta(days=2), datetime.min.time(), UTC)
    begin_s = int((end - timedelta(days=365 * YEARS)).timestamp())
    gap_s = (end.timestamp() - begin_s - busy_s) / count - STEP_S
    if gap_s < BETWEEN.total_seconds():
        raise ValueError(f"{count} variants last {busy_s / 3600:.0f} hours: too many for {YEARS} years")
    written, free_s = [], float(begin_s)
    for number, k in enumerate(order):
        source = sources[k]
        shift_s = -(-int(free_s - source.starts_s) // STEP_S) * STEP_S
        free_s = source.ends_s + shift_s + gap_s
        path = out_folder / f"{number // FILES_PER_FOLDER:03d}" / f"{number:06d}-{source.name}"
        if number % FILES_PER_FOLDER == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.moved(shift_s, number))
        written.append(path)
    return written


def read_sources(folder: Path) -> list[Source]:
    """The files of a folder, by name, that hold an activity, are whole, and last less than LONGEST."""
    sources = []
    for path in sorted(folder.rglob("*")):
        kind = path.suffix.lower()
        if kind not in (".fit", ".tcx", ".gpx"):
            continue
        content = path.read_bytes()
        try:
            decoded = decode(io.BytesIO(content))
        except Refused:
            continue
        starts_s = min(activity.started_at_ms for activity in decoded.activities) // 1000
        ends_s = -(-max(activity.ended_at_ms for activity in decoded.activities) // 1000)
        mover = _fit_mover(content) if kind == ".fit" else _xml_mover(content)
        if mover and ends_s - starts_s < LONGEST.total_seconds():
            sources.append(Source(path.name, starts_s, ends_s, mover))
    return sources


def _demo(folder: Path) -> Path:
    from momentum.demo.write import write_demo

    write_demo(folder, last_day=date(2026, 1, 31), weeks=6)
    return folder


def _fit_mover(content: bytes) -> Callable[[int, int], bytes] | None:
    """Moves a FIT file: every date_time of the profile, the serial number, the checksums. None if it is not whole."""
    files, problems = split(content)
    if problems or any(file.problems for file in files):
        return None
    little, big = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    serials: list[tuple[int, bool]] = []
    for file in files:
        for number, d in ((number, d) for number, of_number in file.parts.items() for d in of_number):
            definition, known = read_definition(file, d), profile.message(number)
            messages = file.at[file.first[d] : file.first[d + 1]] + 1
            for field in definition.fields:
                if known.field(field.number).type in ("date_time", "local_date_time") and field.base_type.size == 4:
                    (big if definition.big else little).append(messages + field.at)
                elif (number, field.number) == (_FILE_ID, _SERIAL_NUMBER) and field.base_type.size == 4:
                    serials += [(int(at), definition.big) for at in messages + field.at]
    array = np.frombuffer(content, np.uint8)
    groups = [_times(array, np.concatenate(offsets), order) for offsets, order in ((little, "<u4"), (big, ">u4"))]
    ends = _ends(content)

    def moved(shift_s: int, number: int) -> bytes:
        out = array.copy()
        for where, times, order in groups:
            out[where] = (times + shift_s).astype(order).view(np.uint8).reshape(where.shape)
        for at, is_big in serials:
            value = struct.Struct(">I" if is_big else "<I")
            serial = int(value.unpack_from(content, at)[0])
            value.pack_into(out, at, (serial + number) % 0xFFFFFFFE + 1)
        for begin, end in ends:
            out[end - 2 : end] = np.frombuffer(struct.pack("<H", crc16(out, begin, end - 2, CRC_TABLES)), np.uint8)
        return out.tobytes()

    return moved


def _times(array: NDArray[np.uint8], offsets: NDArray, order: str) -> tuple[NDArray, NDArray, str]:
    """Where the dates among the values at `offsets` are, byte by byte (n, 4), and the dates (n,)."""
    where = offsets[:, None] + np.arange(4)
    times = array[where].view(order).ravel().astype(np.int64)
    dates = (times >= _SYSTEM_TIME) & (times != _NO_TIME)
    return where[dates], times[dates], order


def _ends(content: bytes) -> list[tuple[int, int]]:
    """Begin and end, checksum included, of each FIT file chained in a whole one."""
    found, at = [], 0
    while at < len(content):
        end = at + content[at] + int.from_bytes(content[at + 4 : at + 8], "little") + 2
        found.append((at, end))
        at = end
    return found


def _xml_mover(content: bytes) -> Callable[[int, int], bytes] | None:
    """Moves a TCX or GPX file: every time in it, its zone and fraction untouched. None if it has no time."""
    found = [match.start() for match in _XML_TIME.finditer(content)]
    if not found:
        return None
    array = np.frombuffer(content, np.uint8)
    where = np.array(found)[:, None] + np.arange(_XML_TIME_BYTES)
    times = array[where].view(f"S{_XML_TIME_BYTES}").ravel().astype(f"U{_XML_TIME_BYTES}")
    seconds = times.astype("datetime64[s]").astype(np.int64)

    def moved(shift_s: int, _number: int) -> bytes:
        out = array.copy()
        then = seconds + shift_s
        days, of_day = then // 86_400, then % 86_400
        different, which = np.unique(days, return_inverse=True)
        written = different.astype("datetime64[D]").astype("S10").view(np.uint8).reshape(-1, 10)
        out[where[:, :10]] = written[which]
        two = np.stack([of_day // 3600, of_day // 60 % 60, of_day % 60], axis=1)
        out[where[:, _DIGITS]] = np.stack([two // 10, two % 10], axis=2).reshape(-1, 6) + ord("0")
        return out.tobytes()

    return moved


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--activities", type=Path, default=ACTIVITIES)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--until", type=date.fromisoformat)
    given = parser.parse_args()
    begins = time.perf_counter()
    written = write_variants(given.activities, given.out, given.count, given.seed, given.until)
    size, took = sum(path.stat().st_size for path in written), time.perf_counter() - begins
    print(f"{len(written)} files, {size / 1e6:.0f} MB in {took:.1f} s ({len(written) / took:.0f} files/s)")


if __name__ == "__main__":
    main()
