"""Running: the cost of slopes (Minetti), rTSS, and Skiba's power and GOVSS.

Walking and hiking are left out on purpose: Minetti's cost of walking is another curve, and a threshold
speed is a runner's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import (
    AIR_DENSITY,
    DRAG,
    FRONTAL_AREA,
    GOVSS_POWER_WINDOW_S,
    GOVSS_SPEED_WINDOW_S,
    MAX_SLOPE,
    MINETTI,
    MINETTI_FLAT,
    RUNNING_EFFICIENCY,
    SLOPE_MIN_RUN_M,
    SLOPE_WINDOW_S,
)
from momentum.training.power import fourth_power_mean, rolling_mean, stress_score


def minetti_cost(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy cost of running, J/kg/m, at a slope (rise over run), clamped to +-0.45. Minetti et al. 2002."""
    return np.asarray(np.polyval(MINETTI, np.clip(slope, -MAX_SLOPE, MAX_SLOPE)), dtype=np.float64)


def slopes(
    speed_mps: NDArray[np.float64], altitude_m: NDArray[np.float64] | None, t: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Slope at each second: rise over run of the SLOPE_WINDOW_S around it, which is a 30 s smoothing.

    speed_mps (n) without NaN, altitude_m (n) with NaN where missing (bridged), t (n) the second of each.
    Flat where there is no altitude, and where nobody moves. Height won over a stop (a lift) is no climb.
    """
    flat = np.zeros(speed_mps.size)
    if altitude_m is None:
        return flat
    known = np.flatnonzero(~np.isnan(altitude_m))
    if known.size < 2:
        return flat
    altitude = np.interp(np.arange(altitude_m.size), known, altitude_m[known])
    rise = np.concatenate(([0.0], np.cumsum(np.where(np.diff(t) == 1, np.diff(altitude), 0.0))))
    run = np.concatenate(([0.0], np.cumsum(speed_mps[1:])))
    row = np.arange(speed_mps.size)
    first = np.maximum(row - SLOPE_WINDOW_S // 2, 0)
    last = np.minimum(row + SLOPE_WINDOW_S // 2, row.size - 1)
    length = run[last] - run[first]
    slope = np.divide(rise[last] - rise[first], length, out=flat, where=length >= SLOPE_MIN_RUN_M)
    return np.clip(slope, -MAX_SLOPE, MAX_SLOPE)


def grade_adjusted_speed(speed_mps: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """The speed on the flat that costs as much: v * C(i) / 3.6. (TrainingPeaks' polynomial is not public.)"""
    return speed_mps * minetti_cost(slope) / MINETTI_FLAT


def rtss(mean_speed_mps: float, moving_s: float, threshold_speed_mps: float) -> float:
    """100 * hours * (NGS / threshold speed)^2; NGS is the mean grade-adjusted speed over moving time."""
    return 100.0 * moving_s / 3600.0 * (mean_speed_mps / threshold_speed_mps) ** 2


def running_power(
    speed_mps: NDArray[np.float64],
    slope: NDArray[np.float64],
    weight_kg: float,
    height_m: float,
    previous_speed_mps: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Skiba's running power in watts (GOVSS, 2006): air, acceleration over that second's distance, slope.

    Arrays (n), or scalars in arrays. previous_speed_mps left out: steady speed.
    """
    factor, height_power, weight_power, share = FRONTAL_AREA
    area = factor * height_m**height_power * weight_kg**weight_power * share
    air = 0.5 * AIR_DENSITY * DRAG * area * speed_mps**2 / weight_kg
    kinetic = np.zeros_like(speed_mps)
    if previous_speed_mps is not None:
        gained = 0.5 * (speed_mps**2 - previous_speed_mps**2)
        np.divide(gained, speed_mps, out=kinetic, where=speed_mps > 0)
    base, per_speed, loss, top_speed = RUNNING_EFFICIENCY
    efficiency = (base + per_speed * speed_mps) * (1.0 - loss * speed_mps / top_speed)
    return (air + kinetic + minetti_cost(slope) * efficiency) * speed_mps * weight_kg


def govss(
    speed_mps: NDArray[np.float64],
    slope: NDArray[np.float64],
    weight_kg: float,
    height_m: float,
    threshold_speed_mps: float,
) -> float:
    """GOVSS: 100 for an hour at the power of threshold speed on the flat. Skiba 2006.

    speed_mps, slope (n > 0), one a second. Windows of 120 s and 30 s start partial, and the first speed
    before the start is 0, as in GoldenCheetah.
    """
    speed = rolling_mean(speed_mps, GOVSS_SPEED_WINDOW_S)
    before = np.concatenate(([0.0], speed[:-1]))
    watts = running_power(speed, rolling_mean(slope, GOVSS_SPEED_WINDOW_S), weight_kg, height_m, before)
    lactate_normalised = fourth_power_mean(rolling_mean(watts, GOVSS_POWER_WINDOW_S))
    threshold = running_power(np.array([threshold_speed_mps]), np.zeros(1), weight_kg, height_m)[0]
    return stress_score(lactate_normalised, speed.size, float(threshold))
