"""A change is in the journal before anyone can see it, and stays open until it is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.changes import close_changes, open_change, open_changes

NOW = datetime(2024, 5, 1, 12, 0, 0, 123000, tzinfo=UTC)


def silent() -> None:
    pass


def opened(client: Client, athlete_id: str = "a1", now: datetime = NOW) -> str:
    return open_change(
        client, silent, athlete_id=athlete_id, from_date=date(2020, 2, 3), cause="file", detail="ride.fit", now=now
    )


def test_an_open_change_is_read_back_as_it_was_written(client: Client) -> None:
    change_id = opened(client)
    [change] = open_changes(client)
    assert (change.change_id, change.athlete_id, change.from_date) == (change_id, "a1", date(2020, 2, 3))
    assert (change.cause, change.detail, change.at) == ("file", "ride.fit", NOW)


def test_the_doorbell_rings_before_the_change_is_there(client: Client) -> None:
    seen = []
    open_change(
        client,
        lambda: seen.append(len(open_changes(client))),
        athlete_id="a1",
        from_date=date(2020, 1, 1),
        cause="file",
        detail="",
        now=NOW,
    )
    assert seen == [0]
    assert len(open_changes(client)) == 1


def test_no_change_is_opened_if_the_doorbell_cannot_ring(client: Client) -> None:
    def broken() -> None:
        raise OSError

    with pytest.raises(OSError):
        open_change(client, broken, athlete_id="a1", from_date=date(2020, 1, 1), cause="file", detail="", now=NOW)
    assert open_changes(client) == []


def test_a_closed_change_is_open_no_more_and_its_row_names_the_run(client: Client) -> None:
    first, second = opened(client), opened(client, "a2")
    close_changes(client, [first], "run-7", NOW)
    assert [change.change_id for change in open_changes(client)] == [second]
    rows = client.rows(
        "SELECT athlete_id, from_date, published_run FROM changes WHERE change_id = {id:String} ORDER BY published_run",
        {"id": first},
    )
    assert [row["published_run"] for row in rows] == ["", "run-7"]
    assert rows[0] | {"published_run": ""} == rows[1] | {"published_run": ""}


def test_closing_twice_leaves_one_closing_row(client: Client) -> None:
    change_id = opened(client)
    close_changes(client, [change_id], "run-7", NOW)
    close_changes(client, [change_id, change_id], "run-8", NOW)
    assert client.rows("SELECT count() AS n FROM changes") == [{"n": 2}]


def test_closing_nothing_is_nothing(client: Client) -> None:
    close_changes(client, [], "run-7", NOW)
    assert client.rows("SELECT count() AS n FROM changes") == [{"n": 0}]


def test_a_change_that_was_never_opened_cannot_be_closed(client: Client) -> None:
    known = opened(client)
    with pytest.raises(ValueError, match="unheard-of"):
        close_changes(client, [known, "unheard-of"], "run-7", NOW)
    assert [change.change_id for change in open_changes(client)] == [known]


def test_open_changes_come_oldest_first(client: Client) -> None:
    late, early = opened(client, now=NOW), opened(client, now=NOW.replace(year=2023))
    assert [change.change_id for change in open_changes(client)] == [early, late]
