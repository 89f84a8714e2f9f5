"""Swims: in a pool, length by length, and in open water along a course."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.demo.body import Form, heart_rate
from momentum.demo.moving import NO_STOPS
from momentum.demo.signals import EARTH_M_PER_DEGREE, Loop, gps_error_m, noise

POOL_M = 25.0
_NO_INDEX = NO_STOPS.index
_STROKES_PER_M = {"freestyle": 0.72, "backstroke": 0.80, "drill": 0.88}


def pool_lengths(rng: Generator, form: Form, sets: Columns) -> Columns:
    """Lengths of a pool swim and the rests between, in order, as columns.

    sets: metres, intensity, rest_s, stroke, set of each repetition (`workouts.swim_sets`).
    Returns start_s, elapsed_s, distance_m (0 at rest), stroke ("" at rest), swim_strokes, intensity, set.
    """
    number = (sets["metres"] / POOL_M).astype(np.int64)
    length_of = np.repeat(np.arange(len(number)), number)
    intensity = sets["intensity"][length_of]
    swum_s = POOL_M / (form.css_mps * intensity) * (1 + 0.018 * rng.standard_normal(len(length_of)))
    resting = np.flatnonzero(sets["rest_s"] > 0)
    rest_s = sets["rest_s"][resting] + rng.integers(-2, 4, len(resting))
    order = np.argsort(np.concatenate([length_of, resting + 0.5]), kind="stable")
    strokes = POOL_M * np.array([_STROKES_PER_M[str(name)] for name in sets["stroke"]])[length_of]

    def woven(of_lengths: NDArray, of_rests: NDArray) -> NDArray:
        return np.concatenate([of_lengths, of_rests])[order]

    none = np.zeros(len(resting))
    elapsed_s = woven(np.round(swum_s, 1), rest_s)
    return {
        "start_s": np.cumsum(elapsed_s) - elapsed_s,
        "elapsed_s": elapsed_s,
        "distance_m": woven(np.full(len(length_of), POOL_M), none),
        "stroke": woven(sets["stroke"][length_of], np.full(len(resting), "")),
        "swim_strokes": woven(np.rint(strokes + rng.normal(0, 0.8, len(strokes))), none + np.nan),
        "intensity": woven(intensity, none + 0.25),
        "set": woven(sets["set"][length_of], sets["set"][resting]),
    }


def pool_swim(rng: Generator, form: Form, lengths: Columns) -> Columns:
    """Samples (n,) at 1 Hz of a pool swim with heart rate at the wrist."""
    ends = lengths["start_s"] + lengths["elapsed_s"]
    seconds = np.arange(int(ends[-1]) + 1)
    now = np.searchsorted(ends, seconds, side="right").clip(max=len(ends) - 1)
    swum = np.concatenate([[0.0], np.cumsum(lengths["distance_m"])])
    speed = lengths["distance_m"] / lengths["elapsed_s"]
    return {
        "distance_m": np.interp(seconds, np.concatenate([[0.0], ends]), swum),
        "speed_mps": speed[now],
        "cadence_rpm": np.rint(np.nan_to_num(60 * lengths["swim_strokes"] / lengths["elapsed_s"])[now]),
        "heart_rate_bpm": heart_rate(rng, form, lengths["intensity"][now] * 0.97, _NO_INDEX, _NO_INDEX),
    }


def open_water(rng: Generator, form: Form, metres: float, intensity: float, course: Loop) -> Columns:
    """Samples (n,) at 1 Hz of an open-water swim over `metres`."""
    n = int(metres / (form.css_mps * intensity))
    speed = form.css_mps * intensity * (1 + 0.05 * noise(rng, n, 20))
    speed *= metres / speed.sum()
    distance = np.cumsum(speed)
    lat, lon, _ = course.at(distance)
    east, north = gps_error_m(rng, n)  # a watch under water every other second: worse than on land
    return {
        "lat": lat + 3 * north / EARTH_M_PER_DEGREE,
        "lon": lon + 3 * east / (EARTH_M_PER_DEGREE * np.cos(np.radians(lat))),
        "distance_m": distance,
        "speed_mps": speed,
        "heart_rate_bpm": heart_rate(rng, form, np.full(n, intensity * 1.02), _NO_INDEX, _NO_INDEX),
    }
