"""Record messages to the channels of an activity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Problem
from momentum.activity_files.fit.clock import FIRST_DATE
from momentum.activity_files.fit.values import first_value, row_count, time_values

RECORD = 20
WANTED = frozenset(
    (
        "timestamp",
        "position_lat",
        "position_long",
        "altitude",
        "enhanced_altitude",
        "distance",
        "speed",
        "enhanced_speed",
        "heart_rate",
        "power",
        "cadence",
        "fractional_cadence",
        "temperature",
        "compressed_speed_distance",
    )
)
_DEGREES = 180 / 2**31
# Our channel, the fields it comes from (the first that has a value counts).
_CHANNELS = (
    ("altitude_m", "enhanced_altitude", "altitude"),
    ("distance_m", "distance"),
    ("speed_mps", "enhanced_speed", "speed"),
    ("heart_rate_bpm", "heart_rate"),
    ("power_w", "power"),
    ("cadence_rpm", "cadence"),
    ("temperature_c", "temperature"),
)


def record_times(records: Columns, lengths: Columns, shift_s: float) -> tuple[NDArray[np.float64], list[Problem]]:
    """FIT seconds of every record, NaN where it has no date.

    Some pool watches write one record without a time behind each length: it gets the length's end.
    """
    rows = row_count(records)
    times = time_values(records, "timestamp", rows)
    if rows and np.isnan(times).all() and len(lengths.get("start_time", ())) == rows:
        times = time_values(lengths, "start_time", rows) + first_value(lengths, "total_elapsed_time", rows)
    times = times + shift_s
    undated = np.isnan(times)
    if shift_s == 0 and rows and (times >= FIRST_DATE).any():
        undated |= times < FIRST_DATE
        times = np.where(undated, np.nan, times)
    if not undated.any():
        return times, []
    return times, [Problem("samples without a date", f"{int(undated.sum())} of {rows} left out")]


def channels(records: Columns, rows: int) -> Columns:
    """The channels of `decoded.CHANNELS` that occur, one value per record."""
    out: Columns = {}
    lat, lon = first_value(records, "position_lat", rows), first_value(records, "position_long", rows)
    if not np.isnan(lat).all():
        out["lat"], out["lon"] = lat * _DEGREES, lon * _DEGREES
    for channel, *names in _CHANNELS:
        values = first_value(records, names[0], rows)
        for name in names[1:]:
            if name in records and np.isnan(values).any():
                values = np.where(np.isnan(values), first_value(records, name, rows), values)
        if not np.isnan(values).all():
            out[channel] = values
    if "cadence_rpm" in out and "fractional_cadence" in records:
        fraction = first_value(records, "fractional_cadence", rows)
        out["cadence_rpm"] = out["cadence_rpm"] + np.where(np.isnan(fraction), 0, fraction)
    return out
