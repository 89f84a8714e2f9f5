"""The day an activity belongs to: the date where the athlete was when it began."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from momentum.activity_files.decoded import Activity

OffsetSource = Literal["file", "position", "home"]

# Offsets in use run from Baker Island to Kiribati, in quarters of an hour.
EARLIEST_OFFSET_S, LATEST_OFFSET_S = -12 * 3600, 14 * 3600
QUARTER_S = 900
# The two times of which a file's offset is the difference are not always written in the same minute.
OFFSET_SLACK_S = 300


def local_date(activity: Activity, home_timezone: str) -> tuple[date, int, OffsetSource]:
    """Local date of the start, local time minus UTC in seconds, and where the offset is from.

    The file's own offset comes first, then the zone of the first position (tzfpy, which carries the
    boundaries of timezone-boundary-builder; at sea it answers with the nautical zone), then
    `home_timezone`, an IANA name (ZoneInfoNotFoundError if there is no such zone). All samples and
    legs of an activity belong to this one date.

    A virtual ride's positions are on an invented or a borrowed map, so they say nothing.
    """
    position_zone = _zone_at(activity)
    zone = position_zone or ZoneInfo(home_timezone)
    at_start = _offset_s(zone, activity.started_at_ms)
    in_file = _believed(activity.utc_offset_s)
    if in_file == 0 and position_zone is not None and at_start != 0:
        in_file = None  # some watches write UTC where local time belongs
    source: OffsetSource = "position" if position_zone is not None else "home"
    offset_s = at_start
    if in_file is not None:
        source = "file"
        # Files give the offset of their end; through a night on which the clocks change the start's
        # differs, which only the zone knows.
        if in_file != _offset_s(zone, activity.ended_at_ms):
            offset_s = in_file
    local = datetime.fromtimestamp(activity.started_at_ms / 1000 + offset_s, UTC)
    return local.date(), offset_s, source


def _believed(offset_s: int | None) -> int | None:
    if offset_s is None:
        return None
    quarter = round(offset_s / QUARTER_S) * QUARTER_S
    if abs(offset_s - quarter) > OFFSET_SLACK_S or not EARLIEST_OFFSET_S <= quarter <= LATEST_OFFSET_S:
        return None
    return quarter


def _zone_at(activity: Activity) -> ZoneInfo | None:
    from tzfpy import get_tz

    for piece in activity.legs or [activity]:
        lat, lon = piece.samples.get("lat"), piece.samples.get("lon")
        if lat is None or lon is None or piece.sub_sport == "virtual_activity":
            continue
        known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
        if len(known):
            try:
                return ZoneInfo(get_tz(float(lon[known[0]]), float(lat[known[0]])))
            except (ZoneInfoNotFoundError, ValueError):  # a zone younger than the system's table, or none
                return None
    return None


def _offset_s(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, zone).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0
