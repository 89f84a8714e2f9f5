"""Two years of training planned session by session: weeks, recovery, illness, taper, races, tests.

Also what the athlete's abilities are on a day and the thresholds that tests set. Everything follows
from the athlete, the last day and the seed; a shorter season is the end of a longer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from momentum.demo import athletes as who
from momentum.demo.athletes import ATHLETES, Athlete, Race
from momentum.demo.body import Form

THRESHOLDS_EVERY_WEEKS = 16  # every second test moves the thresholds
_FIRST_THRESHOLDS_AGO = 107
_SATURDAY, _SUNDAY = 5, 6
_RACE_HOUR = 8.5
_SEASON_OF_LOAD, _SEASON_OF_FORM = 0.10, 0.07
_LOAD_AFTER_ILLNESS = 0.5  # for as many days as it lasted
_VT1, _VT2 = 0.86, 0.985  # of LTHR
_CP_OVER_FTP, _W_PRIME_J_PER_KG = 1.03, 250.0


@dataclass(frozen=True)
class Session:
    """One planned session. `load` is what it is sized to; a test or race brings its own."""

    athlete: Athlete
    starts: datetime  # with the athlete's zone
    sport: str
    kind: str
    load: float
    ago: int  # weeks before the last one
    race: Race | None = None

    @property
    def day(self) -> date:
        return self.starts.date()


def last_whole_day(now: datetime) -> date:
    """The latest day that is over for all three athletes at `now` (with a zone): no file lies in the future."""
    return min(now.astimezone(ZoneInfo(athlete.timezone)).date() for athlete in ATHLETES) - timedelta(days=1)


def monday(last_day: date, ago: int) -> date:
    """Monday of the week that lies `ago` weeks before that of the last day."""
    return last_day - timedelta(days=last_day.weekday() + 7 * ago)


def illness_days(athlete: Athlete, last_day: date) -> tuple[date, date]:
    """First day of the illness, and the first day after it."""
    first = monday(last_day, athlete.illness.ago) + timedelta(days=athlete.illness.weekday)
    return first, first + timedelta(days=athlete.illness.days)


def dice(seed: int, athlete: Athlete, day: date, what: int) -> Generator:
    """Random numbers that depend on these four only, not on what was generated before."""
    return np.random.default_rng([seed, athlete.number, day.toordinal(), what])


def sessions(athlete: Athlete, last_day: date, weeks: int, seed: int) -> Iterator[Session]:
    """All sessions of the last `weeks` weeks, in order, none after `last_day`."""
    ill_from, well_from = illness_days(athlete, last_day)
    careful_until = well_from + timedelta(days=athlete.illness.days)
    for ago in reversed(range(weeks)):
        for session in _week(athlete, last_day, ago, seed):
            if session.day > last_day or ill_from <= session.day < well_from:
                continue
            if well_from <= session.day < careful_until and session.sport != "strength":
                session = replace(session, kind="endurance", load=session.load * _LOAD_AFTER_ILLNESS)
            yield session


def _week(athlete: Athlete, last_day: date, ago: int, seed: int) -> Iterator[Session]:
    first_day = monday(last_day, ago)
    rng = dice(seed, athlete, first_day, 0)
    race = next((race for race in athlete.races if race.ago == ago), None)
    tapering = any(race.ago == ago - 1 for race in athlete.races)
    testing = ago % who.TEST_EVERY_WEEKS == who.TEST_WEEK and not race
    share = who.TAPER_SHARE if tapering else who.RACE_WEEK_SHARE if race else who.CYCLE[ago % 4]
    share = who.TEST_WEEK_SHARE if testing else share
    load = np.interp(_progress(ago), (0, 1), athlete.week_load) * share * rng.normal(1, 0.02)
    load *= 1 + _SEASON_OF_LOAD * _season(ago)
    slots = athlete.weeks[ago % 2]
    if race:
        slots = tuple(slot for slot in slots if slot.weekday < _SATURDAY and slot.sport != "strength")
    total = sum(slot.share for slot in slots)
    # whoever is tested is rested: the last session of the sport in a recovery week without a race
    tested = [slot for slot in slots if slot.sport == athlete.test_sport][-1] if testing else None
    for slot in slots:
        kind = slot.kinds[(ago // 2) % len(slot.kinds)]
        if ago % 4 == who.RECOVERY_WEEK and slot.sport != "strength":
            kind = "test" if slot is tested else "endurance"
        starts = _at(athlete, first_day, slot.weekday, slot.hour, rng)
        yield Session(athlete, starts, slot.sport, kind, load * slot.share / total, ago)
    if race:
        starts = _at(athlete, first_day, _SUNDAY, _RACE_HOUR, rng)
        yield Session(athlete, starts, race.sport, "race", race.load, ago, race)


def _at(athlete: Athlete, first_day: date, weekday: int, hour: float, rng: Generator) -> datetime:
    """A moment near a local hour, to the second, as people start: never twice at the same time."""
    seconds = int(hour * 3600 + rng.normal(0, 900))
    day = first_day + timedelta(days=weekday)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(athlete.timezone)) + timedelta(seconds=seconds)


def _season(ago: float) -> float:
    """From -1 in the middle of the off-season to 1 at the height of the season, once a year."""
    return float(-np.sin(4 * np.pi * (1 - ago / who.DEMO_WEEKS)))


def _progress(ago: float) -> float:
    """How far between the first and the last form: upwards over the years, and up and down with the season."""
    return float(np.clip(1 - ago / who.DEMO_WEEKS + _SEASON_OF_FORM * _season(ago), 0, 1))


def form_on(athlete: Athlete, day: date, last_day: date) -> Form:
    """What the athlete can do on a day."""
    share = _progress((last_day - day).days / 7)
    return Form(*(a + (b - a) * share for a, b in zip(astuple(athlete.first), astuple(athlete.last), strict=True)))


def threshold_rows(athlete: Athlete, last_day: date, weeks: int) -> list[dict[str, Any]]:
    """Rows for `thresholds`, a whole set for each sport and date; the first is valid before the first session.

    A set is valid from the Monday after every second test.
    """
    first_day = monday(last_day, weeks - 1)
    tests = range(_FIRST_THRESHOLDS_AGO - 6, 0, -THRESHOLDS_EVERY_WEEKS)
    days = [min(monday(last_day, _FIRST_THRESHOLDS_AGO), first_day), *(monday(last_day, ago) for ago in tests)]
    start = max(day for day in days if day <= first_day)
    return [row for day in days if day >= start for row in _threshold_set(athlete, day, last_day)]


def _threshold_set(athlete: Athlete, day: date, last_day: date) -> list[dict[str, Any]]:
    form = form_on(athlete, day, last_day)
    ftp, lthr = round(form.ftp_w), round(form.lthr_bpm)
    common = {
        "athlete_id": athlete.athlete_id,
        "valid_from": day,
        "lthr_bpm": lthr,
        "resting_hr_bpm": round(form.resting_hr_bpm),
        "max_hr_bpm": round(form.max_hr_bpm),
        "vt1_bpm": round(_VT1 * lthr),
        "vt2_bpm": round(_VT2 * lthr),
    }
    power = {
        "ftp_w": ftp,
        "critical_power_w": round(_CP_OVER_FTP * ftp),
        "w_prime_j": round(_W_PRIME_J_PER_KG * form.weight_kg, -2),
    }
    by_sport = {
        "cycling": power if ftp else {},
        "running": {"threshold_speed_mps": round(form.threshold_speed_mps, 2)} if form.threshold_speed_mps else {},
        "swimming": {"css_mps": round(form.css_mps, 2)} if form.css_mps else {},
    }
    return [{**common, "sport": sport, **values} for sport, values in by_sport.items() if values]
