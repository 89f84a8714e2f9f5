"""How far the clocks of two devices on one activity are apart, seen from what both recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns

# Devices set themselves by satellites or phones; more than two minutes is not drift but an error that
# no channel should be trusted to measure.
LIMIT_S = 120
# Channels with edges sharp enough to show seconds, best first. Heart rate is last, for a wrist shows it
# seconds after a chest; distances are not here, for devices that start apart count from other origins.
CHANNELS_COMPARED = ("power_w", "cadence_rpm", "speed_mps", "altitude_m", "heart_rate_bpm")
LEAST_SHARED_S = 120
# An offset is believed when the channel then agrees well, and leaves half of the disagreement or less.
LEAST_CORRELATION, MOST_LEFT = 0.8, 0.5
EQUAL = 1 - 1e-6


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
    """Seconds to move `theirs` by; None where no lag within the limit convinces."""
    correlation = _correlations(mine, theirs)
    at_zero = correlation[LIMIT_S]
    if at_zero >= EQUAL:
        return 0
    lags = np.arange(-LIMIT_S, LIMIT_S + 1)
    best = min(range(len(lags)), key=lambda row: (-round(float(correlation[row]), 9), abs(lags[row]), lags[row]))
    if correlation[best] < LEAST_CORRELATION:
        return None
    return int(lags[best]) if 1 - correlation[best] <= MOST_LEFT * (1 - at_zero) else 0


def _correlations(mine: NDArray, theirs: NDArray) -> NDArray:
    """Pearson correlation of the seconds that both have, for each lag of -LIMIT_S..LIMIT_S; -1 if few.

    Masked normalised cross-correlation: all sums over shared seconds are products of spectra (Padfield,
    IEEE Trans. Image Process. 2012;21:2706-2718).
    """
    size = 1 << (len(mine) + LIMIT_S).bit_length()
    lags = np.arange(-LIMIT_S, LIMIT_S + 1)

    def spectra(grid: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        there = ~np.isnan(grid)
        values = np.where(there, grid - (grid[there].mean() if there.any() else 0.0), 0.0)
        values /= max(float(np.abs(values).max()), 1e-9)
        return tuple(np.fft.rfft(column, size) for column in (there.astype(float), values, values**2))  # type: ignore[return-value]

    def sums(a: NDArray, b: NDArray) -> NDArray:
        return np.fft.irfft(a * np.conj(b), size)[lags]

    (have, x, xx), (have_y, y, yy) = spectra(mine), spectra(theirs)
    n = np.maximum(np.round(sums(have, have_y)), 1.0)
    sum_x, sum_y = sums(x, have_y), sums(have, y)
    spread = (sums(xx, have_y) - sum_x**2 / n) * (sums(have, yy) - sum_y**2 / n)
    known = (n >= LEAST_SHARED_S) & (spread > 1e-6)
    return np.where(known, (sums(x, y) - sum_x * sum_y / n) / np.sqrt(np.where(known, spread, 1.0)), -1.0)
