"""What is not believed of a decoded activity: clocks, samples, totals, laps.

Everything is mended in place and told. Nothing is guessed: a total that is not believed is taken from
the samples or becomes None; `plausible_samples` says what becomes of a sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Activity, Columns, Problem
from momentum.activity_files.plausible_samples import (
    STEP_ALLOWANCE_M,
    STEP_SPEED_MPS,
    bound,
    mend_distance,
    tidy,
)

# Nobody pauses one recording for longer; a device that was off for weeks keeps counting, or its clock
# was set meanwhile. The longest block of samples between such gaps is the activity.
CLOCK_JUMP_MS = 24 * 3600 * 1000
# Samples may begin or end this far outside what the summary says before the summary is corrected.
TOTALS_SLACK_S = 60.0
# A summary that goes on this long after the last sample is a device that was left on, not training.
SILENT_END_S = 12 * 3600.0
LONGEST_S = 7 * 86400.0


def clean(activity: Activity) -> list[Problem]:
    """Mend `activity` (and its legs) in place and say what was not believed. Never raises.

    Afterwards samples are int64 `ts` strictly ascending and float64 channels within BOUNDS or NaN,
    channels without a value are gone, times and totals fit the samples.
    """
    if activity.legs:
        return _clean_event(activity)
    problems: list[Problem] = []
    with np.errstate(all="ignore"):
        activity.samples = tidy(activity.samples, problems)
        _drop_other_days(activity, problems)
        bound(activity.samples, problems)
        last_m = mend_distance(activity.samples, problems)
        if (
            last_m is not None
            and activity.distance_m is not None
            and abs(activity.distance_m - last_m) <= 0.01 * last_m
        ):
            # the device's total was the counter that was mended
            activity.distance_m = float(np.nanmax(activity.samples["distance_m"]))
        _drop_empty_channels(activity.samples)
        _mend_totals(activity, problems)
        _clean_lists(activity, problems)
    return problems


def _clean_event(event: Activity) -> list[Problem]:
    problems = [problem for leg in event.legs for problem in clean(leg)]
    event.samples, event.laps, event.rr, event.developer = {}, {}, {}, {}
    event.legs.sort(key=lambda leg: leg.started_at_ms)
    event.started_at_ms = event.legs[0].started_at_ms
    event.elapsed_s = sum(leg.elapsed_s for leg in event.legs)
    distances = [leg.distance_m for leg in event.legs if leg.distance_m is not None]
    event.distance_m = sum(distances) if distances else None
    event.moving_s = _believed(event.moving_s, event.elapsed_s)
    event.ascent_m = _believed(event.ascent_m, math.inf)
    event.rpe = event.rpe if event.rpe is not None and 0 <= event.rpe <= 10 else None
    return problems


def _drop_empty_channels(samples: Columns) -> None:
    for name in [name for name, values in samples.items() if name != "ts" and bool(np.isnan(values).all())]:
        del samples[name]


def _drop_other_days(activity: Activity, problems: list[Problem]) -> None:
    ts = activity.samples.get("ts")
    if ts is None or len(ts) < 2:
        return
    cuts = np.flatnonzero(np.diff(ts) > CLOCK_JUMP_MS) + 1
    if not len(cuts):
        return
    edges = np.concatenate(([0], cuts, [len(ts)]))
    longest = int(np.argmax(np.diff(edges)))
    first, last = int(edges[longest]), int(edges[longest + 1])
    days = float(np.diff(ts).max()) / 86_400_000
    problems.append(Problem("clock jump", f"{len(ts) - last + first} samples up to {days:.1f} days away dropped"))
    activity.samples = {name: values[first:last] for name, values in activity.samples.items()}
    span_s = float(ts[last - 1] - ts[first]) / 1000
    activity.started_at_ms, activity.elapsed_s = int(ts[first]), span_s


def _mend_totals(activity: Activity, problems: list[Problem]) -> None:
    """Start, elapsed and moving time, distance, ascent and RPE that can be true at once."""
    elapsed = activity.elapsed_s
    if not math.isfinite(elapsed) or elapsed < 0:
        problems.append(Problem("elapsed time not believed", f"{elapsed} s"))
        activity.elapsed_s = elapsed = 0.0
    ts = activity.samples.get("ts")
    if ts is not None and len(ts):
        _fit_to_samples(activity, int(ts[0]), int(ts[-1]), problems)
    elif elapsed > LONGEST_S:
        problems.append(Problem("elapsed time not believed", f"{elapsed / 86400:.0f} days without a sample"))
        activity.elapsed_s = _believed(activity.moving_s, LONGEST_S) or 0.0
    moving = activity.moving_s
    activity.moving_s = _believed(moving, activity.elapsed_s + 1)  # devices round the two differently
    if moving is not None and activity.moving_s is None:
        problems.append(Problem("moving time not believed", f"{moving} s of {activity.elapsed_s:.0f} s elapsed"))
    distance = activity.distance_m
    activity.distance_m = _believed(distance, STEP_SPEED_MPS * activity.elapsed_s + STEP_ALLOWANCE_M)
    if distance is not None and activity.distance_m is None:
        problems.append(Problem("distance not believed", f"{distance} m in {activity.elapsed_s:.0f} s"))
    activity.ascent_m = _believed(activity.ascent_m, 50_000.0)
    activity.pool_length_m = _believed(activity.pool_length_m, 200.0, low=5.0)
    activity.rpe = _believed(activity.rpe, 10.0)


def _fit_to_samples(activity: Activity, first_ms: int, last_ms: int, problems: list[Problem]) -> None:
    span_s = (last_ms - first_ms) / 1000
    if activity.moving_s is not None and activity.elapsed_s + TOTALS_SLACK_S < activity.moving_s <= span_s * 1.1 + 60:
        # A device that fills the two fields the other way round; the samples side with the longer one.
        problems.append(Problem("elapsed and moving time swapped", f"{activity.elapsed_s:.0f} s elapsed"))
        activity.elapsed_s, activity.moving_s = activity.moving_s, activity.elapsed_s
    late_s = (activity.started_at_ms - first_ms) / 1000
    if late_s > TOTALS_SLACK_S or late_s < -SILENT_END_S:
        problems.append(Problem("start time not believed", f"{late_s:.0f} s after the first sample"))
        activity.started_at_ms = first_ms
    elif late_s > 0:
        activity.started_at_ms = first_ms
    to_last_s = (last_ms - activity.started_at_ms) / 1000
    if activity.elapsed_s > to_last_s + SILENT_END_S:
        problems.append(Problem("elapsed time not believed", f"goes on {activity.elapsed_s - to_last_s:.0f} s"))
        activity.elapsed_s = to_last_s
    elif activity.elapsed_s < to_last_s:
        # Formats that sum the timer leave pauses out; the last sample is part of the activity.
        activity.elapsed_s = to_last_s


def _believed(value: float | None, high: float, *, low: float = 0.0) -> float | None:
    return value if value is not None and low <= value <= high else None


def _clean_lists(activity: Activity, problems: list[Problem]) -> None:
    """Laps, RR intervals and developer fields: sorted, finite, near the activity."""
    low, high = activity.started_at_ms - CLOCK_JUMP_MS, activity.ended_at_ms + CLOCK_JUMP_MS
    laps, rr, developer = activity.laps, activity.rr, activity.developer
    if laps:
        good = (laps["elapsed_s"] >= 0) & (laps["elapsed_s"] <= LONGEST_S)
        for name in ("distance_m", "swim_strokes"):
            laps[name] = np.where(laps[name] >= 0, laps[name], np.nan)
        activity.laps = _rows(laps, "start", good & _within(laps["start"], low, high), "laps", problems)
        _one_lap_per_start(activity.laps)
    if rr:
        good = (rr["rr_ms"] >= 1) & (rr["rr_ms"] <= 65535)  # FIT's largest
        activity.rr = _rows(rr, "ts", good & _within(rr["ts"], low, high), "RR intervals", problems)
    if developer:
        good = np.isfinite(developer["value"]) & _within(developer["ts"], low, high)
        activity.developer = _rows(developer, "ts", good, "developer fields", problems)


def _within(ts: NDArray, low: int, high: int) -> NDArray:
    return (ts >= low) & (ts <= high)


def _rows(columns: Columns, time: str, good: NDArray, what: str, problems: list[Problem]) -> Columns:
    bad = int((~good).sum())
    if bad:
        problems.append(Problem(f"{what} not believed", f"{bad} of {len(good)}"))
    rows = np.flatnonzero(good)
    rows = rows[np.argsort(columns[time][rows], kind="stable")]
    return {name: values[rows] for name, values in columns.items()} if len(rows) else {}


def _one_lap_per_start(laps: Columns) -> None:
    """Of laps or lengths with one start the longest stays: the others are buttons pressed twice."""
    if not laps:
        return
    order = np.lexsort((-laps["elapsed_s"], laps["start"], laps["kind"]))
    start, kind = laps["start"][order], laps["kind"][order]
    again = np.concatenate(([False], (start[1:] == start[:-1]) & (kind[1:] == kind[:-1])))
    rows = np.sort(order[~again])
    for name in laps:
        laps[name] = laps[name][rows]
