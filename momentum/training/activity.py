"""All metrics of one activity: the columns of `activity_metrics`, from samples, thresholds and the person.

A metric that cannot be had honestly is None, and `notes` says why; nothing is assumed in its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training import activity_by_sport, decoupling, heart_rate, power, w_balance, zones
from momentum.training.constants import BELIEVED, MIN_HR_RESERVE_BPM, MOVING_MPS, TRIMP_WEIGHTS
from momentum.training.load import choose_load
from momentum.training.mean_max import mean_max
from momentum.training.resample import resample
from momentum.training.sheet import Person, Session, Sheet, lasting_s, speed_from_totals
from momentum.training.thresholds import Thresholds

__all__ = ["Person", "Session", "Thresholds", "activity_metrics", "filled"]

_OF_POWER = ("np_w", "intensity_factor", "tss", "xpower_w", "bikescore", "w_prime_min_j", "power_zone_s")
_OF_STEADY_EFFORTS = ("decoupling_pct", "efficiency_factor", "steady_30min_hr_bpm")
_OF_HEART_RATE = ("trimp", "trimp100", "edwards", "lucia", "hr_zone_s")


def activity_metrics(
    session: Session,
    samples: dict[str, NDArray],
    lengths: dict[str, NDArray],
    thresholds: Thresholds,
    person: Person,
    srpe_scale: float | None,
) -> dict[str, object]:
    """The columns of `activity_metrics` but for identifiers, day and version: floats, strings, lists or None.

    samples: "ts" (n) int64 ms ascending and any channels (n) float64 with NaN, see activity_files.decoded;
    may be {}. lengths: pool lengths "elapsed_s", "distance_m" (m); may be {}. thresholds: those of the
    sport and the day. srpe_scale: see load.srpe_scale; None: session RPE counts by convention.
    """
    sheet = filled(session, samples, lengths, thresholds, person)
    load, source, reason = choose_load(sheet.numbers, sheet.reasons, session.sport, person.load_preference, srpe_scale)
    return {
        "sport": session.sport,
        "duration_s": float(session.duration_s),
        "distance_m": session.distance_m,
        "ascent_m": session.ascent_m,
        "load": load,
        "load_source": source,
        "load_reason": reason,
        **sheet.numbers,
        **{name: values.tolist() for name, values in sheet.arrays.items()},
        "threshold_source": _source(thresholds, sheet.used),
        "notes": list(dict.fromkeys([*sheet.reasons.values(), *sheet.remarks])),
    }


def filled(
    session: Session,
    samples: dict[str, NDArray],
    lengths: dict[str, NDArray],
    thresholds: Thresholds,
    person: Person,
) -> Sheet:
    """The metrics of one activity, and a reason for each that is missing; arguments as of `activity_metrics`.

    What only another sport has (rTSS, GOVSS, sTSS) is missing without a reason.
    """
    grid = resample(samples)
    sheet = Sheet(session, grid, thresholds, lasting_s(session, grid.t))
    _averages(sheet)
    watts = _power(sheet)
    beats = _heart_rate(sheet, person)
    adjusted = activity_by_sport.run(sheet, person) if session.sport == "running" else None
    if session.sport == "swimming":
        activity_by_sport.swim(sheet, lengths)
    if watts is not None:
        _output_against_heart_rate(sheet, watts, beats, "power")
    elif adjusted is not None:
        _output_against_heart_rate(sheet, adjusted, beats, "speed")
    else:
        run = session.sport == "running"
        sheet.without("neither power nor running speed" if run else sheet.reasons["np_w"], *_OF_STEADY_EFFORTS)
    _polarised(sheet)
    if session.rpe is None:
        sheet.without("no session RPE", "srpe")
    else:
        sheet.numbers["srpe"] = heart_rate.session_rpe(session.rpe, session.elapsed_s)
    return sheet


def _averages(sheet: Sheet) -> None:
    numbers, channels, session = sheet.numbers, sheet.grid.channels, sheet.session
    for channel, word, mean, top, *others in (
        ("heart_rate_bpm", "heart rate", "avg_hr_bpm", "max_hr_bpm", "hr_held_5s_bpm"),
        ("power_w", "power", "avg_power_w", "max_power_w", "mean_max_w"),
        ("speed_mps", "speed", "avg_speed_mps", "max_speed_mps", "mean_max_speed_mps"),
    ):
        if channel in channels:
            numbers[mean] = float(np.nanmean(channels[channel]))
            numbers[top] = float(np.nanmax(channels[channel]))
        else:
            sheet.without(f"no {word}", mean, top, *others)
    speed = channels.get("speed_mps")
    moving = np.ones(sheet.grid.t.size, dtype=bool) if speed is None else speed >= MOVING_MPS
    overall = speed_from_totals(session, BELIEVED["speed_mps"][1])
    if overall is not None:
        numbers["avg_speed_mps"] = overall
        sheet.reasons.pop("avg_speed_mps", None)
    elif speed is not None and moving.any():
        numbers["avg_speed_mps"] = float(np.mean(speed[moving]))
    if speed is not None:
        sheet.arrays["mean_max_speed_mps"] = mean_max(speed, t=sheet.grid.t)
    cadence = channels.get("cadence_rpm")
    if cadence is None:
        sheet.without("no cadence", "avg_cadence_rpm")
    elif np.any(turning := moving & (cadence > 0)):
        numbers["avg_cadence_rpm"] = float(np.mean(cadence[turning]))
    else:
        sheet.without("cadence is 0 while moving", "avg_cadence_rpm")


def _power(sheet: Sheet) -> NDArray[np.float64] | None:
    """Power on the rows where it is trusted, None where it is not."""
    watts = sheet.grid.channels.get("power_w")
    if watts is not None and not np.any(watts > 0):
        sheet.without("power is 0 throughout", *_OF_POWER, "mean_max_w")
        return None
    if watts is not None:
        sheet.arrays["mean_max_w"] = mean_max(watts, t=sheet.grid.t)
    there = sheet.covered("power_w", "power", *_OF_POWER)
    if watts is None or there is None:
        return None
    known, t = watts[there], sheet.grid.t[there]
    numbers = sheet.numbers
    np_w = power.normalised_power(known)
    numbers["np_w"] = np_w
    xpower_w, xpower_s = power.xpower(known, t)
    numbers["xpower_w"] = xpower_w
    if ftp := sheet.known(("ftp_w",), "intensity_factor", "tss", "power_zone_s"):
        numbers["intensity_factor"] = np_w / ftp[0]
        numbers["tss"] = power.stress_score(np_w, known.size, ftp[0])
        sheet.arrays["power_zone_s"] = zones.power_zone_seconds(known, ftp[0])
    if critical := sheet.known(("critical_power_w",), "bikescore"):
        numbers["bikescore"] = power.stress_score(xpower_w, xpower_s, critical[0])
    if limits := sheet.known(("critical_power_w", "w_prime_j"), "w_prime_min_j"):
        numbers["w_prime_min_j"] = float(w_balance.differential(known, limits[0], limits[1], t).min())
    return watts


def _heart_rate(sheet: Sheet, person: Person) -> NDArray[np.float64] | None:
    """Heart rate on the rows where it covers enough, None where it does not."""
    beats = sheet.grid.channels.get("heart_rate_bpm")
    if beats is not None:
        held = heart_rate.held_heart_rate(beats, sheet.grid.t, sheet.grid.channels.get("cadence_rpm"))
        sheet.numbers["hr_held_5s_bpm"] = held
        if held is None:
            sheet.without("no heart rate held 5 s that can be believed", "hr_held_5s_bpm")
    there = sheet.covered("heart_rate_bpm", "heart rate", *_OF_HEART_RATE)
    if beats is None or there is None:
        return None
    known = beats[there]
    if limits := sheet.known(("resting_hr_bpm", "max_hr_bpm"), "trimp", "trimp100"):
        _trimp(sheet, known, limits[0], limits[1], person.sex)
    if top := sheet.known(("max_hr_bpm",), "edwards"):
        sheet.numbers["edwards"] = heart_rate.edwards(known, *top)
    if phases := sheet.known(("vt1_bpm", "vt2_bpm"), "lucia"):
        sheet.numbers["lucia"] = heart_rate.lucia(known, min(phases), max(phases))
    if lthr := sheet.known(("lthr_bpm",), "hr_zone_s"):
        sheet.arrays["hr_zone_s"] = zones.hr_zone_seconds(known, *lthr)
    return beats


def _trimp(sheet: Sheet, beats: NDArray[np.float64], rest: float, top: float, sex: str) -> None:
    if top - rest < MIN_HR_RESERVE_BPM:
        sheet.without("max_hr_bpm not well above resting_hr_bpm", "trimp", "trimp100")
        return
    score = heart_rate.trimp(beats, rest, top, sex)
    sheet.numbers["trimp"] = score
    if sex not in TRIMP_WEIGHTS:
        sheet.remarks.append("sex unknown: TRIMP is the mean of both weights")
    if lthr := sheet.known(("lthr_bpm",), "trimp100"):
        if lthr[0] > rest:
            sheet.numbers["trimp100"] = heart_rate.trimp100(score, lthr[0], rest, top, sex)
        else:
            sheet.without("lthr_bpm not above resting_hr_bpm", "trimp100")


def _output_against_heart_rate(
    sheet: Sheet, output: NDArray[np.float64], beats: NDArray[np.float64] | None, kind: str
) -> None:
    """Decoupling, efficiency factor and the evidence for LTHR; output (power or grade-adjusted speed) on all rows."""
    metrics = ("decoupling_pct", "efficiency_factor")
    if beats is None:
        sheet.without(sheet.reasons["edwards"], *_OF_STEADY_EFFORTS)
        return
    held = sheet.numbers["hr_held_5s_bpm"]
    if held is None:
        sheet.without(sheet.reasons["hr_held_5s_bpm"], "steady_30min_hr_bpm")
    else:
        top = max(held, sheet.thresholds.max_hr_bpm or 0.0)
        steady = decoupling.steady_effort_heart_rate(output, beats, sheet.grid.t, kind, top)
        sheet.numbers["steady_30min_hr_bpm"] = steady
        if steady is None:
            sheet.without("no half hour that is steady and may be all out", "steady_30min_hr_bpm")
    both = ~np.isnan(output) & ~np.isnan(beats)
    worked, beating = output[both], beats[both]
    if not decoupling.is_steady(worked, kind):
        sheet.without("not a steady effort of 20 min", *metrics)
        return
    mean_output = power.normalised_power(worked) if kind == "power" else float(np.mean(worked))
    sheet.numbers["decoupling_pct"] = decoupling.decoupling_pct(worked, beating)
    if sheet.numbers["decoupling_pct"] is None:
        sheet.without(f"no {kind} in the first half", "decoupling_pct")
    sheet.numbers["efficiency_factor"] = mean_output / float(np.mean(beating))


def _polarised(sheet: Sheet) -> None:
    """Three zones: by ventilatory thresholds where set, else Coggan's zones of power, else of heart rate, merged."""
    arrays = sheet.arrays
    if sheet.numbers["lucia"] is not None:
        bounds = np.sort([sheet.thresholds.vt1_bpm, sheet.thresholds.vt2_bpm])
        arrays["polarised_zone_s"] = zones.zone_seconds(sheet.grid.channels["heart_rate_bpm"], bounds)
        return
    merged = next((arrays[name] for name in ("power_zone_s", "hr_zone_s") if arrays[name].size), None)
    if merged is not None:
        arrays["polarised_zone_s"] = zones.merged_to_three(merged)
    else:
        sheet.without(sheet.reasons["hr_zone_s"], "polarised_zone_s")


def _source(thresholds: Thresholds, used: set[str]) -> str:
    """set, or estimated where any value that went into a figure is an estimate; "" where none did."""
    if not used:
        return ""
    estimated = thresholds.estimated or (thresholds.known.keys() if thresholds.source == "estimated" else set())
    return "estimated" if used & set(estimated) else "set"
