"""power_curve: the month's best efforts and the activities that hold them."""

from __future__ import annotations

from datetime import date
from typing import Any

from cohort_rows import NOON, activity, put

from momentum.adapters.clickhouse import Client
from momentum.training.constants import DURATIONS_S
from momentum.warehouse.models.run import recompute


def curve(client: Client, sport: str = "cycling", month: date = date(2024, 3, 1)) -> list[dict[str, Any]]:
    return client.rows(
        "SELECT duration_s, best_w, best_speed_mps, activity_id, speed_activity_id FROM power_curve "
        "WHERE sport = {sport:String} AND month = {month:Date} ORDER BY duration_s",
        {"sport": sport, "month": month},
    )


def test_the_best_of_the_month_with_the_activity_of_each(client: Client) -> None:
    put(
        client,
        "activity_metrics",
        [
            activity("a", date(2024, 3, 4), activity_id="sprint", mean_max_w=[900.0, 700.0]),
            activity("a", date(2024, 3, 5), activity_id="long", mean_max_w=[800.0, 750.0, 400.0],
                     mean_max_speed_mps=[12.0, 11.0]),
            activity("a", date(2024, 3, 6), activity_id="fast", mean_max_speed_mps=[15.0, 10.0, 9.0, 8.0]),
            activity("a", date(2024, 3, 6), activity_id="run", sport="running", mean_max_speed_mps=[5.0]),
            activity("a", date(2024, 4, 1), activity_id="april", mean_max_w=[1500.0]),
        ],
    )  # fmt: skip
    recompute(client, "power_curve", date(2024, 3, 1), date(2024, 4, 1), now=NOON)
    assert [tuple(row.values()) for row in curve(client)] == [
        (DURATIONS_S[0], 900, 15, "sprint", "fast"),
        (DURATIONS_S[1], 750, 11, "long", "long"),
        (DURATIONS_S[2], 400, 9, "long", "fast"),
        (DURATIONS_S[3], None, 8, "", "fast"),
    ]
    assert [tuple(row.values()) for row in curve(client, "running")] == [(DURATIONS_S[0], None, 5, "", "run")]
    assert [row["best_w"] for row in curve(client, month=date(2024, 4, 1))] == [1500]


def test_of_equal_efforts_the_first_in_time_and_then_the_smaller_id_holds_it(client: Client) -> None:
    rows = [
        activity("a", date(2024, 3, 9), activity_id="a", mean_max_w=[300.0]),
        activity("a", date(2024, 3, 4), activity_id="c", mean_max_w=[300.0]),
        activity("a", date(2024, 3, 4), activity_id="b", mean_max_w=[300.0]),
    ]
    for row in rows:
        put(client, "activity_metrics", [row])
    recompute(client, "power_curve", date(2024, 3, 1), date(2024, 3, 1), now=NOON)
    assert [row["activity_id"] for row in curve(client)] == ["b"]


def test_a_sensor_that_said_nothing_has_no_best(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 3, 9), mean_max_w=[0.0, 0.0])])
    recompute(client, "power_curve", date(2024, 3, 1), date(2024, 3, 1), now=NOON)
    assert curve(client) == []


def test_the_longest_duration_of_the_list_has_its_place(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 3, 9), mean_max_w=[200.0] * len(DURATIONS_S))])
    recompute(client, "power_curve", date(2024, 3, 1), date(2024, 3, 1), now=NOON)
    assert [row["duration_s"] for row in curve(client)] == list(DURATIONS_S)
