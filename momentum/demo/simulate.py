"""One planned session as a device would have recorded it: an Activity with samples, laps, lengths."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from momentum.activity_files.decoded import Activity, Columns
from momentum.demo import moving, swimming, workouts
from momentum.demo.athletes import Athlete
from momentum.demo.body import Form
from momentum.demo.season import Session, dice
from momentum.demo.signals import Loop, beats, loop, noise

Courses = dict[str, list[Loop]]

TEST_RUN_M, TEST_RUN_INTENSITY = 5000.0, 1.045
TEST_RIDE_S = 1200
_SUB_SPORTS = {"cycling": "road", "running": "street", "swimming": "lap_swimming", "strength": "strength_training"}
_STRUCTURED = ("tempo", "threshold", "vo2", "test")  # the lap button is pressed between steps
_LAP_M = {"cycling": 5000.0, "running": 1000.0, "swimming": 500.0}
_RACE_STEEPNESS = 0.004
_STRENGTH_SAMPLE_S = 30


def courses(athlete: Athlete, seed: int) -> Courses:
    """The athlete's usual loops by sport, shortest first; races are run on a flat one."""
    home = athlete.home
    found: Courses = {}
    for number, (sport, lengths) in enumerate(athlete.course_km.items()):
        steepness = {"race": _RACE_STEEPNESS, "swimming": 0.0001}.get(sport, home.steepness)
        rng = np.random.default_rng([seed, athlete.number, number])
        found[sport] = [
            loop(rng, length_m=km * 1000, lat=home.lat, lon=home.lon, base_m=home.base_m, steepness=steepness)
            for km in lengths
        ]
    return found


def simulate(session: Session, form: Form, usual: Courses, seed: int) -> Activity:
    """The activity of a session by an athlete in a given form."""
    rng = dice(seed, session.athlete, session.day, 1 + session.starts.hour)
    start_ms = round(session.starts.timestamp() * 1000)
    if session.sport == "multisport":
        activity = _triathlon(rng, session, form, usual, start_ms)
    elif session.sport == "strength":
        activity = _strength(rng, session, start_ms)
    elif session.sport == "swimming":
        activity = _pool(rng, session, form, start_ms)
    else:
        activity = _on_a_course(rng, session, form, usual, start_ms)
    offset = session.starts.utcoffset()
    activity.utc_offset_s = round(offset.total_seconds()) if offset else 0
    activity.device, activity.device_serial = session.athlete.device, session.athlete.serial
    for part in activity.legs or [activity]:
        part.samples["temperature_c"] = _temperature(rng, session.starts, part)
    return activity


def measured_test(activity: Activity) -> dict[str, float]:
    """Result of a test: mean power of its best 20 min on the bike, time over the distance on foot."""
    if activity.sport == "cycling":
        sums = np.cumsum(np.concatenate([[0.0], activity.samples["power_w"]]))
        best = (sums[TEST_RIDE_S:] - sums[:-TEST_RIDE_S]).max() / TEST_RIDE_S
        return {"time_s": float(TEST_RIDE_S), "power_w": round(float(best), 1)}
    distance = np.concatenate([[0.0], activity.samples["distance_m"]])
    ends = np.searchsorted(distance, distance + TEST_RUN_M)
    inside = ends < len(distance)
    return {"distance_m": TEST_RUN_M, "time_s": float((ends - np.arange(len(distance)))[inside].min())}


def _on_a_course(rng: Generator, session: Session, form: Form, usual: Courses, start_ms: int) -> Activity:
    sport = session.sport
    seconds, shares = _steps(rng, session, form)
    intensity = np.repeat(shares, seconds)
    distance_m = len(intensity) * (7.6 if sport == "cycling" else 0.78 * form.threshold_speed_mps)
    flat = sport == "running" and session.kind in ("race", "test")
    course = min(usual["race" if flat else sport], key=lambda loop: abs(loop.length_m - distance_m))
    pauses = moving.NO_STOPS if session.race else moving.stops(rng, intensity, long=session.kind == "long")
    samples = (moving.ride if sport == "cycling" else moving.run)(rng, form, intensity, course, pauses)
    ts = start_ms + 1000 * moving.seconds_since_start(len(intensity), pauses)
    boundaries = np.cumsum(seconds)[:-1] if session.kind in _STRUCTURED else None
    activity = _activity(sport, ts, samples, boundaries)
    if session.kind == "test":
        rr_ts, rr_ms = beats(rng, ts, samples["heart_rate_bpm"])
        activity.rr = {"ts": rr_ts, "rr_ms": rr_ms}
    return activity


def _steps(rng: Generator, session: Session, form: Form) -> tuple[NDArray, NDArray]:
    sport, race = session.sport, session.race
    if sport == "running" and (race or session.kind == "test"):
        metres = race.metres if race else TEST_RUN_M
        intensity = (race.intensity if race else TEST_RUN_INTENSITY) * rng.normal(1, 0.008)
        effort_s = round(metres / (form.threshold_speed_mps * intensity)) + 8  # setting off costs a moment
        return workouts.effort_for(effort_s, intensity, workouts.WORKOUTS[sport][session.kind])
    return workouts.steps(sport, session.kind, session.load, rng)


