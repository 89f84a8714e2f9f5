"""Signals over seconds that look like a body, a road and a sensor: lags, noise, hills.

Everything is a convolution or a sum of waves over whole arrays; nothing runs sample by sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

EARTH_M_PER_DEGREE = 111_195.0


def lagged(values: NDArray, tau_s: float, start: float | None = None) -> NDArray:
    """First-order lag with time constant `tau_s` of a 1 Hz signal (n,), beginning at `start`."""
    kernel = np.exp(-np.arange(int(5 * tau_s) + 1) / tau_s)
    kernel /= kernel.sum()
    before = np.full(len(kernel) - 1, values[0] if start is None else start)
    return np.convolve(np.concatenate([before, values]), kernel, mode="valid")


def noise(rng: Generator, n: int, tau_s: float) -> NDArray:
    """Autocorrelated noise (n,) with mean 0, deviation 1 and correlation time `tau_s`."""
    kernel = np.exp(-np.arange(int(4 * tau_s) + 1) / tau_s)
    kernel /= np.sqrt((kernel**2).sum())
    return np.convolve(rng.standard_normal(n + len(kernel) - 1), kernel, mode="valid")


@dataclass(frozen=True)
class Loop:
    """A closed course: position and altitude for any distance.

    Whole laps first, then out and back on the same road over what is left of `planned_m`, so that
    whoever starts at home ends there.
    """

    length_m: float
    grid_m: NDArray  # distance, ascending from 0 to length_m
    lat: NDArray
    lon: NDArray
    altitude_m: NDArray
    planned_m: float = np.inf

    def at(self, distance_m: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Latitude, longitude, altitude at distances (n,)."""
        along = self._along(distance_m)
        lat, lon, altitude = (np.interp(along, self.grid_m, values) for values in (self.lat, self.lon, self.altitude_m))
        return lat, lon, altitude

    def grade(self, distance_m: NDArray, over_m: float = 40.0) -> NDArray:
        """Slope at distances (n,), as rise over run, over a stretch of `over_m`."""
        ahead, behind = (
            np.interp(self._along(distance_m + shift), self.grid_m, self.altitude_m)
            for shift in (over_m / 2, -over_m / 2)
        )
        return (ahead - behind) / over_m

    def _along(self, distance_m: NDArray) -> NDArray:
        if not np.isfinite(self.planned_m):
            return distance_m % self.length_m
        laps_m = self.planned_m // self.length_m * self.length_m
        back = np.abs(self.planned_m - distance_m)
        return np.where(distance_m < laps_m, distance_m % self.length_m, np.minimum(np.abs(distance_m - laps_m), back))


def loop(
    rng: Generator, *, length_m: float, lat: float, lon: float, base_m: float, steepness: float, points: int = 4000
) -> Loop:
    """A loop through (lat, lon) of `length_m` whose slopes have the standard deviation `steepness`.

    The course is a circle bent by waves, long ones for the land and short ones for the road; the
    profile is a sum of waves of 400 m and longer, so that hills take minutes and not seconds.
    """
    angle = np.linspace(0, 2 * np.pi, points)
    waves = np.arange(2, 40)
    bends = rng.normal(size=len(waves)) / waves**1.35
    radius = 1 + 0.55 * bends @ np.sin(np.outer(waves, angle) + rng.uniform(0, 2 * np.pi, len(waves))[:, None])
    radius = np.exp(np.clip(radius - 1, -1.2, 0.8))
    east, north = radius * np.cos(angle) * rng.uniform(0.7, 1.3), radius * np.sin(angle)
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(east), np.diff(north)))])
    east, north, along = ((values - values[0]) * length_m / along[-1] for values in (east, north, along))
    turn = rng.uniform(0, 2 * np.pi)
    x, y = east * np.cos(turn) - north * np.sin(turn), east * np.sin(turn) + north * np.cos(turn)
    return Loop(
        length_m=length_m,
        grid_m=along,
        lat=lat + y / EARTH_M_PER_DEGREE,
        lon=lon + x / (EARTH_M_PER_DEGREE * np.cos(np.radians(lat))),
        altitude_m=base_m + _hills(rng, along, length_m, steepness),
    )


def _hills(rng: Generator, along: NDArray, length_m: float, steepness: float) -> NDArray:
    """Altitude over a closed course, 0 at its start, with slopes of the given standard deviation."""
    cycles = np.arange(1, max(3, int(length_m / 400)))
    height = rng.normal(size=len(cycles)) / cycles**1.1
    phases = rng.uniform(0, 2 * np.pi, len(cycles))
    profile = height @ np.sin(np.outer(cycles, along * 2 * np.pi / length_m) + phases[:, None])
    slopes = np.diff(profile) / np.diff(along)
    profile = profile * steepness / slopes.std()
    return profile - profile[0]


def gps_error_m(rng: Generator, n: int) -> tuple[NDArray, NDArray]:
    """Error of a receiver, east and north, in metres: it wanders, it does not jump."""
    return 1.6 * noise(rng, n, 40), 1.6 * noise(rng, n, 40)


def beats(rng: Generator, ts_ms: NDArray, heart_rate_bpm: NDArray) -> tuple[NDArray, NDArray]:
    """Beat-to-beat intervals of a heart rate (n,) at 1 Hz: when each ended (ms), how long it was (ms).

    They vary less as the rate rises. While the timer stands still nothing is heard.
    """
    phase = np.concatenate([[0], np.cumsum(heart_rate_bpm[:-1] / 60)])
    recorded_s = np.interp(np.arange(int(phase[-1])), phase, np.arange(len(phase)))
    rr_ms = np.diff(recorded_s) * 1000
    variation_ms = 25 * np.exp(-(60_000 / rr_ms - 60) / 45)
    whole = recorded_s[1:].astype(np.int64)
    ended_ms = ts_ms[whole] + np.rint((recorded_s[1:] - whole) * 1000).astype(np.int64)
    return ended_ms, rr_ms + variation_ms * noise(rng, len(rr_ms), 3)
