"""What a run has to do: the months that changes ask for, the days that have begun, the athletes touched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.changes import open_change
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.todo import athletes_to_do, closable, open_new_days, range_of_changes

NOW = datetime(2024, 7, 10, 12, tzinfo=UTC)
JULY = date(2024, 7, 1)


def opened(client: Client, from_date: date, cause: str = "event", athlete_id: str = "ana") -> str:
    return open_change(
        client, lambda: None, athlete_id=athlete_id, from_date=from_date, cause=cause, detail="", now=NOW
    )


def closed_by_its_run(client: Client) -> list[str]:
    """What a run closes that was begun a second after the changes were opened, over the months they ask for."""
    months = range_of_changes(client, NOW)
    assert months is not None
    assert months.first <= months.last
    return closable(client, months.first, months.last, NOW + timedelta(seconds=1), NOW)


@pytest.mark.parametrize("day", [date(2024, 7, 20), date(2025, 6, 6), date(2140, 1, 1)])
def test_a_race_to_come_asks_for_the_current_month(client: Client, day: date) -> None:
    change_id = opened(client, day)
    months = range_of_changes(client, NOW)
    assert months is not None
    assert (months.first, months.last) == (JULY, JULY)
    assert closed_by_its_run(client) == [change_id]


def test_what_counts_from_before_2000_asks_for_the_first_month_there_is(client: Client) -> None:
    change_id = opened(client, date(1994, 3, 5), "threshold")
    months = range_of_changes(client, NOW)
    assert months is not None
    assert (months.first, months.last) == (date(2000, 1, 1), JULY)
    assert closed_by_its_run(client) == [change_id]


def test_a_race_to_come_does_not_hide_an_old_file(client: Client) -> None:
    wanted = {opened(client, date(2025, 6, 6)), opened(client, date(2022, 2, 20), "file")}
    months = range_of_changes(client, NOW)
    assert months is not None
    assert months.first == date(2022, 2, 1)
    assert set(closed_by_its_run(client)) == wanted


def new_days(client: Client, now: datetime) -> list[tuple[str, date]]:
    found: list[tuple[str, date]] = []

    def remember(**change: object) -> str:
        found.append((change["athlete_id"], change["from_date"]))  # type: ignore[arg-type]
        return ""

    open_new_days(client, remember, now)
    return found


def trained(client: Client, table: str, athlete_id: str, day: date) -> None:
    row = {"athlete_id": athlete_id, "activity_id": athlete_id, "local_date": day, "sport": "running"}
    client.insert(table, rows_to_arrow(table, [row]))


def test_a_day_that_has_begun_at_home_is_opened_after_the_last_one(client: Client) -> None:
    for athlete_id, zone in (("ana", "Pacific/Auckland"), ("ben", "America/New_York")):
        client.insert("athletes", rows_to_arrow("athletes", [{"athlete_id": athlete_id, "timezone": zone, "at": NOW}]))
        trained(client, "activity_metrics", athlete_id, date(2024, 7, 1))
        trained(client, "daily_load", athlete_id, date(2024, 7, 10))
    evening = datetime(2024, 7, 10, 22, tzinfo=UTC)  # the 11th in Auckland
    assert new_days(client, evening) == [("ana", date(2024, 7, 11))]


def test_a_first_activity_whose_day_had_not_begun_at_home_is_not_forgotten(client: Client) -> None:
    """A run on holiday in Auckland, taken in while it is still the day before at home in UTC."""
    trained(client, "activity_metrics", "ana", date(2024, 7, 11))
    assert new_days(client, NOW) == []
    assert new_days(client, NOW + timedelta(days=1)) == [("ana", date(2024, 7, 11))]


def test_a_night_does_what_changes_ask_and_nothing_else(client: Client) -> None:
    for athlete_id in ("ana", "ben", "cem"):
        client.insert("athletes", rows_to_arrow("athletes", [{"athlete_id": athlete_id, "at": NOW}]))
    opened(client, date(2024, 7, 10), "day", "ana")  # a day that has begun changes no activity
    opened(client, date(2024, 7, 2), "file", "ben")
    row = {"athlete_id": "cem", "activity_id": "a", "local_date": date(2024, 7, 3), "model_version": "older"}
    client.insert("activity_metrics", rows_to_arrow("activity_metrics", [row]))

    def to_do(first: date, *, only_changed: bool) -> list[str]:
        return athletes_to_do(client, first, "newer", "activity_metrics", only_changed=only_changed)

    assert to_do(JULY, only_changed=True) == ["ben", "cem"]
    assert to_do(date(2024, 8, 1), only_changed=True) == ["ben"]
    assert to_do(JULY, only_changed=False) == ["ana", "ben", "cem"], "a person asked for the range"