def _pool(rng: Generator, session: Session, form: Form, start_ms: int) -> Activity:
    lengths = swimming.pool_lengths(rng, form, workouts.swim_sets(session.kind, session.load, form.css_mps))
    samples = swimming.pool_swim(rng, form, lengths)
    activity = _activity("swimming", start_ms + 1000 * np.arange(len(samples["distance_m"])), samples, None)
    activity.pool_length_m = swimming.POOL_M
    activity.distance_m = float(lengths["distance_m"].sum())
    starts = np.flatnonzero(np.diff(lengths["set"], prepend=-1))
    sets = _rows(
        start_ms,
        "lap",
        lengths["start_s"][starts],
        np.add.reduceat(lengths["elapsed_s"], starts),
        np.add.reduceat(lengths["distance_m"], starts),
    )
    each = _rows(start_ms, "length", lengths["start_s"], lengths["elapsed_s"], lengths["distance_m"])
    each |= {"stroke": lengths["stroke"], "swim_strokes": lengths["swim_strokes"]}
    activity.laps = {name: np.concatenate([sets[name], each[name]]) for name in sets}
    return activity


def _strength(rng: Generator, session: Session, start_ms: int) -> Activity:
    """An hour in the gym with the watch on and the strap at home: exertion is all there is."""
    ts = start_ms + 1000 * np.arange(0, int(rng.integers(38, 62)) * 60, _STRENGTH_SAMPLE_S)
    activity = _activity("strength", ts, {}, None)
    activity.distance_m = None
    activity.rpe = float(rng.integers(4, 8))
    return activity


def _triathlon(rng: Generator, session: Session, form: Form, usual: Courses, start_ms: int) -> Activity:
    assert session.race is not None
    swim_m, bike_m, run_m = session.race.legs
    flat = usual["race"][0]
    change_1, change_2 = (int(seconds) for seconds in rng.integers((130, 70), (220, 130)))
    ride_s, run_s = int(bike_m / 9.6), int(run_m / (form.threshold_speed_mps * 0.96))
    bike = min(usual["cycling"], key=lambda loop: abs(loop.length_m - bike_m))
    parts = [
        ("swimming", swimming.open_water(rng, form, swim_m, 0.97, usual["swimming"][0])),
        ("transition", _without_cadence(moving.run(rng, form, np.full(change_1, 0.55), flat, moving.NO_STOPS))),
        ("cycling", moving.ride(rng, form, np.full(ride_s, 0.9), bike, moving.NO_STOPS)),
        ("transition", _without_cadence(moving.run(rng, form, np.full(change_2, 0.55), flat, moving.NO_STOPS))),
        ("running", moving.run(rng, form, np.full(run_s, 0.955), flat, moving.NO_STOPS)),
    ]
    legs: list[Activity] = []
    for sport, samples in parts:
        begins = legs[-1].ended_at_ms + 1000 if legs else start_ms
        legs.append(_activity(sport, begins + 1000 * np.arange(len(samples["distance_m"])), samples, None))
    legs[0].sub_sport = "open_water"
    return Activity(
        "multisport",
        start_ms,
        elapsed_s=sum(leg.elapsed_s for leg in legs),
        distance_m=sum(leg.distance_m or 0 for leg in legs),
        legs=legs,
    )


def _without_cadence(samples: Columns) -> Columns:
    return {name: values for name, values in samples.items() if name != "cadence_rpm"}


def _activity(sport: str, ts: NDArray, samples: Columns, boundaries: NDArray | None) -> Activity:
    """An activity of samples at `ts` (ms) with laps at sample indices, or at every round distance."""
    distance = samples.get("distance_m", np.zeros(len(ts)))
    if boundaries is None:
        every = _LAP_M.get(sport, max(float(distance[-1]), 1.0))
        boundaries = np.searchsorted(distance, np.arange(every, distance[-1], every))
    edges = np.unique(np.concatenate([[0], boundaries, [len(ts) - 1]]).astype(np.int64))
    altitude = samples.get("altitude_m")
    return Activity(
        sport,
        int(ts[0]),
        sub_sport=_SUB_SPORTS.get(sport, ""),
        elapsed_s=float(ts[-1] - ts[0]) / 1000,
        moving_s=float(min(len(ts) - 1, (ts[-1] - ts[0]) / 1000)) if samples else None,
        distance_m=float(distance[-1]),
        ascent_m=None if altitude is None else float(np.diff(altitude[::10]).clip(min=0).sum()),
        samples={"ts": ts, **samples},
        laps=_rows(0, "lap", ts[edges[:-1]] / 1000, np.diff(ts[edges]) / 1000, np.diff(distance[edges])),
    )


def _rows(start_ms: int, kind: str, start_s: NDArray, elapsed_s: NDArray, distance_m: NDArray) -> Columns:
    return {
        "start": start_ms + np.rint(start_s * 1000).astype(np.int64),
        "elapsed_s": elapsed_s,
        "distance_m": distance_m,
        "kind": np.full(len(start_s), kind, dtype="U6"),
        "stroke": np.full(len(start_s), "", dtype="U12"),
        "swim_strokes": np.full(len(start_s), np.nan),
    }


def _temperature(rng: Generator, starts: datetime, activity: Activity) -> NDArray:
    """Degrees (n,) in whole numbers: the season, the day, the hour, and a sensor that comes out of a warm room."""
    n = len(activity.samples["ts"])
    if activity.sport in ("swimming", "strength"):
        return np.full(n, 27.0 if activity.sport == "swimming" else 21.0)
    season = 11.5 - 9.5 * np.cos(2 * np.pi * (starts.timetuple().tm_yday - 20) / 365.25)
    hour = 3.5 * np.sin(np.pi * (starts.hour + np.arange(n) / 3600 - 8) / 12)
    outside = season + hour + rng.normal(0, 2.5)
    return np.rint(outside + (21 - outside) * np.exp(-np.arange(n) / 400) + 0.4 * noise(rng, n, 120))
