"""Output against heart rate, over efforts that are steady enough for it to mean something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import (
    NP_WINDOW_S,
    STEADY_EFFORT_FADE,
    STEADY_EFFORT_S,
    STEADY_EFFORT_SHARE_OF_MAX,
    STEADY_EFFORT_TAIL_S,
    STEADY_MIN_S,
    STEADY_VARIABILITY,
)
from momentum.training.power import fourth_power_mean, rolling_mean


def variability(output: NDArray[np.float64]) -> float:
    """Fourth-power mean of the 30 s mean over the mean (power: NP over average); infinite without output."""
    mean = float(np.mean(output))
    return fourth_power_mean(rolling_mean(output, NP_WINDOW_S)) / mean if mean > 0 else float("inf")


def is_steady(output: NDArray[np.float64], kind: str) -> bool:
    """Whether an effort is long and even enough; output (n) one a second, kind "power" or "speed"."""
    return output.size >= STEADY_MIN_S and variability(output) <= STEADY_VARIABILITY[kind]


def decoupling_pct(output: NDArray[np.float64], heart_rate_bpm: NDArray[np.float64]) -> float | None:
    """100 * (r1 - r2) / r1, r the mean output over the mean heart rate of each half (GoldenCheetah, Friel).

    Halves by sample, seconds with heart rate only (n each, without NaN). None where the first half has
    no output.
    """
    beating = heart_rate_bpm > 0
    output, heart_rate_bpm = output[beating], heart_rate_bpm[beating]
    half = output.size // 2
    if half == 0:
        return None
    first = float(np.sum(output[:half]) / np.sum(heart_rate_bpm[:half]))
    second = float(np.mean(output[half:]) / np.mean(heart_rate_bpm[half:]))
    return 100.0 * (first - second) / first if first > 0 else None


def steady_effort_heart_rate(
    output: NDArray[np.float64], heart_rate_bpm: NDArray[np.float64], t: NDArray[np.int64], kind: str, top_bpm: float
) -> float | None:
    """Mean heart rate of the last 20 of a steady, maximal 30 min, Friel's estimate of LTHR; None without one.

    output, heart_rate_bpm (n) with NaN where missing, t (n) the second of each row; top_bpm: HRmax, or the
    highest heart rate held that day where that is more. The half hour with the most output is looked at. It is steady
    when it has no stop and no missing value, varies little, and its last 20 min do not fade against the first 10;
    it may have been maximal when its heart rate reaches STEADY_EFFORT_SHARE_OF_MAX of that. More a recording
    cannot prove: `estimate_thresholds` wants a marked test, or a repetition nearer to HRmax.
    """
    start = _best_window(output, heart_rate_bpm, t)
    if start is None:
        return None
    effort = output[start : start + STEADY_EFFORT_S]
    head = STEADY_EFFORT_S - STEADY_EFFORT_TAIL_S
    tail_bpm = float(np.mean(heart_rate_bpm[start + head : start + STEADY_EFFORT_S]))
    faded = np.mean(effort[head:]) < (1.0 - STEADY_EFFORT_FADE) * np.mean(effort[:head])
    if not is_steady(effort, kind) or faded or tail_bpm < STEADY_EFFORT_SHARE_OF_MAX * top_bpm:
        return None
    return tail_bpm


def _best_window(output: NDArray[np.float64], heart_rate_bpm: NDArray[np.float64], t: NDArray[np.int64]) -> int | None:
    """Row at which the half hour with the most output starts, among those without a stop or a missing value."""
    windows = output.size - STEADY_EFFORT_S + 1
    if windows < 1:
        return None
    missing = np.isnan(output) | np.isnan(heart_rate_bpm)
    gaps = np.concatenate(([0], np.cumsum(missing)))
    whole = (gaps[STEADY_EFFORT_S:] == gaps[:windows]) & (t[STEADY_EFFORT_S - 1 :] - t[:windows] == STEADY_EFFORT_S - 1)
    if not whole.any():
        return None
    sums = np.concatenate(([0.0], np.cumsum(np.where(missing, 0.0, output))))
    return int(np.argmax(np.where(whole, sums[STEADY_EFFORT_S:] - sums[:windows], -1.0)))
