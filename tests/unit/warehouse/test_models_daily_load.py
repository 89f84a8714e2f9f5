"""daily_load: one row per athlete and local day from the first activity to today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from cohort_rows import NOON, activity, athlete, put

from momentum.adapters.clickhouse import Client
from momentum.warehouse.models.registry import model_version
from momentum.warehouse.models.run import recompute


def days(client: Client, athlete_id: str = "a") -> dict[date, dict]:
    rows = client.rows(
        "SELECT * FROM daily_load WHERE athlete_id = {athlete:String} ORDER BY local_date", {"athlete": athlete_id}
    )
    assert len({row["local_date"] for row in rows}) == len(rows)
    return {row["local_date"]: row for row in rows}


def test_the_series_is_dense_from_the_first_activity_to_today(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 1, 30)), activity("a", date(2024, 3, 2), 70)])
    recompute(client, "daily_load", date(2023, 12, 1), date(2024, 4, 30), now=NOON)
    series = days(client)
    assert list(series) == [date(2024, 1, 30) + timedelta(days=n) for n in range(51)]
    assert max(series) == date(2024, 3, 20)
    assert sum(row["load"] for row in series.values()) == 120
    rest = series[date(2024, 2, 10)]
    assert (rest["load"], rest["duration_s"], rest["sessions"], rest["unloaded_sessions"]) == (0, 0, 0, 0)
    assert not rest["load_by_sport"]
    assert not rest["load_sources"]
    assert {row["model_version"] for row in series.values()} == {model_version("daily_load")}


@pytest.mark.parametrize(
    ("timezone", "today"),
    [
        ("Pacific/Auckland", date(2024, 4, 1)),
        ("Europe/Paris", date(2024, 3, 31)),
        ("America/Los_Angeles", date(2024, 3, 31)),
        ("Nowhere/Atall", date(2024, 3, 31)),
        ("", date(2024, 3, 31)),
    ],
)
def test_today_is_the_day_where_the_athlete_lives(client: Client, timezone: str, today: date) -> None:
    put(client, "athletes", [athlete("a", timezone)])
    put(client, "activity_metrics", [activity("a", date(2024, 3, 30))])
    recompute(client, "daily_load", date(2024, 3, 1), date(2024, 4, 1), now=datetime(2024, 3, 31, 12, 30, tzinfo=UTC))
    assert max(days(client)) == today


def test_the_newest_row_of_an_athlete_says_the_zone(client: Client) -> None:
    moved = athlete("a", "Pacific/Auckland") | {"at": datetime(2024, 2, 1, tzinfo=UTC)}
    put(client, "athletes", [athlete("a", "UTC")])
    put(client, "athletes", [moved])
    put(client, "activity_metrics", [activity("a", date(2024, 3, 30))])
    recompute(client, "daily_load", date(2024, 3, 1), date(2024, 4, 1), now=datetime(2024, 3, 31, 12, 30, tzinfo=UTC))
    assert max(days(client)) == date(2024, 4, 1)


def test_an_activity_after_today_does_not_extend_the_series(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 3, 19)), activity("a", date(2024, 3, 25))])
    put(client, "activity_metrics", [activity("future only", date(2024, 3, 25))])
    recompute(client, "daily_load", date(2024, 3, 1), date(2024, 3, 31), now=NOON)
    assert list(days(client)) == [date(2024, 3, 19), date(2024, 3, 20)]
    assert not days(client, "future only")


def test_a_day_sums_its_sessions_by_sport_and_tells_their_sources(client: Client) -> None:
    day = date(2024, 3, 18)
    put(
        client,
        "activity_metrics",
        [
            activity("a", day, 50),
            activity("a", day, 30, load_source="srpe"),
            activity("a", day, 20, sport="running", load_source="rtss", duration_s=600.0),
            activity("a", day, None, sport="strength", duration_s=60.0),
            activity("b", day, 7),
        ],
    )
    recompute(client, "daily_load", day, day, now=NOON)
    row = days(client)[day]
    assert (row["load"], row["duration_s"], row["sessions"], row["unloaded_sessions"]) == (100, 7860, 4, 1)
    assert dict(row["load_by_sport"]) == {"cycling": 80, "running": 20, "strength": 0}
    assert dict(row["load_sources_by_sport"]) == {"cycling": "srpe+tss", "running": "rtss", "strength": ""}
    assert row["load_sources"] == ["rtss", "srpe", "tss"]


def test_months_outside_the_range_are_left_alone(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 1, 10))])
    recompute(client, "daily_load", date(2024, 1, 1), date(2024, 3, 1), now=NOON)
    put(client, "activity_metrics", [activity("a", date(2024, 2, 10)), activity("a", date(2024, 1, 11))])
    swapped = recompute(client, "daily_load", date(2024, 2, 3), date(2024, 2, 4), now=NOON)
    assert [one.month for one in swapped] == [date(2024, 2, 1)]
    series = days(client)
    assert (series[date(2024, 1, 11)]["load"], series[date(2024, 2, 10)]["load"]) == (0, 50)


def test_sums_do_not_depend_on_the_order_in_which_rows_came(client: Client) -> None:
    day, loads = date(2024, 3, 18), [0.1, 0.7, 1e3 + 0.3, 33.3, 1e-9]
    put(client, "activity_metrics", [activity("a", day, load) for load in loads])
    put(client, "activity_metrics", [activity("b", day, load) for load in reversed(loads)])
    recompute(client, "daily_load", day, day, now=NOON)
    assert days(client, "a")[day]["load"] == days(client, "b")[day]["load"]
