"""Two years as they are stated: bands of weekly load, recovery, illness, taper, progress, dates.

Loads are estimated here from the samples and the thresholds set for the day, by formulas of this file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from momentum.activity_files.decoded import Activity
from momentum.demo.athletes import ATHLETES, DEMO_WEEKS, RECOVERY_AT_MOST, Athlete
from momentum.demo.season import Session, form_on, illness_days, last_whole_day, monday, sessions, threshold_rows
from momentum.demo.simulate import courses, simulate

LAST_DAY = date(2026, 11, 24)
SEED = 7


@dataclass
class Season:
    athlete: Athlete
    sessions: list[Session]
    loads: dict[int, float] = field(default_factory=lambda: defaultdict(float))  # by weeks before the last
    hardest: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # channel: highest value
    lowest_hr: float = 999.0
    samples: int = 0


def _threshold(rows: list[dict], sport: str, day: date, column: str) -> float:
    valid = [row for row in rows if row["sport"] == sport and row["valid_from"] <= day]
    return max(valid, key=lambda row: row["valid_from"])[column]


def _load(activity: Activity, rows: list[dict], day: date) -> float:
    """TSS by normalized power; pace and swim scores by mean speed over the time in motion; strength counts 0."""
    if activity.legs:
        return sum(_load(leg, rows, day) for leg in activity.legs)
    hours = (activity.moving_s or 0) / 3600
    if activity.sport == "cycling":
        rolling = np.convolve(activity.samples["power_w"], np.ones(30) / 30, mode="valid")
        return 100 * hours * (np.mean(rolling**4) ** 0.25 / _threshold(rows, "cycling", day, "ftp_w")) ** 2
    if activity.sport == "running":
        speed = activity.distance_m / activity.moving_s
        return 100 * hours * (speed / _threshold(rows, "running", day, "threshold_speed_mps")) ** 2
    if activity.sport == "swimming":
        lengths = activity.laps["distance_m"][activity.laps["kind"] == "length"]
        swum_s = activity.laps["elapsed_s"][activity.laps["kind"] == "length"][lengths > 0].sum()
        speed = lengths.sum() / swum_s if len(lengths) else activity.distance_m / activity.moving_s
        css = _threshold(rows, "swimming", day, "css_mps")
        return 100 * (swum_s or activity.moving_s) / 3600 * (speed / css) ** 3
    return 0.0


@pytest.fixture(scope="module", params=ATHLETES, ids=lambda athlete: athlete.athlete_id)
def season(request: pytest.FixtureRequest) -> Season:
    athlete = request.param
    season = Season(athlete, list(sessions(athlete, LAST_DAY, DEMO_WEEKS, SEED)))
    rows, usual = threshold_rows(athlete, LAST_DAY, DEMO_WEEKS), courses(athlete, SEED)
    for session in season.sessions:
        activity = simulate(session, form_on(athlete, session.day, LAST_DAY), usual, SEED)
        season.loads[session.ago] += _load(activity, rows, session.day)
        for part in activity.legs or [activity]:
            season.samples += len(part.samples["ts"])
            for channel, values in part.samples.items():
                season.hardest[channel] = max(season.hardest[channel], np.nanmax(values))
            if "heart_rate_bpm" in part.samples:
                season.lowest_hr = min(season.lowest_hr, part.samples["heart_rate_bpm"].min())
    return season


def _race_weeks(athlete: Athlete) -> set[int]:
    return {race.ago for race in athlete.races}


def _weeks_off_plan(athlete: Athlete) -> set[int]:
    """Weeks that hold days of the illness or of the careful days after it, and the unfinished last week."""
    ill_from, well_from = illness_days(athlete, LAST_DAY)
    days = [ill_from + timedelta(days=k) for k in range(2 * (well_from - ill_from).days)]
    return {(monday(LAST_DAY, 0) - day).days // 7 + 1 if day < monday(LAST_DAY, 0) else 0 for day in days} | {0}


def test_loading_weeks_keep_within_the_stated_band(season: Season) -> None:
    low, high = season.athlete.band
    races, off = _race_weeks(season.athlete), _weeks_off_plan(season.athlete)
    tapers = {ago + 1 for ago in races}
    loading = {ago: load for ago, load in season.loads.items() if ago % 4 != 2 and ago not in races | tapers | off}
    assert len(loading) > 60
    outside = {ago: round(load) for ago, load in loading.items() if not low <= load <= high}
    assert outside == {}
    assert max(loading.values()) > 0.8 * high  # the band is not stated wider than it needs to be
    assert min(loading.values()) < 1.35 * low


def test_every_fourth_week_recovers(season: Season) -> None:
    off = _weeks_off_plan(season.athlete) | _race_weeks(season.athlete)
    recovery = [ago for ago in range(2, DEMO_WEEKS - 3, 4) if not off & {ago, ago + 1, ago + 2, ago + 3}]
    assert len(recovery) > 15
    for ago in recovery:
        before = np.mean([season.loads[ago + k] for k in (1, 2, 3)])
        assert season.loads[ago] <= RECOVERY_AT_MOST * before, ago


def test_no_session_while_ill_and_some_around_it(season: Season) -> None:
    ill_from, well_from = illness_days(season.athlete, LAST_DAY)
    days = [session.day for session in season.sessions]
    assert not [day for day in days if ill_from <= day < well_from]
    assert well_from - ill_from == timedelta(days=season.athlete.illness.days)
    week = timedelta(days=7)
    assert [day for day in days if ill_from - week <= day < ill_from]
    assert [day for day in days if well_from <= day < well_from + week]


def test_races_are_rested_for(season: Season) -> None:
    for race in season.athlete.races:
        usual = np.mean([season.loads[race.ago + k] for k in (2, 3)])
        assert season.loads[race.ago + 1] < 0.85 * usual
        (raced,) = [session for session in season.sessions if session.race is race]
        assert raced.day.weekday() == 6
        assert raced.ago == race.ago


def test_every_planned_race_and_at_least_eight_tests_are_there(season: Season) -> None:
    assert sum(session.race is not None for session in season.sessions) == len(season.athlete.races)
    assert sum(session.kind == "test" for session in season.sessions) >= 8


def test_nothing_is_measured_that_a_body_cannot_do(season: Season) -> None:
    last = season.athlete.last
    assert season.hardest["heart_rate_bpm"] <= season.athlete.first.max_hr_bpm
    assert season.hardest["heart_rate_bpm"] > last.lthr_bpm + 5
    assert season.lowest_hr > season.athlete.last.resting_hr_bpm
    assert season.hardest["speed_mps"] < 17
    assert season.hardest.get("power_w", 0) < 2.6 * max(last.ftp_w, 1)


def test_thresholds_move_upwards_and_one_is_always_valid(season: Season) -> None:
    rows = threshold_rows(season.athlete, LAST_DAY, DEMO_WEEKS)
    columns = {"cycling": "ftp_w", "running": "threshold_speed_mps", "swimming": "css_mps"}
    for sport in {row["sport"] for row in rows}:
        of_sport = sorted((row for row in rows if row["sport"] == sport), key=lambda row: row["valid_from"])
        assert of_sport[0]["valid_from"] <= season.sessions[0].day
        assert of_sport[-1]["valid_from"] <= LAST_DAY
        assert len(of_sport) >= 5
        assert of_sport[-1][columns[sport]] > 1.05 * of_sport[0][columns[sport]]
        assert all(row["resting_hr_bpm"] < row["vt1_bpm"] < row["lthr_bpm"] < row["max_hr_bpm"] for row in of_sport)


def test_the_size_of_the_demo_is_as_stated() -> None:
    number = sum(len(list(sessions(athlete, LAST_DAY, DEMO_WEEKS, SEED))) for athlete in ATHLETES)
    assert 1000 <= number <= 1300


def test_a_short_season_is_the_end_of_a_long_one() -> None:
    for athlete in ATHLETES:
        short = list(sessions(athlete, LAST_DAY, 6, SEED))
        assert short == [session for session in sessions(athlete, LAST_DAY, 40, SEED) if session.ago < 6]
        first_day = monday(LAST_DAY, 5)
        assert min(row["valid_from"] for row in threshold_rows(athlete, LAST_DAY, 6)) <= first_day


@pytest.mark.parametrize("last_day", [date(2026, 11, 23), date(2026, 11, 29), date(2028, 2, 29), date(2026, 3, 29)])
def test_no_session_after_the_last_day_where_the_athlete_is(last_day: date) -> None:
    for athlete in ATHLETES:
        days = [
            session.starts.astimezone(ZoneInfo(athlete.timezone)).date()
            for session in sessions(athlete, last_day, 8, 1)
        ]
        assert days == sorted(days)
        assert max(days) <= last_day
        assert last_day - max(days) <= timedelta(days=4)


def test_some_evenings_in_denver_are_the_next_day_in_utc() -> None:
    noor = list(sessions(ATHLETES[1], LAST_DAY, 20, SEED))
    assert any(session.starts.astimezone(UTC).date() != session.day for session in noor)


def test_the_last_whole_day_is_over_for_everybody() -> None:
    moment = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # still the 24th in Denver
    assert last_whole_day(moment) == date(2026, 11, 23)
    for athlete in ATHLETES:
        ends = datetime(2026, 11, 24, tzinfo=ZoneInfo(athlete.timezone))
        assert ends <= moment
