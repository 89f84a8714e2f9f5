"""Heart rate that a chest strap kept under water and sent when the swim was over (`hr` messages)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit.values import first_value, time_values

HR = 132
WANTED = frozenset(
    ("timestamp", "fractional_timestamp", "time256", "filtered_bpm", "event_timestamp", "event_timestamp_12")
)
# A beat's heart rate holds until the next, for as long as the SDK's own merge lets it (5 s).
_HOLDS_S = 5.0
# event_timestamp is 32 bits of 1/1024 s.
_WRAPS_S = 2.0**22


def beats(hr: Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times (FIT seconds, ascending) and heart rates (bpm) of one file's `hr` messages.

    A message with a timestamp anchors the strap's own clock; the following ones carry up to eight
    beats each on that clock.
    """
    if "event_timestamp" not in hr or "filtered_bpm" not in hr:
        return np.empty(0), np.empty(0)
    clock = hr["event_timestamp"].reshape(len(hr["event_timestamp"]), -1)
    bpm = hr["filtered_bpm"].reshape(len(clock), -1)
    rows = len(clock)
    anchored = time_values(hr, "timestamp", rows) + np.nan_to_num(first_value(hr, "fractional_timestamp", rows))
    latest = np.maximum.accumulate(np.where(np.isnan(anchored), -1, np.arange(rows)))
    safe = np.maximum(latest, 0)
    elapsed = (clock - clock[safe, :1]) % _WRAPS_S
    times = np.where((latest >= 0)[:, None], anchored[safe, None] + elapsed, np.nan)
    width = min(times.shape[1], bpm.shape[1])
    flat_times, flat_bpm = times[:, :width].ravel(), bpm[:, :width].ravel()
    good = ~np.isnan(flat_times) & ~np.isnan(flat_bpm) & (flat_bpm > 0)
    order = np.argsort(flat_times[good], kind="stable")
    return flat_times[good][order], flat_bpm[good][order]


def fill(
    heart_rate: NDArray[np.float64],
    at_s: NDArray[np.float64],
    beat_s: NDArray[np.float64],
    beat_bpm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Heart rate with its gaps filled: the mean of the beats of the second up to the sample, else the last beat."""
    until = np.searchsorted(beat_s, at_s, "right")
    since = np.searchsorted(beat_s, at_s - 1, "right")
    sums = np.concatenate([[0.0], np.cumsum(beat_bpm)])
    count = until - since
    mean = np.rint((sums[until] - sums[since]) / np.maximum(count, 1))
    last = np.maximum(until - 1, 0)
    held = (until > 0) & (at_s - beat_s[last] <= _HOLDS_S)
    merged = np.where(count > 0, mean, np.where(held, beat_bpm[last], np.nan))
    return np.where(np.isnan(heart_rate), merged, heart_rate)
