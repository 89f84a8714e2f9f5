"""Laps and the lengths of a pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.clock import EPOCH_S
from momentum.activity_files.fit.values import first_value, row_count, time_values

LAP, LENGTH = 19, 101
LAP_WANTED = frozenset(
    ("timestamp", "start_time", "total_elapsed_time", "total_timer_time", "total_distance", "swim_stroke")
)
LENGTH_WANTED = frozenset(
    ("timestamp", "start_time", "total_elapsed_time", "total_timer_time", "swim_stroke", "total_strokes", "length_type")
)
_ACTIVE = 1  # profile, type length_type


def read_laps(laps: Columns, lengths: Columns, shift_s: float, pool_length_m: float | None) -> Columns:
    """Laps, then lengths, as `decoded.Activity.laps` has them; those without a time are left out.

    A length's distance is the pool's, 0 where the swimmer rested.
    """
    lap_start, lap_elapsed = _times(laps, shift_s)
    start, elapsed = _times(lengths, shift_s)
    active = first_value(lengths, "length_type", len(start)) == _ACTIVE
    pool = np.nan if pool_length_m is None else pool_length_m
    out: Columns = {
        "start": np.concatenate([lap_start, start]),
        "elapsed_s": np.concatenate([lap_elapsed, elapsed]),
        "distance_m": np.concatenate(
            [first_value(laps, "total_distance", len(lap_start)), np.where(active, pool, 0.0)]
        ),
        "kind": np.array(["lap"] * len(lap_start) + ["length"] * len(start), np.str_),
        "stroke": np.concatenate([_strokes(laps, len(lap_start)), _strokes(lengths, len(start))]),
        "swim_strokes": np.concatenate(
            [np.full(len(lap_start), np.nan), first_value(lengths, "total_strokes", len(start))]
        ),
    }
    dated = ~np.isnan(out["start"])
    out = {name: values[dated] for name, values in out.items()}
    out["start"] = np.rint((out["start"] + EPOCH_S) * 1000).astype(np.int64)
    return out if dated.any() else {}


def _times(columns: Columns, shift_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Start and duration; the one from the other and the end where only those were sent."""
    rows = row_count(columns)
    start = time_values(columns, "start_time", rows)
    end = time_values(columns, "timestamp", rows)
    elapsed = first_value(columns, "total_elapsed_time", rows)
    elapsed = np.where(np.isnan(elapsed), first_value(columns, "total_timer_time", rows), elapsed)
    start = np.where(np.isnan(start), end - elapsed, start)
    elapsed = np.where(np.isnan(elapsed), np.maximum(end - start, 0), elapsed)
    return start + shift_s, np.where((elapsed >= 0) & (elapsed < 2**32), elapsed, 0)


def _strokes(columns: Columns, rows: int) -> NDArray[np.str_]:
    codes = first_value(columns, "swim_stroke", rows)
    names = ["" if np.isnan(code) else profile.value_name("swim_stroke", int(code)) for code in codes.tolist()]
    return np.array(names, np.str_) if names else np.empty(0, "U1")
