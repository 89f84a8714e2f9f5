"""Fixtures that all tests share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse.migrations import migrate

pytest_plugins = ["tests.counted"]

_database_number = itertools.count(1)
_clean_databases: list[str] = []


@pytest.fixture(scope="session")
def store_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the one embedded store of this test process (the engine takes one folder per process)."""
    return tmp_path_factory.mktemp("home") / "store"


@pytest.fixture(scope="session")
def store(store_dir: Path) -> Iterator[Client]:
    """The store, open for the whole session: opening it often leaks threads."""
    with open_client(
        store_dir=store_dir, dsn=None, database="default", run_id="tests", lock_timeout_s=5, on_wait=print
    ) as opened:
        yield opened


@pytest.fixture
def empty_client(store: Client, store_dir: Path) -> Iterator[Client]:
    """A client on a fresh database without tables."""
    database = f"test_{next(_database_number)}"
    with open_client(
        store_dir=store_dir, dsn=None, database=database, run_id="test-run", lock_timeout_s=5, on_wait=print
    ) as opened:
        yield opened
    store.command(f"DROP DATABASE IF EXISTS `{database}` SYNC")


@pytest.fixture
def client(store: Client, store_dir: Path) -> Iterator[Client]:
    """A client on a database with all tables of the registry, all empty.

    Making the tables is most of what a short test costs. So a database that is as it was made, but for its
    rows, is emptied and handed to the next test.
    """
    database = _clean_databases.pop() if _clean_databases else f"test_{next(_database_number)}"
    with open_client(
        store_dir=store_dir, dsn=None, database=database, run_id="test-run", lock_timeout_s=5, on_wait=print
    ) as opened:
        migrate(opened)
        made = _schema(store, database)
        yield opened
    # Hundreds of parts go faster with the database than one by one.
    [parts] = store.rows("SELECT count() AS n FROM system.parts WHERE database = {d:String}", {"d": database})
    if _schema(store, database) == made and parts["n"] < 100:
        filled = (
            "SELECT name FROM system.tables WHERE database = {d:String} AND total_rows > 0 AND name != 'migrations'"
        )
        for row in store.rows(filled, {"d": database}):
            store.command(f"TRUNCATE TABLE `{database}`.`{row['name']}` SYNC")
        _clean_databases.append(database)
    else:
        store.command(f"DROP DATABASE `{database}` SYNC")


def _schema(store: Client, database: str) -> list[dict[str, Any]]:
    columns = (
        "SELECT sum(cityHash64(table, name, type)) AS hash, count() FROM system.columns WHERE database = {d:String}"
    )
    return store.rows(columns, {"d": database})
