"""A spring of one athlete in small files: copies, two devices, a multisport event, refused ones."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import numpy as np

from momentum.activity_files.decoded import Activity, Columns
from momentum.activity_files.manual import encode
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import gpx_parts, tcx_parts
from tests.unit.activity_files.made_activities import DAY_MS, HOUR_MS, NOON_MS, ride, without

MINUTES = 8


def recorded(seed: int, start_ms: int, device: str = "Edge 540", serial: str = "1") -> Activity:
    activity = ride(MINUTES * 60, seed=seed, started_at_ms=start_ms, device=device, device_serial=serial)
    activity.laps = _one_lap(activity)
    return activity


def small_files() -> dict[str, bytes]:
    """Contents by name. Seven activities, numbered in the comments."""
    monday, evening = recorded(1, NOON_MS), recorded(2, NOON_MS + 6 * HOUR_MS)
    month_end, late = recorded(3, NOON_MS + 30 * DAY_MS), recorded(4, NOON_MS - 40 * DAY_MS)
    watch = without(recorded(5, NOON_MS + 3 * DAY_MS, "Forerunner 255", "7"), "power_w")
    unit = without(recorded(5, NOON_MS + 3 * DAY_MS), "heart_rate_bpm")
    truncated = fit_bytes(recorded(8, NOON_MS + 9 * DAY_MS))[:-900]
    by_hand = datetime(2024, 5, 12, 18, tzinfo=UTC)
    files = {
        "monday.fit": fit_bytes(monday),  # 1
        "monday copy.fit": fit_bytes(monday),  # the same content
        "monday.tcx": b"".join(tcx_parts(monday)),  # the same ride by a site
        "evening.fit": fit_bytes(evening),  # 2, six hours later
        "evening.gpx": b"".join(gpx_parts(without(evening, "power_w"))),
        "month end.fit": fit_bytes(month_end),  # 3
        "late.fit": fit_bytes(late),  # 4, in an earlier month
        "watch.fit": fit_bytes(watch),  # 5, heart rate from the watch
        "unit.fit": fit_bytes(unit),  # and power from the head unit
        "strength.json": encode(sport="strength", started_at=by_hand, elapsed_s=3600, rpe=6.0),  # 6
        "truncated.fit": truncated,  # 7, in part
        "truncated copy.fit": truncated,
        "not one.fit": b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT\x00\x00",
        "not one either.fit": b"\x0e\x10\xd9\x07\x00\x00\x00\x00.FIT\x00\x00",
        "web page.gpx": b"<html><body>log in</body></html>",
    }
    return files


def gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _one_lap(activity: Activity) -> Columns:
    return {
        "start": np.array([activity.started_at_ms]),
        "elapsed_s": np.array([activity.elapsed_s]),
        "distance_m": np.array([activity.distance_m]),
        "kind": np.array(["lap"]),
        "stroke": np.array([""]),
        "swim_strokes": np.array([np.nan]),
    }
