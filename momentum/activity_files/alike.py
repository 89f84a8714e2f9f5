"""Whether two recordings of one athlete are of the same activity: the rules, on whole columns of pairs.

One athlete cannot be in two places or do two sports at once, so a shared stretch of time is the main
evidence; sport, distance and position can only speak against it. `matching` makes groups of the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.sports import SPORTS

Key = tuple[str, int]  # sha256 of the file, which activity of it


@dataclass(frozen=True)
class Candidate:
    """What matching knows of one activity of one file. Times in ms since 1970 UTC, degrees WGS 84."""

    sha256: str
    part: int
    format: str
    sport: str
    device: str
    device_serial: str
    started_at_ms: int
    ended_at_ms: int
    elapsed_s: float
    moving_s: float | None
    distance_m: float | None
    start_lat: float | None
    start_lon: float | None
    end_lat: float | None
    end_lon: float | None
    samples: int
    channels: tuple[str, ...]
    legs: int
    source: str

    @property
    def key(self) -> Key:
        return self.sha256, self.part


# Linked: the shorter recording lies nearly whole in the longer, which is at most twice as long. That
# holds for a watch started minutes before the head unit, and for a copy that a site trimmed.
SHORT_SHARE, LONG_SHARE = 0.8, 0.5
# Two recordings that are linked to a third may agree a little less with each other.
SHORT_SHARE_BESIDE, LONG_SHARE_BESIDE = 0.7, 0.4
# Wheel sensors, GPS and foot pods differ by 20 % indoors; beyond half one of them measured something else.
DISTANCE_RATIO, DISTANCE_RATIO_BESIDE = 0.5, 0.4
# A device records one thing at a time: two files of one device that overlap are copies of one recording.
SERIAL_SHARE = 0.95
# Positions of two starts (or ends) may be this far apart, and what is covered between their times:
# first fixes come late, sites hide the surroundings of a home.
NEAR_M, FAR_M, FASTEST_MPS = 2_000.0, 50_000.0, 25.0
# A leg recorded apart lies inside its event, and starts within the event's course.
LEG_SHARE, LEG_DISTANCE_RATIO = 0.9, 1.1
# Copies: so alike that sport names and whole quarters of an hour between the clocks do not count.
COPY_START_S, COPY_ELAPSED_S, COPY_ELAPSED_RATIO = 5.0, 5.0, 0.005
COPY_POSITION_M, COPY_BARE_ELAPSED_S = 100.0, 2.0
COPY_DISTANCE_RATIO = 0.97  # a GPX has its distance from points that smart recording left far apart
# Some sites write local time as if it were UTC. No zone is further than this from UTC.
QUARTER_MS, CLOCK_LIMIT_MS = 900_000, 14 * 3_600_000 + 5_000

_FAMILIES = (("running", "walking", "hiking"), ("cross_country_skiing", "alpine_skiing"), ("rowing", "paddling"))
_ANYTHING = ("other", "cardio")
_NEVER_A_LEG = "strength"
_NO_SERIAL = ("2147483647", "4294967295", "1234567890")
_CHUNK = 1_000_000  # pairs looked at together


def _sports_agree() -> NDArray:
    agree = np.eye(len(SPORTS), dtype=bool)
    for family in _FAMILIES:
        rows = [SPORTS.index(sport) for sport in family]
        agree[np.ix_(rows, rows)] = True
    for sport in _ANYTHING:
        agree[SPORTS.index(sport), :] = agree[:, SPORTS.index(sport)] = True
    return agree


@dataclass(frozen=True)
class Table:
    """Candidates as columns, sorted by start and key."""

    start: NDArray  # int64 ms
    end: NDArray  # int64 ms, at least a second after the start
    sport: NDArray  # index into SPORTS
    distance: NDArray  # NaN where unknown or 0
    place: NDArray  # (n, 4) radians: start lat, lon, end lat, lon; NaN where unknown
    file: NDArray  # equal numbers for parts of one file
    serial: NDArray  # equal numbers for one device, negative where unknown
    event: NDArray  # bool
    xml: NDArray  # bool: TCX or GPX
    sports_agree: NDArray  # bool, by two indices into SPORTS


@dataclass(frozen=True)
class Pairs:
    """Pairs i < j of rows of a Table that agree. `clock` is what to add to j's times, in ms."""

    i: NDArray
    j: NDArray
    clock: NDArray
    score: NDArray
    linked: NDArray  # same activity
    leg: NDArray  # linked, and one is an event that the other lies in


