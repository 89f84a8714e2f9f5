"""Series over days, as the tests of the SQL models hold them to be: plain, slow enough, beyond doubt.

All take load (n), one a local day from the athlete's first, rest days 0, and give (n). "Null" is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants_of_periods import ACUTE_D, ATL_TAU_D, CHRONIC_D, CTL_TAU_D, MONOTONY_D, RAMP_D

Series = NDArray[np.float64]


def decayed(load: Series, tau_d: float, seed: float = 0.0) -> Series:
    """y += (1 - exp(-1/tau)) * (load - y), y before the first day is `seed`.

    The conventions 1/tau and 2/(N+1) are other series: they miss by whole points and can turn form's sign.
    """
    gain = 1.0 - math.exp(-1.0 / tau_d)
    series = np.empty(load.size)
    value = seed
    for day, of_day in enumerate(load):
        value += gain * (of_day - value)
        series[day] = value
    return series


def ctl(load: Series, seed: float = 0.0) -> Series:
    """Fitness."""
    return decayed(load, CTL_TAU_D, seed)


def atl(load: Series, seed: float = 0.0) -> Series:
    """Fatigue."""
    return decayed(load, ATL_TAU_D, seed)


def tsb(ctl_series: Series, atl_series: Series, ctl_seed: float = 0.0, atl_seed: float = 0.0) -> Series:
    """Form in the morning: CTL(d-1) - ATL(d-1); on the first day that of the seeds."""
    return np.concatenate(([ctl_seed - atl_seed], (ctl_series - atl_series)[:-1]))[: ctl_series.size]


def tsb_evening(ctl_series: Series, atl_series: Series) -> Series:
    """CTL(d) - ATL(d)."""
    return ctl_series - atl_series


def ramp_rate(ctl_series: Series, ctl_seed: float = 0.0) -> Series:
    """CTL(d) - CTL(d-7); before the first day CTL stood at its seed."""
    before = np.concatenate((np.full(RAMP_D, ctl_seed), ctl_series))[: ctl_series.size]
    return ctl_series - before


def _window_sum(load: Series, days: int) -> Series:
    """Sum of the day and the days - 1 before it, as far as there are any."""
    return np.array([load[max(0, day - days + 1) : day + 1].sum() for day in range(load.size)])


def _ratio(acute: Series, chronic: Series) -> Series:
    """Null on the first 27 days, and where the chronic load is 0."""
    defined = (np.arange(acute.size) >= CHRONIC_D - 1) & (chronic > 0)
    return np.divide(acute, chronic, out=np.full(acute.size, np.nan), where=defined)


def acwr(load: Series) -> Series:
    """Mean of 7 days over mean of 28, those 7 among them (coupled). A description, not a risk of injury."""
    return _ratio(_window_sum(load, ACUTE_D) / ACUTE_D, _window_sum(load, CHRONIC_D) / CHRONIC_D)


def acwr_uncoupled(load: Series) -> Series:
    """Mean of 7 days over the mean of the 21 before them (days d-27 to d-7)."""
    acute = _window_sum(load, ACUTE_D)
    before = np.array([load[max(0, day - CHRONIC_D + 1) : max(0, day - ACUTE_D + 1)].sum() for day in range(load.size)])
    return _ratio(acute / ACUTE_D, before / (CHRONIC_D - ACUTE_D))


def acwr_ewma(load: Series) -> Series:
    """Exponential means of 7 over 28 days, lambda 2/(N+1), both from the first load on. Williams 2017."""
    return _ratio(_ewma(load, ACUTE_D), _ewma(load, CHRONIC_D))


def _ewma(load: Series, days: int) -> Series:
    weight = 2.0 / (days + 1)
    series = load.astype(np.float64, copy=True)
    for day in range(1, load.size):
        series[day] = weight * load[day] + (1.0 - weight) * series[day - 1]
    return series


def monotony(load: Series) -> tuple[Series, list[str]]:
    """Mean over sample SD of 7 days, rest days 0, and why it is null. Foster 1998.

    Null with a reason: "fewer than 7 days"; "no load" for seven days of rest; "constant load" where
    all seven are the same, the most monotonous week there is, for which the formula has no number. The
    same means equal to the last digit: a computed SD of 1e-15 is no variation.
    """
    series = np.full(load.size, np.nan)
    reasons = []
    for day in range(load.size):
        week = load[max(0, day - MONOTONY_D + 1) : day + 1]
        if week.size < MONOTONY_D:
            reasons.append("fewer than 7 days")
        elif week.max() == week.min():
            reasons.append("constant load" if week.max() > 0 else "no load")
        else:
            reasons.append("")
            series[day] = week.mean() / week.std(ddof=1)
    return series, reasons


def strain(load: Series) -> Series:
    """Sum of 7 days times monotony; null with it."""
    return _window_sum(load, MONOTONY_D) * monotony(load)[0]


def source_changed(sources: Sequence[Sequence[str]]) -> list[bool]:
    """Whether a day's sources of load differ from the last training day's: a false step in CTL may follow.

    sources: per day, empty on rest days, on which nothing changes.
    """
    changed = []
    last: frozenset[str] = frozenset()
    for of_day in sources:
        now = frozenset(of_day)
        changed.append(bool(now and last and now != last))
        last = now or last
    return changed
