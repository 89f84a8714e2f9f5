"""Power: normalised power, TSS (Coggan), xPower, BikeScore (Skiba)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import NP_START, NP_WINDOW_S, XPOWER_NEGLIGIBLE_W, XPOWER_TAU_S


def rolling_mean(values: NDArray[np.float64], window: int, start: str = "partial") -> NDArray[np.float64]:
    """Mean of each value and the window - 1 before it; values (n) without NaN, result (n).

    start: what the first window - 1 means are made of: "partial", what there is; "zeros", zeros before.
    """
    sums = np.cumsum(values)
    sums[window:] -= sums[:-window].copy()
    means = sums / window
    if start == "partial":
        head = min(window, values.size)
        means[:head] = sums[:head] / np.arange(1, head + 1)
    return means


def fourth_power_mean(values: NDArray[np.float64]) -> float:
    """Fourth root of the mean fourth power; values (n > 0)."""
    return float(np.mean(np.square(np.square(values))) ** 0.25)


def normalised_power(power_w: NDArray[np.float64], start: str = NP_START) -> float:
    """Coggan's normalised power in watts; power_w (n > 0) one a second, without NaN.

    Seconds of a stop are left out, and the 30 s mean runs on over them, as GoldenCheetah does. `start`
    see rolling_mean: peers differ, 232.786 against 232.797 W on one ride.
    """
    return fourth_power_mean(rolling_mean(power_w, NP_WINDOW_S, start))


def stress_score(weighted_w: float, seconds: float, threshold_w: float) -> float:
    """100 for an hour at the threshold: TSS from NP and FTP, BikeScore from xPower and critical power."""
    return 100.0 * seconds * weighted_w * (weighted_w / threshold_w) / (threshold_w * 3600.0)


def xpower(power_w: NDArray[np.float64], t: NDArray[np.int64] | None = None) -> tuple[float, float]:
    """Skiba's xPower in watts and the seconds it is over (Skiba 2007; start from rest).

    power_w (n > 0) without NaN; t (n) the second of each, ascending. In a gap the weighted mean decays and
    its seconds count, until it is negligible: a gap is not skipped.
    """
    from momentum.training import kernels

    seconds = np.arange(power_w.size) if t is None else t
    keep = XPOWER_TAU_S / (XPOWER_TAU_S + 1.0)
    total, count = kernels.xpower_fourths(power_w, seconds, keep, XPOWER_NEGLIGIBLE_W)
    return float((total / count) ** 0.25), float(count)