def table_of(candidates: Sequence[Candidate]) -> Table:
    """`candidates` must be sorted by (started_at_ms, key)."""
    start = np.array([one.started_at_ms for one in candidates], dtype=np.int64)
    end = np.array([one.ended_at_ms for one in candidates], dtype=np.int64)
    places = [(one.start_lat, one.start_lon, one.end_lat, one.end_lon) for one in candidates]
    distance = np.array([one.distance_m or np.nan for one in candidates], dtype=float)
    serials: dict[str, int] = {}
    files: dict[str, int] = {}
    return Table(
        start=start,
        end=np.maximum(end, start + 1000),
        sport=np.array([SPORTS.index(one.sport) for one in candidates], dtype=np.int64),
        distance=distance,
        place=np.radians(np.array(places, dtype=float).reshape(len(candidates), 4)),
        file=np.array([files.setdefault(one.sha256, len(files)) for one in candidates], dtype=np.int64),
        serial=np.array([_serial(one.device_serial, serials) for one in candidates], dtype=np.int64),
        event=np.array([one.legs > 0 for one in candidates], dtype=bool),
        xml=np.array([one.format in ("tcx", "gpx") for one in candidates], dtype=bool),
        sports_agree=_sports_agree(),
    )


def _serial(text: str, serials: dict[str, int]) -> int:
    """A number for the device; -1 for what many devices write where they have no serial number."""
    if text in _NO_SERIAL or len(text) < 4:
        return -1
    return serials.setdefault(text, len(serials))


def agreeing_pairs(table: Table) -> Pairs:
    """All pairs that are linked, or that may stand beside each other in a group."""
    found = [_judged(table, i, j) for i, j in _close_in_time(table)]
    if not found:
        found = [judge(table, *(np.zeros(0, np.int64),) * 3)]
    return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _close_in_time(table: Table) -> Iterator[tuple[NDArray, NDArray]]:
    """Pairs that overlap, or whose starts are whole quarters of an hour apart."""
    start, n = table.start, len(table.start)
    located = ~np.isnan(table.place).any(axis=1)
    last = np.searchsorted(start, np.where(located, start + CLOCK_LIMIT_MS, start), side="right")
    last = np.maximum(last, np.searchsorted(start, table.end, side="left"))
    count = last - np.arange(n) - 1
    before = np.concatenate(([0], np.cumsum(count)))
    first = 0
    while first < n:
        upto = max(first + 1, int(np.searchsorted(before, before[first] + _CHUNK, side="right")) - 1)
        i = np.repeat(np.arange(first, upto), count[first:upto])
        j = i + 1 + np.arange(len(i)) - np.repeat(before[first:upto] - before[first], count[first:upto])
        apart = start[j] - start[i]
        close = (start[j] < table.end[i]) | (np.abs(apart - _quarters(apart)) <= COPY_START_S * 1000)
        yield i[close], j[close]
        first = upto


