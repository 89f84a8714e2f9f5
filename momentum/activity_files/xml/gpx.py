"""GPX 1.0 and 1.1: tracks to activities. Routes and waypoints are plans and places, not training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from momentum.activity_files import sports
from momentum.activity_files.decoded import Activity, DecodedFile, Problem, Refused
from momentum.activity_files.xml.points import Part, Points, read_points
from momentum.activity_files.xml.track import complete, rows_of
from momentum.activity_files.xml.vocabulary import Leaf, Vocabulary

# Tracks of one sport, one after the other, less than this apart are one activity: apps begin a new
# track after a pause. A longer break is another session.
TRACK_GAP_S = 15 * 60

# Elements of the schemas topografix.com/GPX/1/1, garmin.com TrackPointExtension v1 and v2 and
# PowerExtension v1, cluetrust.com GPXDATA, and the bare names that Strava, Amazfit and others write.
# Garmin's and GPXDATA's cadence of a runner counts one foot, as ours does.
GPX = Vocabulary(
    point="trkpt",
    by_attributes=True,
    leaves=(
        ("time", Leaf("ts", "trkpt")),
        ("ele", Leaf("altitude_m", "trkpt")),
        ("hr", Leaf("heart_rate_bpm")),
        ("heartrate", Leaf("heart_rate_bpm")),
        ("cad", Leaf("cadence_rpm")),
        ("cadence", Leaf("cadence_rpm")),
        ("atemp", Leaf("temperature_c")),
        ("temp", Leaf("temperature_c")),
        ("temperature", Leaf("temperature_c")),
        ("speed", Leaf("speed_mps")),
        ("distance", Leaf("distance_m")),
        ("power", Leaf("power_w")),
        ("watts", Leaf("power_w")),
        ("powerinwatts", Leaf("power_w")),
    ),
    parts=("gpx", "trk", "trkseg", "name", "type"),
)


@dataclass
class _Track:
    first: int
    seen: int
    depth: int
    last: int = 0
    name: str = ""
    type: str = ""
    segments: list[int] = field(default_factory=list)

    @property
    def sport(self) -> str:
        """By the type; by the words of the name only where no type is given ("Morning Swim")."""
        if self.type:
            return sports.from_words(self.type)
        words = (sports.from_words(word) for word in self.name.split() if word.isalpha())
        return next((sport for sport in words if sport != "other"), "other")


def decode_gpx(stream: BinaryIO) -> DecodedFile:
    """The activities of a GPX document: one per track, its segments together.

    Tracks that follow each other within TRACK_GAP_S are one activity. Where the file has no distance it
    is the great-circle way within segments, where it has no speed that is distance over time
    (`track.complete`). Raises Refused: "not a GPX file", "XML with entities", "XML beyond
    limits", "encoding not read", "broken XML", "empty file", "no recorded track", "track without times".
    """
    points = read_points(stream, GPX, "gpx", "GPX")
    creator, tracks = _tracks(points)
    if points.seen == 0:
        raise Refused("no recorded track", "routes or waypoints only")
    timed = [track for track in tracks if track.last > track.first]
    if not timed and len(points.columns["ts"]):
        raise Refused("no recorded track", f"{points.seen} points that lie in no track")
    if not timed:
        raise Refused("track without times", f"{points.seen} points")
    problems = list(points.problems)
    sessions = _sessions(timed, points, problems)
    activities = [_activity(session, points, creator, problems) for session in sessions]
    return DecodedFile("gpx", activities, problems)


def _tracks(points: Points) -> tuple[str, list[_Track]]:
    """Who wrote the file, and its tracks, those without points too."""
    creator = ""
    tracks: list[_Track] = []
    track: _Track | None = None
    for part in points.parts:
        if part.name == "gpx":
            creator = part.attributes.get("creator", creator)
        elif part.name == "trk" and part.kind == "open" and track is None:
            track = _Track(part.row, part.seen, part.depth)
            tracks.append(track)
        elif track is not None and part.name == "trk" and part.kind == "close" and part.depth == track.depth:
            track.last, track = part.row, None
        elif track is not None and part.kind == "open":
            _describe(track, part)
    if track is not None:  # the file ends within it
        track.last = len(points.columns.get("ts", ()))
    return creator, tracks


def _describe(track: _Track, part: Part) -> None:
    if part.name == "trkseg":
        track.segments.append(part.row)
    elif part.depth == track.depth + 1 and part.name == "name":
        track.name = track.name or part.text
    elif part.depth == track.depth + 1 and part.name == "type":
        track.type = track.type or part.text


def _sessions(tracks: list[_Track], points: Points, problems: list[Problem]) -> list[list[_Track]]:
    ts = points.columns["ts"]
    sessions = [[tracks[0]]]
    for track in tracks[1:]:
        before = sessions[-1][-1]
        gap_ms = int(ts[track.first : track.last].min()) - int(ts[before.first : before.last].max())
        if track.sport == before.sport and 0 <= gap_ms <= TRACK_GAP_S * 1000:
            sessions[-1].append(track)
        else:
            sessions.append([track])
    joined = len(tracks) - len(sessions)
    if joined:
        detail = f"{joined} tracks begin within {TRACK_GAP_S // 60} min after the one before"
        problems.append(Problem("tracks joined", detail))
    return sessions


def _activity(session: list[_Track], points: Points, creator: str, problems: list[Problem]) -> Activity:
    first = session[0].first
    starts = np.array([row for track in session for row in (track.first, *track.segments)], np.int64) - first
    samples = rows_of(points.columns, first, session[-1].last)
    samples, told = complete(samples, np.unique(starts))
    problems += told
    ts = samples["ts"]
    distance = samples.get("distance_m")
    kind = session[0].type
    sport = session[0].sport
    return Activity(
        sport=sport,
        sub_sport=kind if sport == "other" and not kind.isdigit() else "",
        started_at_ms=int(ts[0]),
        elapsed_s=int(ts[-1] - ts[0]) / 1000,
        distance_m=None if distance is None else float(np.nanmax(distance)),
        utc_offset_s=points.utc_offset_s,
        device=creator,
        samples=samples,
    )
