"""Which file of a group an activity is read from, and the sentences that say why files belong together."""

from __future__ import annotations

from collections.abc import Sequence

from momentum.activity_files.alike import Candidate

# What a channel is worth. Power and heart rate decide which loads can be computed, position the course
# and the climbs; the rest can often be had from others.
CHANNEL_POINTS = {
    "power_w": 4.0, "heart_rate_bpm": 3.0, "lat": 3.0, "cadence_rpm": 1.0, "altitude_m": 1.0, "speed_mps": 1.0,
    "distance_m": 1.0, "temperature_c": 0.5,
}  # fmt: skip
DENSITY_POINTS = 3.0  # a sample a second; smart recording gets its share
LENGTH_POINTS = 8.0  # missing channels can be filled from the others, missing minutes cannot
FORMAT_POINTS = {"fit": 2.0, "tcx": 1.0, "gpx": 0.0, "manual": 0.0}
BARRED_SOURCE = "strava"  # see coach.md's source rule: on a tie the file that may be used

_FORMATS = ("fit", "tcx", "gpx", "manual")
_SHOWN = {"power_w": "power", "heart_rate_bpm": "heart rate", "lat": "position", "cadence_rpm": "cadence"}


def richest(members: Sequence[Candidate]) -> Candidate:
    """The member that tells most: events first (legs cannot be had from elsewhere), then points, then
    a FIT, then a source that is not barred, then the smallest key."""
    longest_s = max((one.elapsed_s for one in members if one.samples), default=0.0)

    def order(one: Candidate) -> tuple[object, ...]:
        return (
            one.legs == 0,
            one.samples == 0,
            -round(_points(one, longest_s), 6),
            _FORMATS.index(one.format),
            one.source == BARRED_SOURCE,
            one.key,
        )

    return min(members, key=order)


def _points(one: Candidate, longest_s: float) -> float:
    channels = sum(CHANNEL_POINTS.get(name, 0.0) for name in one.channels)
    density = min(1.0, one.samples / max(one.elapsed_s, 1.0))
    length = one.elapsed_s / longest_s if longest_s > 0 else 0.0
    return channels + DENSITY_POINTS * density + LENGTH_POINTS * length + FORMAT_POINTS[one.format]


def why_chosen(one: Candidate, count: int) -> str:
    """A sentence on the chosen file of a group of `count`."""
    if count == 1:
        return "the only file"
    has = [word for name, word in _SHOWN.items() if name in one.channels]
    if one.legs:
        has.insert(0, f"{one.legs} legs")
    if one.samples:
        has.append(f"a sample every {max(one.elapsed_s, 1.0) / one.samples:.1f} s")
    return f"richest of {count} files: {one.format} with {', '.join(has) or 'its totals'}"


def why_same(one: Candidate, chosen: Candidate, clock_ms: int) -> str:
    """A sentence on how `one`, its clock corrected by `clock_ms`, agrees with `chosen`."""
    start, end = one.started_at_ms + clock_ms, one.ended_at_ms + clock_ms
    parts = [_offset("start", start - chosen.started_at_ms)]
    if chosen.legs and not one.legs:
        parts.insert(0, "lies inside the event")
    else:
        parts.append(_offset("end", end - chosen.ended_at_ms))
    if one.distance_m and chosen.distance_m and bool(one.legs) == bool(chosen.legs):
        apart = abs(one.distance_m - chosen.distance_m) / max(one.distance_m, chosen.distance_m)
        parts.append(f"same distance within {max(100 * apart, 0.1):.1f} %")
    if clock_ms:
        parts.insert(0, f"clock wrong by {abs(clock_ms) / 3_600_000:g} h, the same course")
    return ", ".join(parts)


def _offset(what: str, ms: int) -> str:
    seconds = abs(ms) / 1000
    if seconds <= 60:
        return f"same {what} within {max(1, -(-abs(ms) // 1000))} s"
    return f"{what} {seconds / 60:.0f} min {'later' if ms > 0 else 'earlier'}"