def _quarters(ms: NDArray) -> NDArray:
    return (ms + QUARTER_MS // 2) // QUARTER_MS * QUARTER_MS


def _judged(table: Table, i: NDArray, j: NDArray) -> tuple[NDArray, ...]:
    """Judge pairs as they stand, and those of wrong clocks after setting them right."""
    quarters = _quarters(table.start[j] - table.start[i])
    wrong = (
        (quarters > 0)
        & (quarters <= CLOCK_LIMIT_MS)
        & (table.xml[i] | table.xml[j])
        & (table.file[i] != table.file[j])
        & ((table.serial[i] != table.serial[j]) | (table.serial[i] < 0))
    )
    wrong[wrong] = _copies(table, i[wrong], j[wrong], -quarters[wrong])
    return judge(table, i, j, np.where(wrong, -quarters, 0))


def judge(table: Table, i: NDArray, j: NDArray, clock: NDArray) -> tuple[NDArray, ...]:
    """The fields of Pairs for those of the given pairs that agree when `clock` is added to j's times."""
    start_j, end_j = table.start[j] + clock, table.end[j] + clock
    overlap = np.maximum(np.minimum(table.end[i], end_j) - np.maximum(table.start[i], start_j), 0)
    length_i, length_j = table.end[i] - table.start[i], end_j - start_j
    short, long = overlap / np.minimum(length_i, length_j), overlap / np.maximum(length_i, length_j)
    ratio = np.minimum(table.distance[i], table.distance[j]) / np.maximum(table.distance[i], table.distance[j])
    copies = _copies(table, i, j, clock)
    sane = (table.sports_agree[table.sport[i], table.sport[j]] | copies) & ~_far_apart(table, i, j, clock)
    sane &= (table.serial[i] != table.serial[j]) | (table.serial[i] < 0) | (short >= SERIAL_SHARE)
    sane &= (clock == 0) | table.xml[i] | table.xml[j]  # a FIT has its device's clock
    # Parts of one file are different activities, unless the file holds the same one twice.
    sane &= (table.file[i] != table.file[j]) | (
        (np.abs(start_j - table.start[i]) < 1000) & (np.abs(end_j - table.end[i]) < 1000)
    )
    linked = sane & (short >= SHORT_SHARE) & (long >= LONG_SHARE) & ~(ratio < DISTANCE_RATIO)
    beside = sane & (short >= SHORT_SHARE_BESIDE) & (long >= LONG_SHARE_BESIDE) & ~(ratio < DISTANCE_RATIO_BESIDE)
    leg = _inside_event(table, i, j, short)
    score = long + 0.5 * np.where(np.isnan(ratio), 0.9, ratio) + 0.1 * (table.sport[i] == table.sport[j])
    score -= 2.0 * (leg & ~linked) + 4.0 * (clock != 0)
    kept = linked | beside | leg
    return i[kept], j[kept], clock[kept], score[kept], (linked | leg)[kept], leg[kept]


def _inside_event(table: Table, i: NDArray, j: NDArray, short: NDArray) -> NDArray:
    """One is an event and the other a recording within it: a leg, or the whole by another device."""
    one = table.event[i] ^ table.event[j]
    event, leg = np.where(table.event[i], i, j), np.where(table.event[i], j, i)
    shorter = table.end[leg] - table.start[leg] <= 1.1 * (table.end[event] - table.start[event])
    sport = table.sport[leg] != SPORTS.index(_NEVER_A_LEG)
    fits = ~(table.distance[leg] > LEG_DISTANCE_RATIO * table.distance[event])
    away = _metres(table.place[event, :2], table.place[leg, :2])
    on_course = ~(away > table.distance[event] + NEAR_M)
    other_file = table.file[i] != table.file[j]
    return one & (short >= LEG_SHARE) & shorter & sport & fits & on_course & other_file


def _copies(table: Table, i: NDArray, j: NDArray, clock: NDArray) -> NDArray:
    """Both ends at the same place and time, and the same way between them."""
    length_i, length_j = (table.end[row] - table.start[row] for row in (i, j))
    apart_s = np.abs(length_i - length_j) / 1000
    known = ~np.isnan(table.distance[i]) & ~np.isnan(table.distance[j])
    shorter, longer = np.minimum(table.distance[i], table.distance[j]), np.maximum(table.distance[i], table.distance[j])
    same_way = np.where(known, shorter >= COPY_DISTANCE_RATIO * longer, apart_s <= COPY_BARE_ELAPSED_S)
    return (
        (np.abs(table.start[j] + clock - table.start[i]) <= COPY_START_S * 1000)
        & (apart_s <= np.maximum(COPY_ELAPSED_S, COPY_ELAPSED_RATIO * np.maximum(length_i, length_j) / 1000))
        & same_way
        & (_metres(table.place[i, :2], table.place[j, :2]) <= COPY_POSITION_M)
        & (_metres(table.place[i, 2:], table.place[j, 2:]) <= COPY_POSITION_M)
    )


def _far_apart(table: Table, i: NDArray, j: NDArray, clock: NDArray) -> NDArray:
    """Whether positions say that these cannot be one athlete; false where one has none."""
    starts = _metres(table.place[i, :2], table.place[j, :2])
    ends = _metres(table.place[i, 2:], table.place[j, 2:])
    way_start = FASTEST_MPS * np.abs(table.start[j] + clock - table.start[i]) / 1000
    way_end = FASTEST_MPS * np.abs(table.end[j] + clock - table.end[i]) / 1000
    neither = (starts > NEAR_M + way_start) & (ends > NEAR_M + way_end)
    return neither | (starts > FAR_M + way_start) | (ends > FAR_M + way_end)


def _metres(a: NDArray, b: NDArray) -> NDArray:
    """Great-circle distance (haversine) of points in radians, shape (n, 2)."""
    half = np.sin((b - a) / 2) ** 2
    root = half[:, 0] + np.cos(a[:, 0]) * np.cos(b[:, 0]) * half[:, 1]
    return 2 * 6_371_000.0 * np.arcsin(np.sqrt(np.minimum(root, 1.0)))
