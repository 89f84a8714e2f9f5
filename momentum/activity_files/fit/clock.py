"""FIT's seconds to milliseconds of the Unix epoch, and what local time was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Problem

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
    times = np.concatenate([sessions.get("start_time", np.empty(0)), records.get("timestamp", np.empty(0))])
    times = times[~np.isnan(times)]
    if not times.size or times.max() >= FIRST_DATE:
        return 0.0, []
    ends, locals_ = activity.get("timestamp"), activity.get("local_timestamp")
    if ends is not None and locals_ is not None:
        usable = (ends < FIRST_DATE) & (locals_ >= FIRST_DATE)
        if usable.any():
            k = int(np.flatnonzero(usable)[-1])
            return float(locals_[k] - ends[k]), [Problem("no date", "the device knew local time only; taken as UTC")]
    return 0.0, [Problem("no date", "times count from when the device was switched on")]


def utc_offset_s(activity: Columns) -> int | None:
    """Local time minus UTC, to a quarter of an hour, where the file says it credibly.

    Offsets outside -12 h to +14 h are refused. Equal times are no statement: COROS and others copy
    UTC into the local field wherever the athlete is.
    """
    utc, local = activity.get("timestamp"), activity.get("local_timestamp")
    if utc is None or local is None:
        return None
    for offset in (local - utc)[(utc >= FIRST_DATE) & (local >= FIRST_DATE)][::-1]:
        rounded = round(float(offset) / 900) * 900
        if offset != 0 and -12 * 3600 <= rounded <= 14 * 3600:
            return rounded
    return None
