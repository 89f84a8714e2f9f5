"""Load and fitness over days and weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from momentum.warehouse.client import Client

# A week that stands out as light: at most this share of the mean of the three weeks before it. A rule of
# thumb for the eye (a planned recovery week is at 60 % of the load before), not a judgement.
LIGHT_WEEK = 0.75

_FITNESS = (
    "local_date", "load", "ctl", "atl", "tsb", "tsb_evening", "ramp_rate", "acwr", "acwr_uncoupled", "acwr_ewma",
    "monotony", "strain", "source_changed",
)  # fmt: skip


@dataclass(frozen=True)
class DailyLoad:
    """Load of each day and sport.

    days: (n) datetime64[D], every day of the range from the first activity on. sports: (k) names, the
    one with the most load first. loads: (n, k) float64, 0 where nothing was trained.
    """

    days: NDArray[np.datetime64]
    sports: tuple[str, ...]
    loads: NDArray[np.float64]


def this_week(client: Client, athlete_id: str, today: date) -> list[dict[str, Any]]:
    """What was trained from the Monday of `today`'s week to `today`, per day and sport.

    local_date, sport, load, duration_s, distance_m, sessions, unloaded_sessions (of which no load could
    be had). Days of rest have no row; legs of a multisport event count one by one.
    """
    return client.rows(
        """
        SELECT local_date, sport, sum(ifNull(m.load, 0)) AS load, sum(m.duration_s) AS duration_s,
            sum(ifNull(m.distance_m, 0)) AS distance_m, count() AS sessions,
            countIf(m.load IS NULL) AS unloaded_sessions
        FROM activity_metrics AS m
        WHERE athlete_id = {athlete:String} AND local_date BETWEEN {monday:Date} AND {today:Date}
        GROUP BY local_date, sport
        ORDER BY local_date, load DESC, sport
        """,
        {"athlete": athlete_id, "monday": today - timedelta(days=today.weekday()), "today": today},
    )


def fitness_on(client: Client, athlete_id: str, day: date) -> list[dict[str, Any]]:
    """Fitness as of a day: per sport ("all" first, then by ctl) the newest row of at most that day.

    All columns of `fitness` but athlete_id and model_version; monotony is None with a monotony_reason.
    """
    return client.rows(
        """
        SELECT * EXCEPT (athlete_id, model_version) FROM fitness
        WHERE athlete_id = {athlete:String} AND local_date = (
            SELECT max(local_date) FROM fitness WHERE athlete_id = {athlete:String} AND local_date <= {day:Date}
        )
        ORDER BY sport != 'all', ctl DESC, sport
        """,
        {"athlete": athlete_id, "day": day},
    )


def fitness_series(client: Client, athlete_id: str, sport: str, first: date, last: date) -> dict[str, NDArray[Any]]:
    """The series of one sport, or "all", as columns of equal length in order of days.

    local_date datetime64[D]; load, ctl, atl, tsb (morning), tsb_evening, ramp_rate, acwr, acwr_uncoupled,
    acwr_ewma, monotony, strain float64 with NaN where null; source_changed bool.
    """
    table = client.query(
        f"SELECT {', '.join(_FITNESS)} FROM fitness WHERE athlete_id = {{athlete:String}} "
        "AND sport = {sport:String} AND local_date BETWEEN {first:Date} AND {last:Date} ORDER BY local_date",
        {"athlete": athlete_id, "sport": sport, "first": first, "last": last},
    )
    return {name: table.column(name).to_numpy() for name in _FITNESS}


def daily_load_by_sport(client: Client, athlete_id: str, first: date, last: date) -> DailyLoad:
    """Load of each day and sport, for stacked bars."""
    parameters = {"athlete": athlete_id, "first": first, "last": last}
    of_range = "athlete_id = {athlete:String} AND local_date BETWEEN {first:Date} AND {last:Date}"
    sports = client.rows(
        f"SELECT sport FROM daily_load ARRAY JOIN mapKeys(load_by_sport) AS sport, mapValues(load_by_sport) AS part "
        f"WHERE {of_range} GROUP BY sport HAVING sum(part) > 0 ORDER BY sum(part) DESC, sport",
        parameters,
    )
    names = [row["sport"] for row in sports]
    table = client.query(
        f"SELECT local_date, arrayMap(name -> load_by_sport[name], {{names:Array(String)}}) AS loads "
        f"FROM daily_load WHERE {of_range} ORDER BY local_date",
        parameters | {"names": names},
    )
    loads = table.column("loads").combine_chunks().flatten().to_numpy().reshape(table.num_rows, len(names))
    return DailyLoad(table.column("local_date").to_numpy(), tuple(names), loads)


def load_by_sport(client: Client, athlete_id: str, first: date, last: date) -> list[dict[str, Any]]:
    """One row per week (from its Monday) from the first trained one on; weeks without training are there.

    The weeks are those that `first` to `last` touch, whole as `weekly_rollup` has them. week, load,
    duration_s, sessions, by_sport (load of each sport trained), complete (False where the week ends after
    `last`), light (at most LIGHT_WEEK of the mean of the three weeks before; never where incomplete).
    """
    return client.rows(
        """
        WITH
            weeks AS (
                SELECT period_start AS week, sumIf(w.load, sport = 'all') AS load,
                    sumIf(w.duration_s, sport = 'all') AS duration_s, sumIf(w.sessions, sport = 'all') AS sessions,
                    CAST(groupArrayIf((toString(sport), w.load), sport != 'all'), 'Map(String, Float64)') AS by_sport
                FROM weekly_rollup AS w
                WHERE athlete_id = {athlete:String}
                    AND period_start BETWEEN toMonday({first:Date}) - 21 AND toMonday({last:Date})
                GROUP BY week
                ORDER BY week WITH FILL TO toMonday({last:Date}) + 1 STEP 7
            ),
            judged AS (
                SELECT *, toBool(week + 6 <= {last:Date}) AS complete,
                    toBool(complete AND count() OVER before = 3 AND load <= {share:Float64} * avg(load) OVER before)
                        AS light
                FROM weeks WINDOW before AS (ORDER BY week ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)
            )
        SELECT week, load, duration_s, sessions, by_sport, complete, light FROM judged
        WHERE week >= toMonday({first:Date}) ORDER BY week
        """,
        {"athlete": athlete_id, "first": first, "last": last, "share": LIGHT_WEEK},
    )
