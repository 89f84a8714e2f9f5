"""Session messages: what each says of sport, time and sums, and where one ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files import sports
from momentum.activity_files.decoded import Columns, Problem
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.values import first_value, row_count, time_values

SESSION, SPORT = 18, 12
WANTED = frozenset(
    (
        "timestamp",
        "start_time",
        "sport",
        "sub_sport",
        "total_elapsed_time",
        "total_timer_time",
        "total_distance",
        "total_ascent",
        "pool_length",
        "workout_rpe",
    )
)
# Two clocks of one device that are further apart than this do not mean the same moment.
_AGREE_S = 60.0
# A recording that stands still longer than this was paused.
_PAUSE_S = 60.0
_DAY_S = 86400.0


@dataclass
class Session:
    """Times in FIT seconds; NaN where nothing was sent. sport and sub_sport are ours."""

    sport: str
    sub_sport: str
    start_s: float
    elapsed_s: float
    timer_s: float
    distance_m: float = np.nan
    ascent_m: float = np.nan
    pool_length_m: float = np.nan
    rpe: float = np.nan
    row: int = -1

    @property
    def end_s(self) -> float:
        return self.start_s + self.elapsed_s


def read_sessions(columns: Columns, sport: Columns, record_s: NDArray[np.float64], shift_s: float) -> list[Session]:
    """The file's sessions in order of time; one made of the records (ascending) where it has none."""
    rows = row_count(columns)
    values = {name: first_value(columns, name, rows).tolist() for name in WANTED}
    values |= {name: time_values(columns, name, rows).tolist() for name in ("timestamp", "start_time")}
    fallback = sport_of(sport)
    sessions = []
    for k in range(rows):
        named = _sport(values["sport"][k], values["sub_sport"][k])
        elapsed, timer = (_positive(values[name][k]) for name in ("total_elapsed_time", "total_timer_time"))
        start, end = values["start_time"][k] + shift_s, values["timestamp"][k] + shift_s
        if np.isnan(elapsed):
            elapsed = timer if np.isnan(end - start) or end <= start else end - start
        if np.isnan(start):
            start = end - elapsed
        elif k == 0 and record_s.size and abs(start - record_s[0]) > _AGREE_S >= abs(end - elapsed - record_s[0]):
            start = end - elapsed  # the start was reset, the end and the first sample agree
        if np.isnan(start) and record_s.size:
            start = record_s[0]
        if np.isnan(start):
            continue
        # workout_rpe is CR-10 times 10.
        rpe = values["workout_rpe"][k] / 10
        sessions.append(
            Session(
                *(named if named[0] != "other" or named[1] else fallback),
                start,
                elapsed,
                timer,
                values["total_distance"][k],
                values["total_ascent"][k],
                _positive(values["pool_length"][k]),
                rpe if 0 <= rpe <= 10 else np.nan,
                k,
            )
        )
    # Some devices write a session again when they save: twice the same is one.
    sessions = list({(one.sport, one.sub_sport, one.start_s, one.elapsed_s): one for one in sessions}.values())
    if not sessions and record_s.size:
        sessions.append(Session(*fallback, float(record_s[0]), np.nan, np.nan))
    sessions.sort(key=lambda session: session.start_s)
    return sessions


def unfinished(sessions: list[Session], sport: Columns, record_s: NDArray[np.float64]) -> list[Session]:
    """The leg that a damaged file holds samples of but no session any more."""
    ended = sessions[-1].end_s
    rest = record_s[record_s > ended]
    if np.isnan(ended) or not rest.size or rest[-1] - ended <= _AGREE_S:
        return []
    return [Session(*sport_of(sport), float(rest[0]), np.nan, np.nan)]


def sport_of(sport: Columns) -> tuple[str, str]:
    """Sport and sub-sport of the last `sport` message."""
    rows = row_count(sport)
    if not rows:
        return "other", ""
    return _sport(float(first_value(sport, "sport", rows)[-1]), float(first_value(sport, "sub_sport", rows)[-1]))


def _sport(sport: float, sub_sport: float) -> tuple[str, str]:
    """Our names; a word of FIT's that our sport does not say is kept as the sub-sport."""
    name = "" if np.isnan(sport) else profile.value_name("sport", int(sport))
    sub = "" if np.isnan(sub_sport) else profile.value_name("sub_sport", int(sub_sport))
    ours = sports.from_fit(name, sub)
    if sub in ("", "generic"):
        sub = "" if name in ("", "generic", ours) else name
    return ours, sub


def _positive(value: float) -> float:
    return value if 0 < value < 2**32 else np.nan


def cuts(sessions: list[Session]) -> NDArray[np.float64]:
    """Times that divide the file's samples among its sessions: one fewer than there are sessions.

    A sample on a boundary belongs to what begins there, one between two sessions to the nearer.
    """
    out = []
    for session, following in pairwise(sessions):
        gap = following.start_s - session.end_s
        out.append(following.start_s - gap / 2 if gap > 0 else following.start_s)
    return np.array(out, np.float64)


def settle_times(session: Session, record_s: NDArray[np.float64]) -> list[Problem]:
    """Makes elapsed and timer time of a session credible, by its samples (ascending FIT seconds)."""
    span = float(record_s[-1] - record_s[0]) if record_s.size else 0.0
    told, problems = session.elapsed_s, []
    if record_s.size > 1:
        short = told < span - max(_AGREE_S, 0.05 * span)
        if short and session.timer_s >= 0.95 * span:
            session.elapsed_s, session.timer_s = session.timer_s, told
            problems.append(
                Problem("elapsed and moving time were swapped", f"{told:.0f} s for {span:.0f} s of samples")
            )
        elif short or told > span + _DAY_S:
            session.elapsed_s = span
            problems.append(Problem("elapsed time not believed", f"{told:.0f} s for {span:.0f} s of samples"))
    if np.isnan(session.elapsed_s):
        session.elapsed_s = span
    if np.isnan(session.timer_s) and record_s.size > 1:
        steps = np.diff(record_s)
        session.timer_s = float(steps[steps <= _PAUSE_S].sum())
    session.timer_s = min(session.timer_s, session.elapsed_s)
    return problems


def is_multisport(sessions: list[Session]) -> bool:
    """Whether several sessions are legs of one event: different sports or a transition, without a long break."""
    close = all(b.start_s - a.end_s <= 3600 for a, b in pairwise(sessions))
    names = {session.sport for session in sessions}
    return len(sessions) > 1 and close and ("transition" in names or len(names) > 1)
