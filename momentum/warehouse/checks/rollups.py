"""Checks of the rollups and the power curve: sums equal their parts, a best is held by its activity.

None blocks: nothing is computed from these tables.
"""

from __future__ import annotations

from momentum.training.constants import DURATIONS_S
from momentum.warehouse.checks.check import Check, in_months
from momentum.warehouse.checks.series import TOLERANCE


def rollup_checks() -> list[Check]:
    """Both rollups against daily_load and against their own sports; the curve against the activities."""
    rollups = {"weekly_rollup": "toMonday", "monthly_rollup": "toStartOfMonth"}
    return [
        *(_equals_daily_load(table, period_start) for table, period_start in rollups.items()),
        *(_sports_sum_to_all(table) for table in rollups),
        _held_by_its_activity(),
    ]


def _equals_daily_load(table: str, period_start: str) -> Check:
    return Check(
        table,
        "equals_daily_load",
        "load, sessions and duration of all sports are the sums of the days",
        False,
        f"""
        SELECT athlete_id, period_start, sum(load) AS load_too_much, sum(sessions) AS sessions_too_many,
            sum(duration_s) AS duration_s_too_much
        FROM (
            SELECT athlete_id, period_start, load, toInt64(sessions) AS sessions, duration_s
            FROM `{table}` WHERE sport = 'all'
            UNION ALL
            SELECT athlete_id, {period_start}(local_date) AS period_start, -load, -toInt64(sessions), -duration_s
            FROM daily_load
        )
        WHERE {in_months("period_start")}
        GROUP BY athlete_id, period_start
        HAVING NOT (
            abs(load_too_much) <= {TOLERANCE} AND sessions_too_many = 0 AND abs(duration_s_too_much) <= 1e-3
        )
        """,
    )


def _sports_sum_to_all(table: str) -> Check:
    """Every sum, zones as well: their total of all sports is taken."""
    sums = {
        "load": "load",
        "sessions": "toFloat64(sessions)",
        "duration_s": "duration_s",
        "distance_m": "distance_m",
        "ascent_m": "ascent_m",
        "hr_zone_s": "arraySum(hr_zone_s)",
        "power_zone_s": "arraySum(power_zone_s)",
        "polarised_zone_s": "arraySum(polarised_zone_s)",
    }
    signed = ", ".join(f"sum(if(sport = 'all', 1, -1) * {value}) AS {name}_off" for name, value in sums.items())
    # Distances and seconds of a period are of the order of 1e5 to 1e6: double precision leaves 1e-9 of that.
    off = " AND ".join(f"abs({name}_off) <= 1e-3" for name in sums)
    return Check(
        table,
        "sports_sum_to_all",
        "the row of all sports is the sum of the sports",
        False,
        f"SELECT athlete_id, period_start, {signed} FROM `{table}` WHERE {in_months('period_start')} "
        f"GROUP BY athlete_id, period_start HAVING NOT ({off})",
    )


def _held_by_its_activity() -> Check:
    return Check(
        "power_curve",
        "held_by_its_activity",
        "each best is the value that its activity has for the duration",
        False,
        f"""
        SELECT athlete_id, month, sport, duration_s, quantity, best, held
        FROM (
            SELECT athlete_id, month, sport, duration_s, quantity,
                if(quantity = 'power', best_w, best_speed_mps) AS best,
                if(quantity = 'power', activity_id, speed_activity_id) AS holder
            FROM power_curve ARRAY JOIN ['power', 'speed'] AS quantity
            WHERE {in_months("month")} AND best IS NOT NULL
        ) AS bests
        LEFT JOIN (
            SELECT athlete_id, activity_id AS holder, quantity, duration_s, held
            FROM activity_metrics
            ARRAY JOIN ['power', 'speed'] AS quantity
            ARRAY JOIN
                {{durations_s:Array(UInt32)}} AS duration_s,
                arrayResize(
                    if(quantity = 'power', mean_max_w, mean_max_speed_mps), length({{durations_s:Array(UInt32)}})
                ) AS held
            WHERE {in_months("local_date")}
        ) AS holders USING (athlete_id, holder, quantity, duration_s)
        WHERE best != held
        """,
        {"durations_s": list(DURATIONS_S)},
    )
