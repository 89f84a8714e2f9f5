"""Activities and candidates for tests of plausibility, matching and merging: a ride, a run, a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from momentum.activity_files.decoded import Activity
from momentum.activity_files.matching import Candidate

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
NOON_MS = round(NOON.timestamp() * 1000)
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


def ride(
    seconds: int = 3600, *, started_at_ms: int = NOON_MS, step_s: int = 1, seed: int = 1, **changes: Any
) -> Activity:
    """A ride east of Lyon with every channel; the same seed and start give the same ride."""
    rng = np.random.default_rng(seed)
    every = np.arange(seconds + 1)
    effort = np.convolve(rng.normal(0, 1, len(every) + 59), np.ones(60) / 8, "valid")
    speed = np.clip(8 + effort, 2, 15)
    distance = np.concatenate(([0.0], np.cumsum(speed[1:])))
    channels = {
        "lat": np.full(len(every), 45.75),
        "lon": 4.85 + distance / 77_700,
        "altitude_m": 200 + 20 * np.sin(distance / 500),
        "distance_m": distance,
        "speed_mps": speed,
        "heart_rate_bpm": np.round(140 + 8 * effort),
        "power_w": np.round(np.clip(200 + 60 * effort, 0, 900)),
        "cadence_rpm": np.round(np.clip(85 + 5 * effort, 0, 130)),
        "temperature_c": np.full(len(every), 19.0),
    }
    kept = every[::step_s]
    samples = {"ts": started_at_ms + 1000 * kept} | {name: values[kept] for name, values in channels.items()}
    whole = Activity(
        sport="cycling",
        started_at_ms=started_at_ms,
        elapsed_s=float(seconds),
        moving_s=float(seconds),
        distance_m=float(distance[-1]),
        samples=samples,
    )
    return replace(whole, **changes)


def without(activity: Activity, *channels: str) -> Activity:
    return replace(activity, samples={name: v for name, v in activity.samples.items() if name not in channels})


def candidate(sha256: str, **changes: Any) -> Candidate:
    """A 1 h ride by FIT at noon from Lyon, 28.8 km, unless told otherwise. Times in minutes after noon:
    `start`, `minutes`."""
    start_ms = NOON_MS + round(changes.pop("start", 0) * MINUTE_MS)
    elapsed_s = changes.pop("minutes", 60) * 60.0
    whole = Candidate(
        sha256=sha256,
        part=0,
        format="fit",
        sport="cycling",
        device="",
        device_serial="",
        started_at_ms=start_ms,
        ended_at_ms=start_ms + round(elapsed_s * 1000),
        elapsed_s=elapsed_s,
        moving_s=None,
        distance_m=28_800.0,
        start_lat=45.75,
        start_lon=4.85,
        end_lat=45.75,
        end_lon=5.22,
        samples=int(elapsed_s),
        channels=("distance_m", "heart_rate_bpm", "lat", "lon", "speed_mps"),
        legs=0,
        source="file",
    )
    return replace(whole, **changes)


NOWHERE = {"start_lat": None, "start_lon": None, "end_lat": None, "end_lon": None}
INDOORS = NOWHERE | {"distance_m": None, "channels": ("heart_rate_bpm",)}


def candidate_of(activity: Activity, sha256: str, part: int, format: str) -> Candidate:
    """What ingest would tell matching of a decoded activity."""
    pieces = activity.legs or [activity]
    places = [
        (lat, lon)
        for piece in pieces
        if "lat" in piece.samples
        for lat, lon in zip(piece.samples["lat"].tolist(), piece.samples["lon"].tolist(), strict=True)
        if not np.isnan(lat)
    ]
    (start_lat, start_lon), (end_lat, end_lon) = (places[0], places[-1]) if places else ((None, None), (None, None))
    return Candidate(
        sha256=sha256,
        part=part,
        format=format,
        sport=activity.sport,
        device=activity.device,
        device_serial=activity.device_serial,
        started_at_ms=activity.started_at_ms,
        ended_at_ms=activity.ended_at_ms,
        elapsed_s=activity.elapsed_s,
        moving_s=activity.moving_s,
        distance_m=activity.distance_m,
        start_lat=start_lat,
        start_lon=start_lon,
        end_lat=end_lat,
        end_lon=end_lon,
        samples=sum(len(piece.samples.get("ts", ())) for piece in pieces),
        channels=tuple(sorted({name for piece in pieces for name in piece.samples} - {"ts"})),
        legs=len(activity.legs),
        source="manual" if format == "manual" else "file",
    )
