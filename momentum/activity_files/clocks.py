"""How far the clocks of two devices on one activity are apart, seen from what both recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns

# Devices set themselves by satellites or phones; more than two minutes is not drift but an error that
# no channel should be trusted to measure.
LIMIT_S = 120
# Channels with edges sharp enough to show a second, best first. Positions and distances are not among
# them: devices that start apart record them from different origins, or smooth them.
CHANNELS_COMPARED = ("power_w", "heart_rate_bpm", "speed_mps", "cadence_rpm", "altitude_m")
LEAST_SHARED_S = 120
# An offset is believed when the channel then agrees well, and clearly better than without.
LEAST_CORRELATION, LEAST_GAIN = 0.8, 0.02


def clock_offset_ms(mine: Columns, theirs: Columns) -> int:
    """Milliseconds to add to the times of `theirs` so that both recordings agree; whole seconds.

    The lag of the highest Pearson correlation, within LIMIT_S, of the first channel of
    CHANNELS_COMPARED that both have and whose correlation convinces; 0 if none does.
    """
    start = min(int(mine["ts"][0]), int(theirs["ts"][0])) // 1000
    seconds = max(int(mine["ts"][-1]), int(theirs["ts"][-1])) // 1000 - start + 1
    if seconds > 14 * 86_400:  # the grids would not fit; recordings of one activity are never so long
        return 0
    for name in CHANNELS_COMPARED:
        if name in mine and name in theirs:
            lag_s = _lag_s(_grid(mine, name, start, seconds), _grid(theirs, name, start, seconds))
            if lag_s is not None:
                return 1000 * lag_s
    return 0


def _grid(samples: Columns, name: str, start_s: int, seconds: int) -> NDArray:
    """The channel once a second, held over short gaps of smart recording, NaN elsewhere."""
    sent = ~np.isnan(samples[name])
    at, values = samples["ts"][sent] // 1000 - start_s, samples[name][sent]
    grid = np.arange(seconds)
    row = np.searchsorted(at, grid, side="right") - 1
    held = (row >= 0) & (grid - at[np.maximum(row, 0)] <= 10)
    return np.where(held, values[np.maximum(row, 0)], np.nan)


def _lag_s(mine: NDArray, theirs: NDArray) -> int | None:
    at_zero = _correlation(mine, theirs)
    best, best_lag = at_zero, 0
    # Near lags first, so that of equal ones the smallest stays.
    for lag in sorted(range(-LIMIT_S, LIMIT_S + 1), key=abs):
        if abs(lag) + LEAST_SHARED_S > len(mine):
            break
        shifted = _correlation(mine[lag:], theirs[:-lag]) if lag > 0 else _correlation(mine[:lag], theirs[-lag:])
        if lag and shifted > best:
            best, best_lag = shifted, lag
    if best < LEAST_CORRELATION:
        return None
    return best_lag if best >= at_zero + LEAST_GAIN else 0


def _correlation(a: NDArray, b: NDArray) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    if int(both.sum()) < LEAST_SHARED_S:
        return -1.0
    x, y = a[both] - a[both].mean(), b[both] - b[both].mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 else -1.0
