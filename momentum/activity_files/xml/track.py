"""Distance and speed of a track that was recorded without them, and its order in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Problem

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1 of the WGS 84 ellipsoid


def rows_of(columns: Columns, first: int, last: int) -> Columns:
    """The samples of rows first to last, without the channels that none of them has."""
    rows = {channel: values[first:last] for channel, values in columns.items()}
    return {channel: values for channel, values in rows.items() if channel == "ts" or not np.isnan(values).all()}


def distance_by_position(lat: NDArray, lon: NDArray, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cumulative great-circle distance in m (haversine, sphere of the mean earth radius); NaN without a position.

    lat, lon: degrees, (n,). starts: rows where a segment begins; the way to them from the row before was
    not recorded and counts nothing. Positions off the globe are passed over.
    """
    distance = np.full(len(lat), np.nan)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    if not len(rows):
        return distance
    phi, lam = np.radians(lat[rows]), np.radians(lon[rows])
    half = np.sin(np.diff(phi) / 2) ** 2
    half += np.cos(phi[1:]) * np.cos(phi[:-1]) * np.sin(np.diff(lam) / 2) ** 2
    step = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    segment = np.searchsorted(starts, rows, side="right")
    step[np.diff(segment) != 0] = 0
    distance[rows] = np.concatenate(([0.0], np.cumsum(step)))
    return distance


def speed_by_distance(ts: NDArray[np.int64], distance_m: NDArray, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean speed in m/s from the sample before that has a distance to this one.

    NaN at the first sample of a segment, where no time or a negative distance lies between, and where
    the sample has no distance.
    """
    speed = np.full(len(ts), np.nan)
    rows = np.flatnonzero(np.isfinite(distance_m))
    seconds = np.diff(ts[rows]) / 1000
    step = np.diff(distance_m[rows])
    segment = np.searchsorted(starts, rows, side="right")
    sound = (seconds > 0) & (step >= 0) & (np.diff(segment) == 0)
    speed[rows[1:][sound]] = step[sound] / seconds[sound]
    return speed


def complete(samples: Columns, starts: NDArray[np.int64]) -> tuple[Columns, list[Problem]]:
    """Samples by ascending time with distance_m and speed_mps, and what a person should know of it.

    samples are as the file has them, starts the rows where segments begin. Distance is by position, with
    nothing counted between segments, speed by distance; what the file says itself is never replaced,
    not even in part. The way is measured in the file's order: where times jump about it is the order that
    follows the road. Sorting is stable.
    """
    derived = "distance_m" not in samples
    if derived and "lat" in samples and "lon" in samples:
        distance = distance_by_position(samples["lat"], samples["lon"], starts)
        if not np.isnan(distance).all():
            samples["distance_m"] = distance
    ts = samples["ts"]
    back = np.diff(ts) < 0
    problems = []
    if back.any():
        furthest_s = float((np.maximum.accumulate(ts) - ts).max()) / 1000
        detail = f"time steps back {int(back.sum())} times, by up to {furthest_s:g} s; sorted"
        problems.append(Problem("samples out of order", detail))
        order = np.argsort(ts, kind="stable")
        samples = {channel: values[order] for channel, values in samples.items()}
        starts = np.flatnonzero(np.diff(np.searchsorted(starts, order, side="right"))) + 1
        if derived and "distance_m" in samples:
            samples["distance_m"] = _never_back(samples["distance_m"])
    if "speed_mps" not in samples and "distance_m" in samples:
        breaks = starts if derived else np.empty(0, np.int64)
        speed = speed_by_distance(samples["ts"], samples["distance_m"], breaks)
        if not np.isnan(speed).all():
            samples["speed_mps"] = speed
    return samples, problems


def _never_back(distance: NDArray) -> NDArray:
    return np.where(np.isnan(distance), np.nan, np.fmax.accumulate(distance))
