"""One activity from several recordings: what the chosen one lacks is filled from the others.

Only what is missing altogether is taken: a channel without any value, a list without any row, a total
that is None. Where the chosen recording has a channel its gaps stay gaps, for two sensors never agree
well enough to be one series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.alike import COPY_ELAPSED_RATIO, COPY_ELAPSED_S, COPY_START_S, QUARTER_MS, Key
from momentum.activity_files.clocks import clock_offset_ms
from momentum.activity_files.decoded import CHANNELS, Activity, Columns

# A recording of about one sample a second gives the nearest sample, a sparser one is interpolated
# between two samples that are not too far apart; nothing is carried further.
DENSE_MS = 1_500
NEAREST_MS = 2_000
INTERPOLATED_MS = 10_000
# A recording belongs to a leg when the shorter of the two lies by this share in the other.
LEG_SHARE = 0.5
SAME_EXTENT = 0.85  # of the longer recording, for totals

_LISTS = ("laps", "rr", "developer")
_TIMES = {"laps": "start", "rr": "ts", "developer": "ts"}
_TOTALS = ("moving_s", "distance_m", "ascent_m")
_SAID = ("rpe", "pool_length_m", "utc_offset_s", "sub_sport")


def merge(chosen: Activity, others: Sequence[tuple[Key, Activity]]) -> tuple[Activity, dict[Key, tuple[str, ...]]]:
    """`chosen` with what it lacks, and what was taken of each other file (names of Activity's fields
    and of channels, sorted). Nothing that is passed in is changed.

    The others are asked in order of their samples, then of their keys. Each one's clock is set by
    `clocks.clock_offset_ms`, after a difference of whole quarters of an hour between copies. An event is
    filled leg by leg, from the legs of another event or from recordings of the leg or of the whole.
    """
    taken: dict[Key, set[str]] = {key: set() for key, _ in others}
    merged = replace(chosen, samples=dict(chosen.samples), legs=[replace(leg) for leg in chosen.legs])
    for key, other in sorted(others, key=lambda item: (-_count(item[1]), item[0])):
        quarter_ms = _quarter_ms(chosen, other)
        _fill_totals(merged, other, taken[key])
        for leg in merged.legs:
            for piece in other.legs or [other]:
                if _share(leg, piece, quarter_ms) >= LEG_SHARE:
                    _fill(leg, piece, quarter_ms, taken[key])
                    _fill_totals(leg, piece, taken[key])
        if not merged.legs:
            for piece in other.legs or [other]:
                _fill(merged, piece, quarter_ms, taken[key])
    return merged, {key: tuple(sorted(names)) for key, names in taken.items()}


def _count(activity: Activity) -> int:
    return sum(len(piece.samples.get("ts", ())) for piece in activity.legs or [activity])


def _quarter_ms(chosen: Activity, other: Activity) -> int:
    """What to add to the clock of a copy that took local time for UTC, else 0."""
    apart = chosen.started_at_ms - other.started_at_ms
    quarters = (apart + QUARTER_MS // 2) // QUARTER_MS * QUARTER_MS
    longest_s = max(chosen.elapsed_s, other.elapsed_s)
    same_start = abs(apart - quarters) <= COPY_START_S * 1000
    same_length = abs(chosen.elapsed_s - other.elapsed_s) <= max(COPY_ELAPSED_S, COPY_ELAPSED_RATIO * longest_s)
    return quarters if same_start and same_length else 0


def _share(leg: Activity, piece: Activity, clock_ms: int) -> float:
    start, end = piece.started_at_ms + clock_ms, piece.ended_at_ms + clock_ms
    overlap = min(leg.ended_at_ms, end) - max(leg.started_at_ms, start)
    return overlap / max(1, min(leg.ended_at_ms - leg.started_at_ms, end - start))


def _fill_totals(target: Activity, other: Activity, taken: set[str]) -> None:
    """Fill what is said of the whole. A trimmed copy's totals are not the whole's, nor a leg's the event's."""
    extent = min(target.elapsed_s, other.elapsed_s) / max(target.elapsed_s, other.elapsed_s, 1.0)
    names = (_TOTALS if extent >= SAME_EXTENT else ()) + _SAID
    if extent < SAME_EXTENT and bool(target.legs) != bool(other.legs):
        return
    for name in names:
        value = getattr(other, name)
        if getattr(target, name) in (None, "") and value not in (None, ""):
            setattr(target, name, min(value, target.elapsed_s) if name == "moving_s" else value)
            taken.add(name)
    if target.sport == "other" and other.sport not in ("other", "multisport"):
        target.sport = other.sport
        taken.add("sport")


def _fill(target: Activity, piece: Activity, quarter_ms: int, taken: set[str]) -> None:
    """Fill channels and lists of an activity or leg from a recording of the same time."""
    ts = target.samples.get("ts")
    theirs = {name: values for name, values in piece.samples.items() if name == "ts" or name in CHANNELS}
    if theirs:
        theirs["ts"] = theirs["ts"] + quarter_ms
    clock_ms = quarter_ms
    names = _missing(target.samples, theirs)
    lists = [name for name in _LISTS if not getattr(target, name) and getattr(piece, name)]
    if not names and not lists:
        return
    if ts is None or not len(ts):
        target.samples = theirs
        taken.update(names)
    elif theirs:
        fine_ms = clock_offset_ms(target.samples, theirs)
        clock_ms += fine_ms
        theirs["ts"] = theirs["ts"] + fine_ms
        target.samples = dict(target.samples)
        for name in names:
            values = _aligned(ts, theirs, name)
            if not np.isnan(values).all():
                target.samples[name] = values
                taken.add(name)
    for name in lists:
        rows = _moved(getattr(piece, name), _TIMES[name], clock_ms, target)
        if rows:
            setattr(target, name, rows)
            taken.add(name)


def _missing(samples: Columns, theirs: Columns) -> list[str]:
    """Channels to take; latitude and longitude go together."""
    names = [name for name in CHANNELS if name in theirs and name not in samples]
    if ("lat" in names) != ("lon" in names):
        names = [name for name in names if name not in ("lat", "lon")]
    return names


def _aligned(ts: NDArray, theirs: Columns, name: str) -> NDArray:
    """The channel `name` at the times `ts`, NaN where the other recording has nothing near."""
    sent = ~np.isnan(theirs[name])
    at, values = theirs["ts"][sent], theirs[name][sent]
    if name == "lon":
        values = np.degrees(np.unwrap(np.radians(values)))  # or the date line would be crossed the long way
    after = np.clip(np.searchsorted(at, ts), 0, len(at) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(at[after] - ts) < np.abs(ts - at[before]), after, before)
    dense = len(at) > 1 and float(np.median(np.diff(at))) <= DENSE_MS
    if dense:
        filled = np.where(np.abs(at[nearest] - ts) <= NEAREST_MS, values[nearest], np.nan)
    else:
        between = (ts >= at[before]) & (ts <= at[after]) & (at[after] - at[before] <= INTERPOLATED_MS)
        exact = at[nearest] == ts
        filled = np.where(between, np.interp(ts, at, values), np.where(exact, values[nearest], np.nan))
    if name == "lon":
        filled = (filled + 180) % 360 - 180
    if name == "distance_m" and not np.isnan(filled).all():
        filled = filled - filled[~np.isnan(filled)][0]  # from this activity's start, not the other's
    return filled


def _moved(rows: Columns, time: str, clock_ms: int, target: Activity) -> Columns:
    """Rows of a list that lie within the target, their times set by its clock."""
    at = rows[time] + clock_ms
    inside = (at >= target.started_at_ms - NEAREST_MS) & (at <= target.ended_at_ms + NEAREST_MS)
    if not inside.any():
        return {}
    return {name: (at if name == time else values)[inside] for name, values in rows.items()}
