"""Time in zones, and what a distribution over three of them is called."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import HR_ZONES, POWER_ZONES
from momentum.training.constants_of_periods import POLARISATION_EMPTY_ZONE, POLARISED_ABOVE


def zone_seconds(values: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds in each of the k + 1 zones between k ascending bounds; values (n), one a second, NaN in none.

    A value on a bound belongs to the zone above.
    """
    known = values[~np.isnan(values)]
    return np.bincount(np.searchsorted(bounds, known, side="right"), minlength=bounds.size + 1).astype(np.float64)


def power_zone_seconds(power_w: NDArray[np.float64], ftp_w: float) -> NDArray[np.float64]:
    """Seconds in Coggan's seven zones of FTP."""
    return zone_seconds(power_w, np.array(POWER_ZONES) * ftp_w)


def hr_zone_seconds(heart_rate_bpm: NDArray[np.float64], lthr_bpm: float) -> NDArray[np.float64]:
    """Seconds in Coggan's five zones of threshold heart rate."""
    return zone_seconds(heart_rate_bpm, np.array(HR_ZONES) * lthr_bpm)


def merged_to_three(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seiler's three zones out of Coggan's five or seven: up to endurance, tempo and threshold, above."""
    return np.array([seconds[:2].sum(), seconds[2:4].sum(), seconds[4:].sum()])


def polarisation_index(low: float, middle: float, high: float) -> float | None:
    """log10(Z1 / Z2 * Z3 * 100) with Z as fractions of time; any unit in. Treff et al. 2019.

    Z3 = 0 gives 0. Where Z2 = 0, Treff's second equation lends it 0.01 of Z3. None where it is not
    defined: no time at all, or none in zone 1.
    """
    total = low + middle + high
    if not total > 0 or not low / total > 0:
        return None
    z1, z2, z3 = low / total, middle / total, high / total
    if z2 == 0:
        z2, z3 = POLARISATION_EMPTY_ZONE, z3 - POLARISATION_EMPTY_ZONE
    if z3 <= 0:
        return 0.0
    return math.log10(z1) - math.log10(z2) + math.log10(z3) + 2.0


def distribution(seconds: Sequence[float]) -> str:
    """What a distribution over three zones is called; "" for no time at all.

    polarised: index above 2.00 and Z1 > Z3 > Z2 (Treff 2019); the same order below it is weakly
    polarised; pyramidal: Z1 > Z2 > Z3; threshold, high intensity: most time in zone 2 or 3; low
    intensity: all of it in zone 1; mixed: anything else.
    """
    low, middle, high = seconds
    index = polarisation_index(low, middle, high)
    named = (
        (low + middle + high <= 0, ""),
        (middle == 0 and high == 0, "low intensity"),
        (low > high > middle, "polarised" if index is not None and index > POLARISED_ABOVE else "weakly polarised"),
        (low > middle > high, "pyramidal"),
        (middle > max(low, high), "threshold"),
        (high > max(low, middle), "high intensity"),
    )
    return next((name for holds, name in named if holds), "mixed")
