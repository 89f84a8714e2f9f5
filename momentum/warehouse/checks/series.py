"""Checks of the daily series: no day is missing, and fitness stands on the very loads of daily_load.

Sides are compared by athlete and month, not by day: memory stays small over a whole cohort, and the
sample still says where to look.
"""

from __future__ import annotations

from momentum.warehouse.checks.check import Check, in_months

# Sums of the same numbers in another order; loads are of the order of 100.
TOLERANCE = "1e-6"


def series_checks() -> list[Check]:
    """All block: a hole or a wrong load in a series with memory makes every later day wrong."""
    return [_no_gaps(), _load_of_sports(), _load_of_activities(), _fitness_days(), _fitness_sports()]


def _no_gaps() -> Check:
    """Up to the last day there is; that it is today is for the nightly run to see to."""
    return Check(
        "daily_load",
        "no_gaps",
        "a row for every day from the first activity on",
        True,
        f"""
        SELECT span.athlete_id AS athlete_id, span.month AS month, span.days AS expected, found.days AS found
        FROM (
            SELECT athlete_id, arrayJoin(arrayMap(
                    i -> addMonths(toStartOfMonth(first_day), i),
                    range(toUInt32(dateDiff('month', first_day, last_day) + 1)))) AS month,
                toInt64(least(toLastDayOfMonth(month), last_day) - greatest(month, first_day) + 1) AS days
            FROM (
                SELECT athlete_id, min(local_date) AS first_day, maxIf(local_date, dense) AS last_day
                FROM (
                    SELECT athlete_id, local_date, true AS dense FROM daily_load
                    UNION ALL
                    SELECT athlete_id, local_date, false AS dense FROM activity_metrics
                )
                GROUP BY athlete_id
                HAVING last_day >= first_day
            )
        ) AS span
        LEFT JOIN (
            SELECT athlete_id, toStartOfMonth(local_date) AS month, toInt64(uniqExact(local_date)) AS days
            FROM daily_load WHERE {in_months("local_date")} GROUP BY athlete_id, month
        ) AS found USING (athlete_id, month)
        WHERE {in_months("span.month")} AND span.days != found.days
        """,
    )


def _load_of_sports() -> Check:
    return Check(
        "daily_load",
        "sports_sum_to_load",
        "a day's load is the sum of the loads of its sports",
        True,
        f"""
        SELECT athlete_id, local_date, load, arraySum(mapValues(load_by_sport)) AS sum_of_sports FROM daily_load
        WHERE {in_months("local_date")} AND NOT (abs(load - sum_of_sports) <= {TOLERANCE})
        """,
    )


def _load_of_activities() -> Check:
    """Sums weighted by the day of the month as well: a load on the wrong day shows too."""
    return Check(
        "daily_load",
        "equals_activities",
        "load and sessions are those of the activities of the day",
        True,
        f"""
        SELECT athlete_id, toStartOfMonth(local_date) AS month, sum(day_load) AS load_too_much,
            sum(day_sessions) AS sessions_too_many
        FROM (
            SELECT athlete_id, local_date, load AS day_load, toInt64(sessions) AS day_sessions FROM daily_load
            UNION ALL
            SELECT athlete_id, local_date, -ifNull(load, 0), toInt64(-1) FROM activity_metrics
            INNER JOIN (
                SELECT athlete_id, max(local_date) AS last_day FROM daily_load GROUP BY athlete_id
            ) AS computed USING (athlete_id)
            WHERE local_date <= last_day
        )
        WHERE {in_months("local_date")}
        GROUP BY athlete_id, month
        HAVING NOT (
            abs(load_too_much) <= {TOLERANCE}
            AND abs(sum(day_load * toDayOfMonth(local_date))) <= 31 * {TOLERANCE}
            AND sum(day_sessions * toDayOfMonth(local_date)) = 0 AND sessions_too_many = 0
        )
        """,
    )


def _fitness_days() -> Check:
    """Loads are copied, so they are the same to the last bit: a sum of hashes of day and load says so."""
    return Check(
        "fitness",
        "equals_daily_load",
        "the series of all sports has the days and loads of daily_load",
        True,
        f"""
        SELECT athlete_id, toStartOfMonth(local_date) AS month,
            sum(side) AS days_too_many, sum(load * side) AS load_too_much
        FROM (
            SELECT athlete_id, local_date, load, toInt8(1) AS side FROM fitness WHERE sport = 'all'
            UNION ALL
            SELECT athlete_id, local_date, load, toInt8(-1) AS side FROM daily_load
        )
        WHERE {in_months("local_date")}
        GROUP BY athlete_id, month
        HAVING sum(toInt64(cityHash64(local_date, load)) * side) != 0
        """,
    )


def _fitness_sports() -> Check:
    return Check(
        "fitness",
        "sports_sum_to_all",
        "loads of the sports sum to those of all",
        True,
        f"""
        SELECT athlete_id, toStartOfMonth(local_date) AS month, sumIf(load, sport = 'all') AS load_of_all,
            sumIf(load, sport != 'all') AS sum_of_sports
        FROM fitness WHERE {in_months("local_date")}
        GROUP BY athlete_id, month
        HAVING NOT (abs(load_of_all - sum_of_sports) <= {TOLERANCE})
        """,
    )
