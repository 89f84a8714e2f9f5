"""Rides and runs over a course at 1 Hz: power or pace from the steps, everything else follows.

Here belong: physics of the road and what sensors make of it. Here does not belong: what session it
is and when (`season`, `simulate`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.demo.body import Form, heart_rate
from momentum.demo.signals import EARTH_M_PER_DEGREE, Loop, gps_error_m, lagged, noise

GRAVITY = 9.81
BIKE_KG = 9.0
ROLLING = 0.0055
DRAG_AREA_M2 = 0.36
AIR_KG_M3 = 1.2
DRIVETRAIN = 0.975
BRAKING_MPS = 16.0  # nobody rides faster than this downhill here
EASY_ON_FOOT = 1.4  # slow running costs less of the heart than its share of threshold speed
HARD = 0.8  # from this intensity on a rider neither coasts nor lets the road decide


@dataclass(frozen=True)
class Stops:
    """Where the timer stood still: index of the first sample after each stop, and how long it was."""

    index: NDArray
    seconds: NDArray


NO_STOPS = Stops(np.empty(0, np.int64), np.empty(0, np.int64))


def stops(rng: Generator, intensity: NDArray, long: bool) -> Stops:
    """Traffic lights, and a café on a long day; never in a hard stretch, never in the first five minutes."""
    easy = np.flatnonzero(intensity < HARD)
    easy = easy[(easy > 300) & (easy < len(intensity) - 200)]
    number = min(rng.poisson(len(intensity) / 2400), len(easy) // 400)
    if not number:
        return NO_STOPS
    index = np.unique(rng.choice(easy, number, replace=False))
    seconds = rng.integers(12, 90, len(index))
    if long:
        seconds[len(seconds) // 2] = rng.integers(480, 1100)
    return Stops(index, seconds)


def seconds_since_start(n: int, pauses: Stops) -> NDArray:
    """Moments (n,) of samples at 1 Hz with the pauses between them, in whole seconds."""
    return np.arange(n) + np.where(np.arange(n)[:, None] >= pauses.index, pauses.seconds, 0).sum(1)


def ride(rng: Generator, form: Form, intensity: NDArray, course: Loop, pauses: Stops) -> Columns:
    """Samples (n,) of a ride with a power meter. `intensity` (n,) is the wanted share of FTP."""
    n = len(intensity)
    hard = intensity >= HARD
    steady, grade = intensity * form.ftp_w, np.zeros(n)
    for _ in range(2):  # the hills decide how far one comes, and how far one comes which hills
        expected_m = np.cumsum(_speed(steady, grade, form.weight_kg))
        course = replace(course, planned_m=expected_m[-1])
        grade = course.grade(expected_m)
    with_the_road = np.clip(1 + np.where(hard, 0.8, 3.5) * grade, 0.35, 1.5)
    wobble = np.exp(0.10 * noise(rng, n, 3) + np.where(hard, 0.02, 0.09) * noise(rng, n, 30))
    power = intensity * with_the_road * wobble
    coasting = ~hard & ((grade < -0.028) | (noise(rng, n, 5) > 1.45))
    standing = _around(n, pauses)
    power[coasting | standing] = 0
    power *= _normalized(steady) / _normalized(power)
    speed = _speed(lagged(power, 3), grade, form.weight_kg)
    speed[standing] = 0
    speed = lagged(speed, 6, start=0)
    distance = np.cumsum(speed)
    pedalling = power > 20
    cadence = 87 + 3.5 * noise(rng, n, 20) - 120 * np.clip(course.grade(distance), 0, 0.12) + 2 * hard
    effort = lagged(power / form.ftp_w, 12)  # the body sees no spikes
    return {
        **_place(rng, course, distance),
        "distance_m": distance,
        "speed_mps": speed,
        "power_w": np.rint(power),
        "cadence_rpm": np.where(pedalling, np.rint(cadence), 0),
        "heart_rate_bpm": heart_rate(rng, form, effort, pauses.index, pauses.seconds),
    }


def run(rng: Generator, form: Form, intensity: NDArray, course: Loop, pauses: Stops) -> Columns:
    """Samples (n,) of a run. `intensity` (n,) is the wanted share of threshold speed, on the flat."""
    n = len(intensity)
    flat_speed = intensity * form.threshold_speed_mps
    expected_m = np.cumsum(flat_speed)
    course = replace(course, planned_m=expected_m[-1])
    grade = lagged(course.grade(expected_m), 5)
    wanted = flat_speed * 3.6 / np.interp(grade, _GRADES, _COSTS)
    wanted *= 1 + 0.018 * noise(rng, n, 8) + 0.015 * noise(rng, n, 90)
    standing = _around(n, pauses)
    wanted[standing] = 0
    speed = lagged(wanted, 4, start=0)
    distance = np.cumsum(speed)
    cadence = 70 + 4.6 * speed + 0.7 * noise(rng, n, 15)
    effort = (intensity * np.where(standing, 0.3, 1)) ** EASY_ON_FOOT * (1 + 0.01 * noise(rng, n, 60))
    return {
        **_place(rng, course, distance),
        "distance_m": distance,
        "speed_mps": speed,
        "cadence_rpm": np.where(speed > 1.2, np.round(cadence * 2) / 2, 0),
        "heart_rate_bpm": heart_rate(rng, form, effort, pauses.index, pauses.seconds),
    }


def _place(rng: Generator, course: Loop, distance: NDArray) -> Columns:
    lat, lon, altitude = course.at(distance)
    east, north = gps_error_m(rng, len(distance))
    return {
        "lat": lat + north / EARTH_M_PER_DEGREE,
        "lon": lon + east / (EARTH_M_PER_DEGREE * np.cos(np.radians(lat))),
        "altitude_m": altitude + 1.5 * rng.standard_normal() + 0.6 * noise(rng, len(distance), 240),
    }


def _around(n: int, pauses: Stops) -> NDArray:
    """Whether a second belongs to braking before a stop or to setting off after it."""
    near = np.zeros(n, bool)
    for index in pauses.index:
        near[max(0, index - 6) : index + 2] = True
    return near


def _speed(power: NDArray, grade: NDArray, weight_kg: float) -> NDArray:
    """Steady speed (n,) at a power on a grade: the road's equation, solved by Newton from above."""
    force = (weight_kg + BIKE_KG) * GRAVITY * (ROLLING + grade)
    drag = 0.5 * AIR_KG_M3 * DRAG_AREA_M2
    speed = np.full(len(power), 22.0)
    for _ in range(8):
        speed -= (drag * speed**3 + force * speed - DRIVETRAIN * power) / np.maximum(3 * drag * speed**2 + force, 3.0)
        np.clip(speed, 1.0, 30.0, out=speed)
    return np.minimum(speed, BRAKING_MPS)


def _normalized(power: NDArray) -> float:
    sums = np.cumsum(np.concatenate([[0.0], power]))
    return float(np.mean(((sums[30:] - sums[:-30]) / 30) ** 4) ** 0.25)


def _cost(grade: NDArray) -> NDArray:
    """Energy of running, J/kg/m (Minetti 2002)."""
    return np.polyval([155.4, -30.4, -43.3, 46.3, 19.5, 3.6], grade)


_GRADES = np.linspace(-0.3, 0.3, 121)
_COSTS = _cost(_GRADES)
