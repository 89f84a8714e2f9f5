"""Best efforts over durations."""

from __future__ import annotations

from datetime import date
from typing import Any

from momentum.warehouse.client import Client


def curve_sports(client: Client, athlete_id: str) -> list[dict[str, Any]]:
    """The sports of which there are best efforts, most months first: sport, months, last_month, power, speed.

    power and speed say whether there is any best mean power, any best mean speed.
    """
    return client.rows(
        """
        SELECT sport, uniqExact(month) AS months, max(month) AS last_month,
            toBool(countIf(best_w IS NOT NULL)) AS power, toBool(countIf(best_speed_mps IS NOT NULL)) AS speed
        FROM power_curve WHERE athlete_id = {athlete:String} GROUP BY sport ORDER BY months DESC, sport
        """,
        {"athlete": athlete_id},
    )


def power_curve_best(client: Client, athlete_id: str, sport: str, first: date, last: date) -> list[dict[str, Any]]:
    """Per duration the best mean power and the best mean speed of the months that `first` to `last` touch.

    duration_s, best_w, power_month, power_activity_id, best_speed_mps, speed_month, speed_activity_id; None
    where there is no effort. Of equal efforts the earliest month. Whole months, for the table is by month.
    """
    return client.rows(
        """
        SELECT
            duration_s,
            max(power_curve.best_w) AS best_w,
            argMaxOrNullIf(month, (power_curve.best_w, -toInt32(month)), power_curve.best_w IS NOT NULL) AS power_month,
            argMaxOrNullIf(activity_id, (power_curve.best_w, -toInt32(month)), power_curve.best_w IS NOT NULL)
                AS power_activity_id,
            max(power_curve.best_speed_mps) AS best_speed_mps,
            argMaxOrNullIf(
                month, (power_curve.best_speed_mps, -toInt32(month)), power_curve.best_speed_mps IS NOT NULL
            ) AS speed_month,
            argMaxOrNullIf(
                power_curve.speed_activity_id, (power_curve.best_speed_mps, -toInt32(month)),
                power_curve.best_speed_mps IS NOT NULL
            ) AS speed_activity_id
        FROM power_curve
        WHERE athlete_id = {athlete:String} AND sport = {sport:String}
            AND month BETWEEN toStartOfMonth({first:Date}) AND {last:Date}
        GROUP BY duration_s
        ORDER BY duration_s
        """,
        {"athlete": athlete_id, "sport": sport, "first": first, "last": last},
    )
