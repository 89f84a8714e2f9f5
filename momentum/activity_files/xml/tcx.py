"""TCX: Garmin's Training Center Database v2. Courses and workouts in it are plans, not training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO

import numpy as np

from momentum.activity_files import sports
from momentum.activity_files.decoded import Activity, Columns, DecodedFile, Problem, Refused
from momentum.activity_files.xml.points import Part, Points, read_points
from momentum.activity_files.xml.text import number, time_ms
from momentum.activity_files.xml.track import complete, rows_of
from momentum.activity_files.xml.vocabulary import Leaf, Vocabulary

# Parts of one MultiSportSession further apart are no legs of one event: some programs put a month's
# activities into one.
LEG_GAP_S = 4 * 3600
LONGEST_LAP_S = 31 * 86_400

# Elements of garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd and ActivityExtensionv2.xsd (TPX).
# RunCadence counts one foot, as ours does.
TCX = Vocabulary(
    point="trackpoint",
    by_attributes=False,
    leaves=(
        ("time", Leaf("ts", "trackpoint")),
        ("latitudedegrees", Leaf("lat")),
        ("longitudedegrees", Leaf("lon")),
        ("altitudemeters", Leaf("altitude_m")),
        ("distancemeters", Leaf("distance_m")),
        ("value", Leaf("heart_rate_bpm", "heartratebpm")),
        ("cadence", Leaf("cadence_rpm")),
        ("runcadence", Leaf("cadence_rpm")),
        ("speed", Leaf("speed_mps")),
        ("watts", Leaf("power_w")),
    ),
    parts=(
        "trainingcenterdatabase", "activities", "multisportsession", "firstsport", "nextsport", "transition",
        "activity", "lap", "track", "totaltimeseconds", "distancemeters", "creator", "name", "unitid",
    ),
)  # fmt: skip


@dataclass
class _Lap:
    row: int
    start_ms: int | None
    elapsed_s: float = math.nan
    distance_m: float = math.nan


@dataclass
class _Session:
    sport: str
    word: str
    first: int
    group: int  # which MultiSportSession it is a leg of; 0 none
    last: int = 0
    laps: list[_Lap] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)
    device: str = ""
    serial: str = ""


def decode_tcx(stream: BinaryIO) -> DecodedFile:
    """The activities of a TCX document; a MultiSportSession is an event with its sports and transitions as legs.

    A session without track points (entered by hand) is kept for its laps. Distance and speed are filled
    as in GPX where the file has none. Raises Refused: "not a TCX file", "XML with entities", "XML beyond
    limits", "encoding not read", "broken XML", "empty file", "no recorded activity", "track without times".
    """
    points = read_points(stream, TCX, "TrainingCenterDatabase", "TCX")
    problems = list(points.problems)
    found = []
    for session in _sessions(points):
        activity = _activity(session, points, problems)
        if activity is not None:
            found.append((session.group, activity))
    if not found and points.seen and not len(points.columns["ts"]):
        raise Refused("track without times", f"{points.seen} points")
    if not found:
        raise Refused("no recorded activity", "courses or workouts only, or nothing at all")
    return DecodedFile("tcx", _with_events(found, problems), problems)


def _sessions(points: Points) -> list[_Session]:
    sessions: list[_Session] = []
    session: _Session | None = None
    groups, group = 0, 0
    for part in points.parts:
        if part.name == "multisportsession":
            groups += part.kind == "open"
            group = groups if part.kind == "open" else 0
        elif part.name in ("activity", "transition"):
            if session is not None:
                session.last, session = part.row, None
            if part.kind == "open":
                session = _session(part, group)
                sessions.append(session)
        elif session is not None and part.kind == "open":
            _describe(session, part)
    if session is not None:  # the file ends within it
        session.last = len(points.columns.get("ts", ()))
    return sessions


def _session(part: Part, group: int) -> _Session:
    if part.name == "transition":  # is a lap itself
        return _Session("transition", "", part.row, group, laps=[_lap(part)])
    word = part.attributes.get("Sport", "")
    return _Session(sports.from_words(word), word, part.row, group)


def _lap(part: Part) -> _Lap:
    return _Lap(part.row, time_ms(part.attributes.get("StartTime", "")))


def _describe(session: _Session, part: Part) -> None:
    if part.name == "lap":
        session.laps.append(_lap(part))
    elif part.name == "track":
        session.tracks.append(part.row)
    elif part.name == "totaltimeseconds" and session.laps:
        session.laps[-1].elapsed_s = _within(part.text, LONGEST_LAP_S)
    elif part.name == "distancemeters" and session.laps:
        session.laps[-1].distance_m = _within(part.text, math.inf)
    elif part.name == "name":
        session.device = session.device or part.text
    elif part.name == "unitid":
        session.serial = session.serial or (part.text.strip("0") and part.text)


def _within(text: str, highest: float) -> float:
    value = number(text)
    return value if value is not None and 0 <= value <= highest and math.isfinite(value) else math.nan


def _activity(session: _Session, points: Points, problems: list[Problem]) -> Activity | None:
    """The activity of a session; None where it has neither a point with a time nor a lap that says when."""
    samples = rows_of(points.columns, session.first, session.last)
    starts = np.unique(np.array([session.first, *session.tracks], np.int64)) - session.first
    if len(samples["ts"]):
        samples, told = complete(samples, starts)
        problems += told
    laps = _laps(session, points.columns["ts"])
    if not len(samples["ts"]) and not np.nansum(laps["elapsed_s"]) > 0:
        return None
    begins = [*samples["ts"][:1].tolist(), *laps["start"].tolist()]
    ends = [*samples["ts"][-1:].tolist(), *(laps["start"] + np.nan_to_num(laps["elapsed_s"]) * 1000).tolist()]
    moving_s = float(np.nansum(laps["elapsed_s"]))
    return Activity(
        sport=session.sport,
        sub_sport=session.word if session.sport == "other" and session.word.lower() != "other" else "",
        started_at_ms=min(begins),
        elapsed_s=round(max(ends) - min(begins)) / 1000,
        moving_s=moving_s or None,
        distance_m=_distance(samples, laps),
        utc_offset_s=points.utc_offset_s,
        device=session.device,
        device_serial=session.serial,
        samples=samples,
        laps=laps,
    )


def _laps(session: _Session, ts: np.ndarray) -> Columns:
    """Laps that say when they begin, or whose first point does."""
    starts, kept = [], []
    for at, lap in enumerate(session.laps):
        until = session.laps[at + 1].row if at + 1 < len(session.laps) else session.last
        if lap.start_ms is not None:
            starts.append(lap.start_ms)
        elif lap.row < until:
            starts.append(int(ts[lap.row]))
        else:
            continue
        kept.append(lap)
    return {
        "start": np.array(starts, np.int64),
        "elapsed_s": np.array([lap.elapsed_s for lap in kept], np.float64),
        "distance_m": np.array([lap.distance_m for lap in kept], np.float64),
        "kind": np.full(len(kept), "lap"),
        "stroke": np.full(len(kept), ""),
        "swim_strokes": np.full(len(kept), np.nan),
    }


def _distance(samples: Columns, laps: Columns) -> float | None:
    """What the laps say in sum, else how far the samples come."""
    by_laps = float(np.nansum(laps["distance_m"]))
    if by_laps > 0:
        return by_laps
    if "distance_m" in samples:
        return float(np.nanmax(samples["distance_m"]))
    return by_laps if np.isfinite(laps["distance_m"]).any() else None


def _with_events(found: list[tuple[int, Activity]], problems: list[Problem]) -> list[Activity]:
    """Activities in the file's order, those of one MultiSportSession as legs of one event."""
    activities: list[Activity] = []
    for group in dict.fromkeys(group for group, _ in found):
        legs = [activity for number, activity in found if number == group]
        if group == 0 or len(legs) == 1:
            activities += legs
            continue
        legs.sort(key=lambda leg: leg.started_at_ms)
        gaps = [later.started_at_ms - before.ended_at_ms for before, later in pairwise(legs)]
        if max(gaps) > LEG_GAP_S * 1000:
            detail = f"up to {max(gaps) / 3_600_000:.1f} h between them: taken as activities of their own"
            problems.append(Problem("multisport session is no event", detail))
            activities += legs
        else:
            activities.append(_event(legs))
    return activities


def _event(legs: list[Activity]) -> Activity:
    moving = [leg.moving_s for leg in legs if leg.moving_s is not None]
    distances = [leg.distance_m for leg in legs if leg.distance_m is not None]
    return Activity(
        sport="multisport",
        started_at_ms=legs[0].started_at_ms,
        elapsed_s=sum(leg.elapsed_s for leg in legs),
        moving_s=sum(moving) if len(moving) == len(legs) else None,
        distance_m=sum(distances) if distances else None,
        utc_offset_s=legs[0].utc_offset_s,
        device=legs[0].device,
        device_serial=legs[0].device_serial,
        legs=legs,
    )
