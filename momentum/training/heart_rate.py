"""Heart rate: TRIMP in its variants, and what it tells about the athlete's limits.

All take heart_rate_bpm (n), one a second, without NaN unless it is said; times are minutes of that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import (
    CADENCE_LOCK_BPM,
    CADENCE_LOCK_S,
    EDWARDS_BOUNDS,
    HELD_S,
    LUCIA_WEIGHTS,
    MAX_HR_EVIDENCE_BPM,
    SPIKE_BACK_BPM,
    SPIKE_LASTS_S,
    SPIKE_RISE_BPM,
    SPIKE_WITHIN_S,
    TRIMP_WEIGHTS,
)


def reserve_fraction(heart_rate_bpm: NDArray[np.float64], rest_bpm: float, max_bpm: float) -> NDArray[np.float64]:
    """(HR - rest) / (max - rest), clipped at 0."""
    return np.maximum((heart_rate_bpm - rest_bpm) / (max_bpm - rest_bpm), 0.0)


def trimp(heart_rate_bpm: NDArray[np.float64], rest_bpm: float, max_bpm: float, sex: str) -> float:
    """Banister's TRIMP summed over the samples: minutes * x * a * exp(b * x).

    Morton, Fitz-Clarke & Banister 1990. The sampled form, not the session's average: over the same
    samples it is never smaller. sex: "m", "f"; for any other the mean of both results.
    """
    x = reserve_fraction(heart_rate_bpm, rest_bpm, max_bpm)
    weights = [TRIMP_WEIGHTS[sex]] if sex in TRIMP_WEIGHTS else list(TRIMP_WEIGHTS.values())
    return float(np.mean([a * np.sum(x * np.exp(b * x)) for a, b in weights])) / 60.0


def trimp100(trimp_score: float, lthr_bpm: float, rest_bpm: float, max_bpm: float, sex: str) -> float:
    """TRIMP on the scale where an hour at threshold heart rate is 100. (TrainingPeaks' hrTSS is not public.)"""
    a_second = trimp(np.array([lthr_bpm]), rest_bpm, max_bpm, sex)
    return 100.0 * trimp_score / (3600.0 * a_second)


def edwards(heart_rate_bpm: NDArray[np.float64], max_bpm: float) -> float:
    """Minutes in 50-60, ... 90-100 % of HRmax times 1 to 5; below 50 % counts 0, above 100 % as 5. Edwards 1993."""
    zone = np.searchsorted(np.array(EDWARDS_BOUNDS) * max_bpm, heart_rate_bpm, side="right")
    return float(np.sum(zone)) / 60.0


def lucia(heart_rate_bpm: NDArray[np.float64], vt1_bpm: float, vt2_bpm: float) -> float:
    """Minutes below VT1, between, above VT2, times 1, 2, 3. Lucia et al., MSSE 2003;35:872-878."""
    phase = np.searchsorted(np.array([vt1_bpm, vt2_bpm]), heart_rate_bpm, side="right")
    return float(np.sum(np.array(LUCIA_WEIGHTS)[phase])) / 60.0


def session_rpe(rpe: float, elapsed_s: float) -> float:
    """CR-10 times minutes of the whole session, rests included. Foster 2001."""
    return rpe * elapsed_s / 60.0


def held_heart_rate(
    heart_rate_bpm: NDArray[np.float64], t: NDArray[np.int64], cadence_rpm: NDArray[np.float64] | None
) -> float | None:
    """Highest heart rate held HELD_S seconds, spikes and cadence lock left out; None without.

    heart_rate_bpm, cadence_rpm (n) with NaN where missing; t (n) the second of each row.
    """
    from momentum.training import kernels

    bad = heart_rate_bpm > MAX_HR_EVIDENCE_BPM
    kernels.mark_spikes(heart_rate_bpm, SPIKE_RISE_BPM, SPIKE_WITHIN_S, SPIKE_BACK_BPM, SPIKE_LASTS_S, bad)
    if cadence_rpm is not None:
        bad |= cadence_locked(heart_rate_bpm, cadence_rpm)
    held = kernels.highest_held(np.where(bad, np.nan, heart_rate_bpm), t, HELD_S)
    return None if np.isnan(held) else float(held)


def cadence_locked(heart_rate_bpm: NDArray[np.float64], cadence_rpm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where heart rate equals cadence, or steps, for CADENCE_LOCK_S: the sensor follows the arms. NaN is no lock."""
    locked = np.zeros(heart_rate_bpm.size, dtype=bool)
    for beat in (cadence_rpm, 2.0 * cadence_rpm):
        same = np.abs(heart_rate_bpm - beat) <= CADENCE_LOCK_BPM
        edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])))).reshape(-1, 2)
        for start, end in edges[edges[:, 1] - edges[:, 0] >= CADENCE_LOCK_S]:
            locked[start:end] = True
    return locked
