"""A month is swapped in whole, journalled, and what an older model computed is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from momentum.adapters.clickhouse import Client, StatementFailed
from momentum.warehouse import publish, swaps
from momentum.warehouse.migrations import migrate

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


def days(months: list[date], load: float, version: str) -> pa.Table:
    """Two days a month of daily_load."""
    dates = [month + timedelta(days=offset) for month in months for offset in (0, 9)]
    return pa.table(
        {
            "athlete_id": ["a1"] * len(dates),
            "local_date": pa.array(dates, pa.date32()),
            "load": [load] * len(dates),
            "model_version": [version] * len(dates),
        }
    )


def put(client: Client, staged: list[date], load: float, version: str, **more: object) -> list[publish.Published]:
    options = {"model_version": version, "inputs_hash": "", "months": staged} | more
    with publish.staging(client, "daily_load") as name:
        client.insert(name, days(staged, load, version))
        return publish.swap(client, "daily_load", name, **options)  # type: ignore[arg-type]


def loads(client: Client, table: str = "daily_load") -> dict[date, float]:
    rows = client.rows(f"SELECT toStartOfMonth(local_date) AS month, any(load) AS load FROM {table} GROUP BY month")
    return {row["month"]: row["load"] for row in rows}


def tables(client: Client) -> set[str]:
    return {row["name"] for row in client.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")}


def test_only_the_months_that_are_named_change(client: Client) -> None:
    put(client, [JANUARY, FEBRUARY, MARCH], 1, "v1")
    put(client, [JANUARY, FEBRUARY], 2, "v1", months=[FEBRUARY])
    assert loads(client) == {JANUARY: 1, FEBRUARY: 2, MARCH: 1}


def test_a_month_without_rows_in_staging_becomes_empty(client: Client) -> None:
    put(client, [JANUARY, FEBRUARY], 1, "v1")
    published = put(client, [FEBRUARY], 2, "v1", months=[JANUARY, FEBRUARY])
    assert loads(client) == {FEBRUARY: 2}
    assert [(one.month, one.rows) for one in published] == [(JANUARY, 0), (FEBRUARY, 2)]


def test_the_same_swap_again_changes_nothing(client: Client) -> None:
    put(client, [JANUARY], 1, "v1")
    put(client, [JANUARY], 1, "v1")
    assert client.rows("SELECT count() AS n FROM daily_load") == [{"n": 2}]


def parts(client: Client) -> dict[str, str]:
    found = client.rows(
        "SELECT partition, name FROM system.parts "
        "WHERE database = currentDatabase() AND table = 'daily_load' AND active"
    )
    return {row["partition"]: row["name"] for row in found}


def test_a_month_whose_content_is_the_same_stays_where_it_is_and_is_journalled(client: Client) -> None:
    put(client, [JANUARY, FEBRUARY], 1, "v1", inputs_hash="h1")
    before = parts(client)
    with publish.staging(client, "daily_load") as name:
        client.insert(name, days([JANUARY], 1, "v1"))
        client.insert(name, days([FEBRUARY], 2, "v1"))
        published = publish.swap(
            client, "daily_load", name, [JANUARY, FEBRUARY, MARCH], model_version="v1", inputs_hash="h2"
        )
    assert [(one.month, one.rows) for one in published] == [(JANUARY, 2), (FEBRUARY, 2), (MARCH, 0)]
    assert loads(client) == {JANUARY: 1, FEBRUARY: 2}
    assert parts(client)["202401"] == before["202401"]
    assert parts(client)["202402"] != before["202402"]
    done = publish.done_months(client, "daily_load", model_version="v1", inputs_hash="h2")
    assert done == {JANUARY, FEBRUARY, MARCH}


def test_what_was_swapped_before_an_error_is_journalled(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    put(client, [JANUARY, FEBRUARY], 1, "v1", inputs_hash="h1")
    command = client.command

    def fails_at_february(sql: str, *more: Any) -> None:
        if "REPLACE PARTITION 202402" in sql:
            raise StatementFailed("no", 1)
        command(sql, *more)

    monkeypatch.setattr(client, "command", fails_at_february)
    with pytest.raises(StatementFailed):
        put(client, [JANUARY, FEBRUARY], 2, "v1", inputs_hash="h2")
    assert loads(client) == {JANUARY: 2, FEBRUARY: 1}
    assert publish.done_months(client, "daily_load", model_version="v1", inputs_hash="h1") == {FEBRUARY}
    assert publish.done_months(client, "daily_load", model_version="v1", inputs_hash="h2") == {JANUARY}


def test_every_swap_is_journalled_with_rows_and_run(client: Client) -> None:
    put(client, [JANUARY, FEBRUARY], 1, "v1", inputs_hash="h1")
    rows = client.rows(
        "SELECT table, month, model_version, inputs_hash, rows, run_id FROM publications ORDER BY month DESC"
    )
    assert rows == [
        {
            "table": "daily_load",
            "month": month,
            "model_version": "v1",
            "inputs_hash": "h1",
            "rows": 2,
            "run_id": "test-run",
        }
        for month in (FEBRUARY, JANUARY)
    ]


def test_a_month_of_another_version_is_kept_before_it_goes(client: Client) -> None:
    put(client, [JANUARY, FEBRUARY], 1, "v1")
    put(client, [JANUARY], 2, "v2")
    assert loads(client, "daily_load_history") == {JANUARY: 1}
    assert client.rows("SELECT DISTINCT model_version AS v FROM daily_load_history") == [{"v": "v1"}]


def test_a_month_of_the_same_version_is_not_kept(client: Client) -> None:
    put(client, [JANUARY], 1, "v1")
    put(client, [JANUARY], 2, "v1")
    assert loads(client, "daily_load_history") == {}


def test_history_has_one_copy_of_a_month_and_version_the_newest(client: Client) -> None:
    for load, version in ((1, "v1"), (2, "v2"), (3, "v1"), (4, "v2")):
        put(client, [JANUARY], load, version)
    rows = client.rows("SELECT model_version AS v, load, count() AS n FROM daily_load_history GROUP BY ALL ORDER BY v")
    assert rows == [{"v": "v1", "load": 3, "n": 2}, {"v": "v2", "load": 2, "n": 2}]


def test_a_version_with_a_quote_in_it_is_kept_too(client: Client) -> None:
    put(client, [JANUARY], 1, "it's \\ odd")
    put(client, [JANUARY], 2, "v2")
    assert client.rows("SELECT DISTINCT model_version AS v FROM daily_load_history") == [{"v": "it's \\ odd"}]


def test_what_is_done_is_skipped_on_request(client: Client) -> None:
    put(client, [JANUARY], 1, "v1", inputs_hash="h1")
    published = put(client, [JANUARY, FEBRUARY], 2, "v1", inputs_hash="h1", skip_done=True)
    assert [one.month for one in published] == [FEBRUARY]
    assert loads(client) == {JANUARY: 1, FEBRUARY: 2}


@pytest.mark.parametrize(
    ("version", "inputs_hash"), [("v2", "h1"), ("v1", "h2")], ids=["another version", "other inputs"]
)
def test_nothing_else_is_skipped(client: Client, version: str, inputs_hash: str) -> None:
    put(client, [JANUARY], 1, "v1", inputs_hash="h1")
    assert put(client, [JANUARY], 2, version, inputs_hash=inputs_hash, skip_done=True)
    assert loads(client) == {JANUARY: 2}


def test_an_empty_hash_is_never_taken_for_done(client: Client) -> None:
    put(client, [JANUARY], 1, "v1")
    assert put(client, [JANUARY], 2, "v1", skip_done=True)


def test_only_the_last_publication_of_a_month_counts_as_done(client: Client) -> None:
    put(client, [JANUARY], 1, "v1", inputs_hash="h1")
    put(client, [JANUARY], 2, "v1", inputs_hash="h2")
    assert publish.done_months(client, "daily_load", model_version="v1", inputs_hash="h1") == set()
    assert publish.done_months(client, "daily_load", model_version="v1", inputs_hash="h2") == {JANUARY}


def test_a_range_of_more_than_a_hundred_months_goes_in_one_piece(client: Client) -> None:
    months = [date(2010 + number // 12, 1 + number % 12, 1) for number in range(140)]
    assert len(put(client, months, 1, "v1")) == 140
    assert len(put(client, months, 2, "v2")) == 140
    assert set(loads(client).values()) == {2}
    assert len(loads(client, "daily_load_history")) == 140


def test_a_day_that_begins_no_month_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="first day"):
        put(client, [JANUARY], 1, "v1", months=[date(2024, 1, 2)])


def test_tables_without_a_model_version_are_swapped_without_history(client: Client) -> None:
    with publish.staging(client, "activity_sources") as name:
        client.insert(name, pa.table({"athlete_id": ["a1"], "local_date": pa.array([JANUARY], pa.date32())}))
        publish.swap(client, "activity_sources", name, [JANUARY], model_version="v1", inputs_hash="")
    assert client.rows("SELECT count() AS n FROM activity_sources") == [{"n": 1}]


def test_staging_is_gone_afterwards_also_after_an_error(client: Client) -> None:
    before = tables(client)
    with pytest.raises(ZeroDivisionError), publish.staging(client, "daily_load"):
        raise ZeroDivisionError
    put(client, [JANUARY], 1, "v1")
    put(client, [JANUARY], 1, "v2")
    assert tables(client) == before


def test_staging_of_a_run_that_died_is_swept_and_of_one_that_lives_is_not(client: Client) -> None:
    with publish.staging(client, "daily_load") as living:
        dead = of_a_dead_process(living)
        client.command(f"CREATE TABLE {dead} AS daily_load")
        assert publish.recover(client) == []
        assert living in tables(client)
        assert dead not in tables(client)


def of_a_dead_process(name: str) -> str:
    """The same staging table, as if a process had made it that had the same number and is gone."""
    table, _, owner = name.partition("__staging_")
    pid, _, number = owner.split("_")
    return f"{table}__staging_{pid}_of_earlier_{number}"


def left_half_made(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months of v1; of v2 one month was swapped, in the other there are now the rows of both."""
    put(client, [JANUARY, FEBRUARY], 1, "v1")

    class Died(Exception):
        pass

    class Dying(Client):
        def command(self, sql: str, *arguments: object, **more: object) -> None:
            if "REPLACE PARTITION 202402" in sql:
                raise Died
            super().command(sql, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(swaps, "_insert", as_a_dead_process(swaps._insert))
    with pytest.raises(Died), publish.staging(client, "daily_load") as name:
        client.insert(name, days([JANUARY, FEBRUARY], 2, "v2"))
        client.command(f"CREATE TABLE {of_a_dead_process(name)} CLONE AS {name}")
        dying = Dying(client._session, client.run_id)
        publish.swap(dying, "daily_load", name, [JANUARY, FEBRUARY], model_version="v2", inputs_hash="h")
    monkeypatch.undo()
    client.insert("daily_load", days([FEBRUARY], 2, "v2"))


def as_a_dead_process(insert: Callable[..., None]) -> Callable[..., None]:
    def renamed(client: Client, table: str, rows: list[dict[str, Any]]) -> None:
        insert(client, table, [row | {k: of_a_dead_process(row[k]) for k in row if k == "source"} for row in rows])

    return renamed


def test_what_a_killed_run_left_half_made_is_finished_at_the_next_opening(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_half_made(client, monkeypatch)
    migrate(client)
    assert loads(client) == {JANUARY: 2, FEBRUARY: 2}
    assert client.rows("SELECT count() AS n FROM daily_load") == [{"n": 4}]
    assert publish.done_months(client, "daily_load", model_version="v2", inputs_hash="h") == {JANUARY, FEBRUARY}
    assert not [name for name in tables(client) if "staging" in name]


def test_it_is_finished_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    left_half_made(client, monkeypatch)
    assert len(publish.recover(client)) == 2
    put(client, [JANUARY], 3, "v3")
    assert publish.recover(client) == []
    assert loads(client) == {JANUARY: 3, FEBRUARY: 2}


def test_a_swap_that_failed_without_dying_is_not_made_later(client: Client) -> None:
    put(client, [JANUARY], 1, "v1")
    with pytest.raises(StatementFailed), publish.staging(client, "daily_load") as name:
        client.insert(name, days([JANUARY], 2, "v1"))
        client.command(f"ALTER TABLE {name} DROP COLUMN sessions")  # so that it no longer fits
        publish.swap(client, "daily_load", name, [JANUARY], model_version="v1", inputs_hash="")
    assert publish.recover(client) == []
    assert loads(client) == {JANUARY: 1}
