"""weekly_rollup, monthly_rollup: sums of activities by sport and for all, and what the distribution is called."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from cohort_rows import NOON, activity, put

from momentum.adapters.clickhouse import Client
from momentum.training.zones import distribution, polarisation_index
from momentum.warehouse.models.run import recompute


def rollup(client: Client, table: str) -> dict[tuple[date, str], dict[str, Any]]:
    rows = client.rows(f"SELECT * FROM {table} ORDER BY athlete_id, sport, period_start")
    return {(row["period_start"], row["sport"]): row for row in rows}


def test_sums_by_sport_and_for_all(client: Client) -> None:
    put(
        client,
        "activity_metrics",
        [
            activity("a", date(2024, 3, 4), 50, distance_m=1000.0, ascent_m=10.0, hr_zone_s=[1.0, 2, 3, 4, 5]),
            activity("a", date(2024, 3, 10), None, distance_m=None, power_zone_s=[7.0, 6, 5, 4, 3, 2, 1]),
            activity("a", date(2024, 3, 11), 20, sport="running", distance_m=500.0, hr_zone_s=[1.0, 1, 1, 1, 1]),
        ],
    )
    recompute(client, "monthly_rollup", date(2024, 3, 9), date(2024, 3, 9), now=NOON)
    months = rollup(client, "monthly_rollup")
    month = date(2024, 3, 1)
    assert list(months) == [(month, "all"), (month, "cycling"), (month, "running")]
    whole = months[month, "all"]
    assert (whole["sessions"], whole["duration_s"], whole["distance_m"], whole["ascent_m"], whole["load"]) == (
        3, 10800, 1500, 10, 70,
    )  # fmt: skip
    assert whole["hr_zone_s"] == [2, 3, 4, 5, 6]
    assert whole["power_zone_s"] == [7, 6, 5, 4, 3, 2, 1]
    assert whole["polarised_zone_s"] == []
    assert (whole["polarisation_index"], whole["distribution"]) == (None, "")
    assert months[month, "running"]["load"] == 20


def test_weeks_begin_on_monday_and_belong_to_its_month(client: Client) -> None:
    """29 April 2024 is a Monday: 1 to 5 May are of a week of April."""
    put(client, "activity_metrics", [activity("a", date(2024, 4, 29), 1), activity("a", date(2024, 5, 5), 10)])
    put(client, "activity_metrics", [activity("a", date(2024, 5, 6), 100), activity("a", date(2024, 4, 28), 1000)])
    swapped = recompute(client, "weekly_rollup", date(2024, 5, 1), date(2024, 5, 1), now=NOON)
    assert [one.month for one in swapped] == [date(2024, 4, 1), date(2024, 5, 1)]
    weeks = rollup(client, "weekly_rollup")
    assert {day: row["load"] for (day, sport), row in weeks.items() if sport == "all"} == {
        date(2024, 4, 22): 1000,
        date(2024, 4, 29): 11,
        date(2024, 5, 6): 100,
    }


def test_a_range_is_widened_back_only_to_the_monday_of_its_first_day(client: Client) -> None:
    swapped = recompute(client, "weekly_rollup", date(2024, 5, 14), date(2024, 6, 2), now=NOON)
    assert [one.month for one in swapped] == [date(2024, 5, 1), date(2024, 6, 1)]


def test_the_last_week_of_the_range_is_whole_though_it_ends_in_the_next_month(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 4, 30), 1), activity("a", date(2024, 5, 5), 10)])
    recompute(client, "weekly_rollup", date(2024, 4, 10), date(2024, 4, 10), now=NOON)
    assert rollup(client, "weekly_rollup")[date(2024, 4, 29), "all"]["load"] == 11


ZONES = [
    (80, 5, 15), (80, 15, 5), (75, 10, 15), (85, 15, 0), (100, 0, 0), (0, 0, 0), (20, 50, 30), (20, 30, 50),
    (90, 0, 10), (50, 0, 0.2), (40, 29, 31), (0, 10, 20), (0, 20, 10), (30, 30, 40), (40, 30, 30), (50, 50, 0),
    (99.5, 0, 0.5), (0, 0, 3600),
]  # fmt: skip


@pytest.mark.parametrize("table", ["weekly_rollup", "monthly_rollup"])
def test_polarisation_is_that_of_the_training_package(client: Client, table: str) -> None:
    put(
        client,
        "activity_metrics",
        [
            activity(f"{n:02}", date(2024, 4, 1), polarised_zone_s=[36.0 * part for part in zones])
            for n, zones in enumerate(ZONES)
        ],
    )
    recompute(client, table, date(2024, 4, 1), date(2024, 4, 1), now=NOON)
    rows = client.rows(f"SELECT * FROM {table} WHERE sport = 'all' ORDER BY athlete_id")
    assert len(rows) == len(ZONES)
    for row, zones in zip(rows, ZONES, strict=True):
        index = polarisation_index(*zones)
        assert row["polarisation_index"] == (None if index is None else pytest.approx(index, rel=1e-9, abs=1e-9)), zones
        assert row["distribution"] == distribution(zones), zones


def test_polarisation_of_published_shares(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 4, 1), polarised_zone_s=[80.0, 5.0, 15.0])])
    recompute(client, "monthly_rollup", date(2024, 4, 1), date(2024, 4, 1), now=NOON)
    row = rollup(client, "monthly_rollup")[date(2024, 4, 1), "all"]
    assert row["polarisation_index"] == pytest.approx(2.380, abs=5e-4)
    assert row["distribution"] == "polarised"
