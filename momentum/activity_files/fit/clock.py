"""FIT's seconds to milliseconds of the Unix epoch, and what local time was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Problem
from momentum.activity_files.fit.values import row_count, time_values

# Seconds from 1970-01-01 to FIT's epoch, 1989-12-31, both 00:00 UTC.
EPOCH_S = 631_065_600
# Below this a date_time counts from when the device was switched on (profile, type date_time).
FIRST_DATE = 0x1000_0000


def to_ms(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """FIT seconds (none missing) to milliseconds since 1970-01-01 UTC."""
    return np.rint((seconds + EPOCH_S) * 1000).astype(np.int64)


def shift(records: Columns, sessions: Columns, activity: Columns) -> tuple[float, list[Problem]]:
    """Seconds to add to a file's times, where its device did not know the date.

    Such a file may still say local time at its end; what it says is then taken as if it were UTC,
    which keeps the day right.
    """
    times = np.concatenate([_times(sessions, "start_time"), _times(records, "timestamp")])
    times = times[~np.isnan(times)]
    if not times.size or times.max() >= FIRST_DATE:
        return 0.0, []
    for end, local in _ends(activity):
        if end < FIRST_DATE <= local:
            return local - end, [Problem("no date", "the device knew local time only; taken as UTC")]
    return 0.0, [Problem("no date", "times count from when the device was switched on")]


def utc_offset_s(activity: Columns) -> int | None:
    """Local time minus UTC, to a quarter of an hour, where the file says it credibly.

    Offsets outside -12 h to +14 h are refused. Equal times are no statement: COROS and others copy
    UTC into the local field wherever the athlete is.
    """
    for utc, local in _ends(activity):
        rounded = round((local - utc) / 900) * 900
        if min(utc, local) >= FIRST_DATE and local != utc and -12 * 3600 <= rounded <= 14 * 3600:
            return rounded
    return None


def _ends(activity: Columns) -> list[tuple[float, float]]:
    """When the file was closed, by the device's clock and by local time, the last word first."""
    ends = list(zip(_times(activity, "timestamp").tolist(), _times(activity, "local_timestamp").tolist(), strict=False))
    return [(utc, local) for utc, local in reversed(ends) if not np.isnan(utc + local)]


def _times(columns: Columns, name: str) -> NDArray[np.float64]:
    rows = row_count(columns)
    return time_values(columns, name, rows)
