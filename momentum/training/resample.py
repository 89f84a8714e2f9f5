"""From samples as they came to one row a second.

The rules:
- A row is one second in which the device was recording; `t` says which. Rows follow each other by 1 s,
  except across a stop, where `t` jumps: a stop has no rows, so 27 days with an hour in them cost an hour.
- Several samples in a second are averaged (each channel over the values it has).
- A gap of at most MAX_GAP_S between two values of a channel is smart recording or a short dropout, and is
  bridged by a straight line, power included: the practice of the field (GoldenCheetah does the same), and
  unbiased, where holding the last value lags.
- A longer gap between samples is a stop. A longer gap in one channel, while others go on, is NaN.
- Nothing is made up before the first or after the last value of a channel.
- What no sensor may say (constants.BELIEVED, heart rate 0 among it) is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import BELIEVED, EARTH_RADIUS_M, MAX_GAP_S

_CONTINUOUS = ("heart_rate_bpm", "power_w", "speed_mps", "cadence_rpm", "altitude_m", "distance_m", "lat", "lon")


@dataclass(frozen=True)
class Grid:
    """One row a second of recording.

    t (n) int64: seconds from the first sample, ascending. channels: (n) float64 each, NaN where missing;
    a channel without a value is absent.
    """

    t: NDArray[np.int64]
    channels: dict[str, NDArray[np.float64]]


def resample(samples: dict[str, NDArray]) -> Grid:
    """samples: "ts" (m) int64 milliseconds, and channels (m) float64, see activity_files; may be empty."""
    ts = samples.get("ts")
    if ts is None or ts.size == 0:
        return Grid(np.empty(0, dtype=np.int64), {})
    order = None if np.all(ts[1:] >= ts[:-1]) else np.argsort(ts, kind="stable")
    ts = ts if order is None else ts[order]
    second = (ts - ts[0]) // 1000
    rows = _rows(second)
    channels = {}
    for name in _CONTINUOUS:
        if name in samples:
            values = samples[name] if order is None else samples[name][order]
            filled = _fill(rows, second, _believed(name, values))
            if filled is not None:
                channels[name] = filled
    if "speed_mps" not in channels:
        speed = _derived_speed(rows, channels)
        if speed is not None:
            channels["speed_mps"] = speed
    return Grid(rows, channels)


def _rows(second: NDArray[np.int64]) -> NDArray[np.int64]:
    """The seconds of recording: those with a sample, and those of gaps too short to be a stop."""
    step = np.diff(second)
    if np.all(step == 1):
        return second
    seen = second[np.concatenate(([True], step > 0))]
    step = np.diff(seen)
    count = np.concatenate((np.where(step <= MAX_GAP_S, step, 1), [1]))
    first = np.cumsum(count) - count
    return np.repeat(seen - first, count) + np.arange(count.sum())


def _believed(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = BELIEVED.get(name, (-np.inf, np.inf))
    believed = (values >= low) & (values <= high) & np.isfinite(values)
    return values if believed.all() else np.where(believed, values, np.nan)


def _fill(
    rows: NDArray[np.int64], second: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """A channel on the rows; None when it has no value at all."""
    known = ~np.isnan(values)
    if known.all():
        if rows is second:
            return values.astype(np.float64, copy=False)
        at = second
    else:
        at, values = second[known], values[known]
    if at.size == 0:
        return None
    step = np.diff(at)
    if not np.all(step > 0):
        first = np.flatnonzero(np.concatenate(([True], step > 0)))
        values = np.add.reduceat(values, first) / np.diff(np.append(first, at.size))
        at = at[first]
        step = np.diff(at)
    filled = np.interp(rows, at, values, left=np.nan, right=np.nan)
    if step.size and step.max() > MAX_GAP_S:
        before = np.searchsorted(at, rows, side="right") - 1
        lone = (before >= 0) & (at[before] != rows) & (np.append(step, 0)[before] > MAX_GAP_S)
        filled[lone] = np.nan
    return filled


def _derived_speed(rows: NDArray[np.int64], channels: dict[str, NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """Speed where the device sent none: from its distance, else from its positions."""
    if "distance_m" in channels:
        metres = np.diff(channels["distance_m"])
    elif "lat" in channels and "lon" in channels:
        metres = _metres_between(channels["lat"], channels["lon"])
    else:
        return None
    # A step over a stop says how far apart its ends are, not how fast anybody went.
    metres_in_a_second = np.where(np.diff(rows) == 1, metres, np.nan)
    speed = _believed("speed_mps", np.concatenate(([np.nan], metres_in_a_second)))
    return None if np.isnan(speed).all() else speed


def _metres_between(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distance of successive positions, degrees in, metres out (n - 1), by the haversine."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = np.sin(np.diff(phi) / 2) ** 2 + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
