"""What the journal keeps of a decoded activity, so that matching need not read its samples again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from momentum.activity_files.decoded import Activity


def summary(activity: Activity) -> dict[str, Any]:
    """What `decoded_files` keeps of an activity; samples of the legs are counted with it."""
    pieces = activity.legs or [activity]
    places = [_ends(piece) for piece in pieces if "lat" in piece.samples and "lon" in piece.samples]
    ends = [place for place in places if place is not None]
    return {
        "sport": activity.sport,
        "sub_sport": activity.sub_sport,
        "device": activity.device,
        "device_serial": activity.device_serial,
        "started_at": datetime.fromtimestamp(activity.started_at_ms / 1000, UTC),
        "elapsed_s": activity.elapsed_s,
        "moving_s": activity.moving_s,
        "distance_m": activity.distance_m,
        "ascent_m": activity.ascent_m,
        "rpe": activity.rpe,
        "start_lat": ends[0][0] if ends else None,
        "start_lon": ends[0][1] if ends else None,
        "end_lat": ends[-1][2] if ends else None,
        "end_lon": ends[-1][3] if ends else None,
        "samples": sum(len(piece.samples.get("ts", ())) for piece in pieces),
        "channels": sorted({name for piece in pieces for name in piece.samples} - {"ts"}),
        "legs": len(activity.legs),
    }


def _ends(piece: Activity) -> tuple[float, float, float, float] | None:
    known = np.flatnonzero(np.isfinite(piece.samples["lat"]) & np.isfinite(piece.samples["lon"]))
    if not len(known):
        return None
    lat, lon = piece.samples["lat"], piece.samples["lon"]
    return float(lat[known[0]]), float(lon[known[0]]), float(lat[known[-1]]), float(lon[known[-1]])
