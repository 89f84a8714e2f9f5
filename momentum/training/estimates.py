"""Thresholds by evidence, from an athlete's earlier activities. No evidence, no value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import (
    CP_EFFORTS_S,
    CP_MAX_SE,
    CP_MIN_EFFORTS,
    CP_MIN_SPREAD,
    DURATIONS_S,
    EVIDENCE_DAYS,
    FTP_EFFORT_S,
    FTP_MIN_ACTIVITIES,
    FTP_OF_20_MIN,
    LTHR_SHARE_OF_MAX,
    W_PRIME_MAX_SE,
)
from momentum.training.thresholds import Thresholds, with_source

_DURATIONS = np.array(DURATIONS_S)
_SHORTEST, _LONGEST = CP_EFFORTS_S
_EFFORTS = np.flatnonzero((_DURATIONS >= _SHORTEST) & (_DURATIONS <= _LONGEST))
_TWENTY_MIN = int(np.searchsorted(_DURATIONS, FTP_EFFORT_S))

Evidence = Mapping[str, NDArray]


def estimate_thresholds(
    evidence: Evidence, on_day: int, sport: str = "", *, max_hr_bpm: float | None = None
) -> tuple[Thresholds, dict[str, str]]:
    """Estimates for a day, and per value what it rests on (or, for FTP and speeds, why there is none).

    evidence: columns over the athlete's activities, in any order: "local_date" (n) int days since 1970,
    "sport" (n) str, "mean_max_w" and "mean_max_speed_mps" (n, len(DURATIONS_S)) with NaN beyond the
    activity's end, "hr_held_5s_bpm", "steady_30min_hr_bpm" (n) with NaN, "is_test" (n) bool: on the day of
    a marked race or test. Only activities before `on_day` and within EVIDENCE_DAYS count.
    sport: whose power, speed and threshold heart rate are wanted; "": power of cycling, speed of running and
    of swimming, threshold heart rate of all. HRmax is of all sports.
    max_hr_bpm: HRmax as it was set, if it was: what is near it is then measured by it, not by the estimate.

    HRmax: the highest value held 5 s in at least two activities. LTHR: the last 20 of a steady
    30 min (Friel), of a marked test, or at 88 % of HRmax and more in at least two activities; of other sports
    where this one has none. FTP: critical power, else 95 % of the best 20 min (unmarked ones of cycling
    only: few run or row 20 min all out in training, and the load of the easy ones would be inflated).
    Threshold speed and CSS: critical speed of marked efforts.
    """
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    age = on_day - evidence["local_date"]
    of_sport = evidence["sport"] == sport if sport else np.ones(age.size, dtype=bool)

    def recent(name: str) -> NDArray[np.bool_]:
        return (age > 0) & (age <= EVIDENCE_DAYS[name])

    _max_heart_rate(evidence, recent("max_hr_bpm"), values, reasons)
    top_bpm = max_hr_bpm if max_hr_bpm is not None else values.get("max_hr_bpm", np.inf)
    _threshold_heart_rate(evidence, recent("lthr_bpm") & of_sport, top_bpm, values, reasons)
    if sport and "lthr_bpm" not in values:
        _threshold_heart_rate(evidence, recent("lthr_bpm") & ~of_sport, top_bpm, values, reasons)
        reasons["lthr_bpm"] += ", in other sports" if "lthr_bpm" in values else ""
    powered = recent("ftp_w") & (of_sport if sport else evidence["sport"] == "cycling")
    _power(evidence, powered, sport in ("", "cycling"), values, reasons)
    for name, speed_sport in (("threshold_speed_mps", "running"), ("css_mps", "swimming")):
        if sport in ("", speed_sport):
            marked = recent("critical_speed") & (evidence["sport"] == speed_sport) & evidence["is_test"]
            _critical_speed(evidence, marked, name, values, reasons)
    return with_source(Thresholds(**values, estimated=frozenset(values))), reasons  # type: ignore[arg-type]


def _told_day(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(day))).isoformat()


def _second_highest(values: NDArray[np.float64], days: NDArray[np.int64]) -> tuple[float, str]:
    """The value that two activities reached, and what it rests on: both with their days."""
    second, first = np.lexsort((days, values))[-2:]
    told = [f"{values[one]:.0f} bpm on {_told_day(days[one])}" for one in (second, first)]
    return float(values[second]), f"{told[0]}, second of {values.size} activities (highest {told[1]})"


def _max_heart_rate(
    evidence: Evidence, rows: NDArray[np.bool_], values: dict[str, float], reasons: dict[str, str]
) -> None:
    held, days = evidence["hr_held_5s_bpm"], evidence["local_date"]
    rows = rows & ~np.isnan(held)
    if np.count_nonzero(rows) < 2:
        reasons["max_hr_bpm"] = "no value: two activities with heart rate needed"
        return
    values["max_hr_bpm"], told = _second_highest(held[rows], days[rows])
    reasons["max_hr_bpm"] = f"held 5 s: {told}"


def _threshold_heart_rate(
    evidence: Evidence, rows: NDArray[np.bool_], top_bpm: float, values: dict[str, float], reasons: dict[str, str]
) -> None:
    steady = evidence["steady_30min_hr_bpm"]
    rows = rows & ~np.isnan(steady)
    tests = np.flatnonzero(rows & evidence["is_test"])
    if tests.size:
        newest = tests[np.argmax(evidence["local_date"][tests])]
        values["lthr_bpm"] = float(steady[newest])
        marked = _told_day(evidence["local_date"][newest])
        reasons["lthr_bpm"] = f"last 20 of a steady 30 min, marked: {steady[newest]:.0f} bpm on {marked}"
        return
    hard = rows & (steady >= LTHR_SHARE_OF_MAX * top_bpm)
    if np.count_nonzero(hard) < 2:
        reasons["lthr_bpm"] = "no value: a marked steady 30 min, or two near HRmax, needed"
        return
    values["lthr_bpm"], told = _second_highest(steady[hard], evidence["local_date"][hard])
    reasons["lthr_bpm"] = f"last 20 of a steady 30 min, unmarked: {told}"


def _power(
    evidence: Evidence, rows: NDArray[np.bool_], ridden: bool, values: dict[str, float], reasons: dict[str, str]
) -> None:
    watts = evidence["mean_max_w"][rows]
    fit, why = critical_power(watts[:, _EFFORTS], evidence["local_date"][rows])
    if fit is not None:
        values["critical_power_w"], values["w_prime_j"] = fit
        values["ftp_w"] = fit[0]
        reasons["critical_power_w"] = reasons["w_prime_j"] = reasons["ftp_w"] = f"critical power of {why}"
        return
    reasons["critical_power_w"] = reasons["w_prime_j"] = f"no value: {why}"
    best = watts[:, _TWENTY_MIN]
    lasting = np.flatnonzero(best > 0)
    marked = bool(np.any(evidence["is_test"][rows][lasting]))
    if not marked and not (ridden and lasting.size >= FTP_MIN_ACTIVITIES):
        wanted = f"activities with power for 20 min: {lasting.size} of {FTP_MIN_ACTIVITIES} needed"
        reasons["ftp_w"] = f"no value: {why}; {wanted if ridden else 'no marked 20 min'}"
        return
    top = lasting[np.argmax(best[lasting])]
    values["ftp_w"] = FTP_OF_20_MIN * float(best[top])
    kind = "marked effort among them" if marked else "none of them a marked test"
    day = _told_day(evidence["local_date"][rows][top])
    reasons["ftp_w"] = f"95 % of the best 20 min, {best[top]:.0f} W on {day}, of {lasting.size} activities, {kind}"


def _critical_speed(
    evidence: Evidence, rows: NDArray[np.bool_], name: str, values: dict[str, float], reasons: dict[str, str]
) -> None:
    speeds = evidence["mean_max_speed_mps"][rows][:, _EFFORTS]
    fit, why = critical_power(speeds, evidence["local_date"][rows], "m/s")
    if fit is None:
        reasons[name] = f"no value: marked efforts: {why}"
        return
    values[name] = fit[0]
    reasons[name] = f"critical speed of {why}, marked"


def critical_power(
    best: NDArray[np.float64], days: NDArray[np.int64], unit: str = "W"
) -> tuple[tuple[float, float] | None, str]:
    """Critical power and W' of efforts between 2 and 20 min (with speeds: critical speed and D'), or why not.

    best (n, k): best means over the durations of DURATIONS_S between 2 and 20 min per activity, NaN where
    missing; days (n); unit: in which the efforts are told. Per duration the best of all; one effort a day,
    so that one good day does not confirm itself; the longest and the shortest are taken first.
    """
    chosen, means, on = _one_effort_a_day(best, days)
    if len(chosen) < CP_MIN_EFFORTS:
        return None, f"efforts of 2 to 20 min on different days: {len(chosen)} of {CP_MIN_EFFORTS} needed"
    seconds = _DURATIONS[_EFFORTS][chosen].astype(np.float64)
    if seconds.max() < CP_MIN_SPREAD * seconds.min():
        return None, f"the longest effort is under {CP_MIN_SPREAD:.0f} times the shortest"
    (slope, intercept), (slope_se, intercept_se) = work_time_fit(seconds, means)
    if slope <= 0 or intercept <= 0 or slope_se > CP_MAX_SE * slope:
        return None, f"standard error over {100 * CP_MAX_SE:.0f} %"
    if intercept_se > W_PRIME_MAX_SE * intercept:
        return None, f"standard error of the work above it over {100 * W_PRIME_MAX_SE:.0f} %"
    efforts = ", ".join(
        f"{f'{mean:.0f} W' if unit == 'W' else f'{mean:.2f} {unit}'} for {second:.0f} s on {_told_day(day)}"
        for mean, second, day in zip(means, seconds, on, strict=True)
    )
    return (slope, intercept), f"{len(chosen)} efforts on different days: {efforts}"


def _one_effort_a_day(
    best: NDArray[np.float64], days: NDArray[np.int64]
) -> tuple[list[int], NDArray[np.float64], NDArray[np.int64]]:
    """Columns of `best` whose best values lie on different days, longest and shortest first choice; values, days."""
    ranked = np.where(best > 0, best, 0.0)
    if ranked.size == 0:
        return [], np.empty(0), np.empty(0, dtype=np.int64)
    holder = np.argmax(ranked, axis=0)
    top = ranked.max(axis=0)
    there = np.flatnonzero(top > 0)
    order = [*there[-1:], *there[:-1]]
    chosen: list[int] = []
    used: set[int] = set()
    for column in order:
        day = int(days[holder[column]])
        if day not in used:
            used.add(day)
            chosen.append(int(column))
    chosen.sort()
    return chosen, top[chosen], days[holder[chosen]]


def work_time_fit(
    seconds: NDArray[np.float64], means: NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Line of work over time: (critical power, W') and their standard errors; 3 efforts and more.

    The linear form of P = CP + W'/t. Other forms of the same model weigh the efforts otherwise and give
    other numbers from the same data.
    """
    work = means * seconds
    centred = seconds - seconds.mean()
    spread = float(centred @ centred)
    slope = float(centred @ work) / spread
    intercept = float(work.mean()) - slope * float(seconds.mean())
    residual = work - slope * seconds - intercept
    variance = float(residual @ residual) / (seconds.size - 2)
    slope_se = (variance / spread) ** 0.5
    intercept_se = (variance * (1.0 / seconds.size + float(seconds.mean()) ** 2 / spread)) ** 0.5
    return (slope, intercept), (slope_se, intercept_se)
