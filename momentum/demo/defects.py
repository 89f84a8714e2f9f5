"""What goes wrong with real devices, planted in known numbers.

Each defect falls on activities of its own: whoever has one has no other.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from momentum.activity_files.decoded import Activity
from momentum.demo.athletes import DEMO_WEEKS
from momentum.demo.manifest import Defect
from momentum.demo.season import Session
from momentum.demo.signals import EARTH_M_PER_DEGREE, gps_error_m

# Per athlete, in a season of DEMO_WEEKS; a shorter one has its share of each, at least one.
PLANTED: dict[str, dict[Defect, int]] = {
    "camille": {"hr_dropout": 6, "power_spike": 4, "two_devices": 5, "twice": 2, "settings": 1},
    "noor": {"hr_dropout": 4, "gps_gap": 6, "twice": 2},
    "jonas": {"gps_gap": 3, "power_spike": 2, "twice": 1, "truncated": 1},
}
HR_DIES_AFTER_S = 600
SPIKE_W = 5000
TRUNCATED_SHARE = 0.6  # of the bytes that are left
WATCH, WATCH_SERIAL = "Forerunner 255", "3402255190"


def planted(athlete_id: str, weeks: int) -> dict[Defect, int]:
    """How many of each defect a season of `weeks` has."""
    return {defect: max(1, round(number * weeks / DEMO_WEEKS)) for defect, number in PLANTED[athlete_id].items()}


def chosen(sessions: Sequence[Session], wanted: dict[Defect, int], rng: Generator) -> dict[int, Defect]:
    """Which sessions (by index) have which defect; ordinary sessions only, no race and no test.

    Raises ValueError where the season is too short to hold them all.
    """
    taken: dict[int, Defect] = {}
    for defect, number in wanted.items():
        if defect == "settings":
            continue
        sports = {"power_spike": ("cycling",), "two_devices": ("cycling",)}.get(defect, ("cycling", "running"))
        free = [
            k for k, session in enumerate(sessions)
            if k not in taken and session.sport in sports and session.kind not in ("race", "test")
        ]  # fmt: skip
        if len(free) < number:
            raise ValueError(f"too few sessions for {number} times {defect}: make the season longer")
        taken |= {int(k): defect for k in rng.choice(free, number, replace=False)}
    return taken


def spoil(activity: Activity, defect: Defect, rng: Generator) -> None:
    """Puts a defect into an activity's samples, in place, where it is one of samples."""
    samples, n = activity.samples, len(activity.samples["ts"])
    if defect == "hr_dropout":
        samples["heart_rate_bpm"] = np.where(np.arange(n) < HR_DIES_AFTER_S, samples["heart_rate_bpm"], np.nan)
    elif defect == "gps_gap":
        first = int(rng.integers(n // 4, n // 2))
        lost = slice(first, first + int(rng.integers(90, 300)))
        for channel in ("lat", "lon"):
            samples[channel] = samples[channel].copy()
            samples[channel][lost] = np.nan
    elif defect == "power_spike":
        samples["power_w"] = samples["power_w"].copy()
        samples["power_w"][int(rng.integers(n // 4, n - 60))] = SPIKE_W


def on_the_watch(activity: Activity, rng: Generator) -> Activity:
    """The same ride as the watch saw it: started later by some seconds, no power, a GPS of its own."""
    late = int(rng.integers(4, 25))
    samples = {
        name: values[late:] for name, values in activity.samples.items() if name not in ("power_w", "cadence_rpm")
    }
    east, north = gps_error_m(rng, len(samples["ts"]))
    samples["lat"] = samples["lat"] + 2 * north / EARTH_M_PER_DEGREE
    samples["lon"] = samples["lon"] + 2 * east / (EARTH_M_PER_DEGREE * np.cos(np.radians(samples["lat"])))
    samples["distance_m"] = 1.004 * (samples["distance_m"] - samples["distance_m"][0])
    samples["heart_rate_bpm"] = samples["heart_rate_bpm"] + rng.normal(0, 1.5, len(samples["ts"]))
    first, last = samples["ts"][[0, -1]]
    elapsed_s, distance_m = float(last - first) / 1000, float(samples["distance_m"][-1])
    lap = {
        "start": first,
        "elapsed_s": elapsed_s,
        "distance_m": distance_m,
        "kind": "lap",
        "stroke": "",
        "swim_strokes": np.nan,
    }
    return replace(
        activity,
        started_at_ms=int(first),
        elapsed_s=elapsed_s,
        distance_m=distance_m,
        device=WATCH,
        device_serial=WATCH_SERIAL,
        samples=samples,
        laps={name: np.array([value]) for name, value in lap.items()},
        rr={},
    )


def copy_of(content: bytes, name: str, number: int) -> tuple[str, bytes]:
    """A second copy of a file: renamed, or gzipped, in turn."""
    stem, _, extension = name.rpartition(".")
    if number % 2:
        return f"{name}.gz", gzip.compress(content, compresslevel=1, mtime=0)
    return f"{stem} (1).{extension}", content


def truncated(content: bytes) -> bytes:
    """The beginning of a FIT file, as a watch with an empty battery leaves it."""
    return content[: int(len(content) * TRUNCATED_SHARE)]
