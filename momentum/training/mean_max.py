"""The mean-maximal curve: best mean per duration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import DURATIONS_S

# Values that are not whole numbers are counted in units of 2^-28: a rounding of 2e-9, and room for
# 3000 W over four months.
_FINE = 2.0**28


def mean_max(
    values: NDArray[np.float64],
    durations_s: NDArray[np.int64] | None = None,
    t: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Best mean of `values` over every duration, efforts that start at the first sample included.

    values (n): one a second, not negative, NaN counts as 0. durations_s (k): ascending, by default
    DURATIONS_S. t (n): the second of each value, ascending; left out where they follow each other without
    a gap. A stop counts as 0 for its whole length, so a long effort with a halt is not flattered.
    Returns (j <= k): as far as the recording lasts. Exact where values are whole numbers.
    """
    durations = np.asarray(DURATIONS_S if durations_s is None else durations_s, dtype=np.int64)
    if values.size == 0:
        return np.empty(0)
    if np.any(durations < 1):
        raise ValueError("durations must be at least 1 s")
    from momentum.training import kernels

    seconds = np.arange(values.size) if t is None else t - t[0]
    durations = durations[: np.searchsorted(durations, seconds[-1] + 1, side="right")]
    prefix, unit = _prefix_sums(np.nan_to_num(values, nan=0.0))
    best = np.empty(durations.size, dtype=prefix.dtype)
    if seconds[-1] + 1 == values.size:
        kernels.mean_max_contiguous(prefix, durations, best)
    else:
        kernels.mean_max_with_stops(prefix, seconds, durations, best)
    return best / durations / unit


def _prefix_sums(values: NDArray[np.float64]) -> tuple[NDArray, float]:
    """Sums from 0 up to each value as integers, which add without error in any order, and their unit."""
    whole = np.array_equal(values, np.rint(values))
    unit = 1.0 if whole else _FINE
    sums = np.zeros(values.size + 1, dtype=np.int64)
    np.cumsum(np.rint(values * unit), out=sums[1:], dtype=np.int64)
    return (sums.astype(np.int32) if sums[-1] < 2**31 else sums), unit
