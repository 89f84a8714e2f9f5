"""Rows of a query that failed late must not turn up in the next answer (a trap of chDB)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from momentum.adapters.clickhouse import Client, StatementFailed

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client as Connection

# Fails after some hundred thousand rows have been written into the answer.
FAILS_LATE = "SELECT number, throwIf(number = 500000, 'late') AS x FROM numbers(600000) SETTINGS max_block_size = 1000"


def test_the_trap_is_there(client: Client) -> None:
    """Without the adapter's care. If this fails, chDB has mended it and the care can go."""
    from clickhouse_connect.driver.exceptions import DatabaseError

    def raw(connection: Connection) -> None:
        with pytest.raises(DatabaseError):
            connection.raw_query(FAILS_LATE, fmt="TabSeparated")
        assert len(connection.raw_query("SELECT 9", fmt="TabSeparated")) > 100_000
        raise DatabaseError("so that the adapter throws the connection away")

    with pytest.raises(StatementFailed):
        client._session.call(raw, repeatable=False)


def test_the_next_answer_has_its_own_rows_only(client: Client) -> None:
    for _ in range(5):
        with pytest.raises(StatementFailed, match="late"):
            client.query(FAILS_LATE)
        assert client.rows("SELECT count() AS n FROM numbers(9)") == [{"n": 9}]


def test_the_new_connection_is_like_the_old_one(client: Client) -> None:
    with pytest.raises(StatementFailed):
        client.query(FAILS_LATE)
    asked = "SELECT currentDatabase() AS database, getSetting('log_comment') AS run, timezone() AS zone"
    assert client.rows(asked) == [{"database": client.database, "run": client.run_id, "zone": "UTC"}]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc, which is Linux's")
def test_a_hundred_errors_leak_no_threads(client: Client) -> None:
    client.command("INSERT INTO body (athlete_id) VALUES ('a1')")  # a table with rows makes openings leak

    def fail() -> None:
        with pytest.raises(StatementFailed):
            client.query("SELECT nonsense")

    for _ in range(10):
        fail()
    before = threads()
    for _ in range(100):
        fail()
    assert threads() - before < 5


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
