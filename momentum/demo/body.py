"""An athlete's abilities on a day, and the heart that follows an effort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from momentum.demo.signals import lagged, noise

HEART_LAG_S = 28.0  # time constant of heart rate after a step in effort
DRIFT_PER_HOUR = 0.045  # of the reserve in use, from the 20th minute on
UNLOADED_BPM = 32.0  # above rest: moving without effort
_RECOVERY, _STANDING_BPM = 0.8, 22.0  # share of the way down to standing, above rest, after a long stop


@dataclass(frozen=True)
class Form:
    """What the athlete can do on one day. Zero where a sport is not done."""

    ftp_w: float
    threshold_speed_mps: float
    css_mps: float
    lthr_bpm: float
    resting_hr_bpm: float
    max_hr_bpm: float
    weight_kg: float


def heart_rate(rng: Generator, form: Form, effort: NDArray, stops: NDArray, stopped_s: NDArray) -> NDArray:
    """Heart rate (n,) of an effort (n,) at 1 Hz, as a share of threshold.

    It lags behind, drifts upwards over hours, falls in a stop (indices `stops`, lengths `stopped_s`),
    meets LTHR at effort 1 and never passes the maximum.
    """
    n = len(effort)
    base = form.resting_hr_bpm + UNLOADED_BPM + rng.normal(0, 2)
    hours = np.maximum(np.arange(n) - 1200, 0) / 3600
    rate = base + (form.lthr_bpm - base) * lagged(effort, HEART_LAG_S, start=0.1)
    rate += (rate - form.resting_hr_bpm) * DRIFT_PER_HOUR * hours
    rate += 1.0 * noise(rng, n, 12) + 1.8 * noise(rng, n, 150)
    for index, pause in zip(stops, stopped_s, strict=True):
        fallen = _RECOVERY * (1 - np.exp(-pause / 60)) * np.exp(-np.arange(n - index) / 40)
        rate[index:] -= fallen * (rate[index:] - form.resting_hr_bpm - _STANDING_BPM)
    ceiling = form.max_hr_bpm - 6  # above it the last beats come ever harder
    rate = np.where(rate > ceiling, ceiling + 5 * (1 - np.exp(-(rate - ceiling) / 5)), rate)
    return np.maximum(rate, form.resting_hr_bpm + 8)
