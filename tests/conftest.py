"""Fixtures that all tests share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse.migrations import migrate

_database_number = itertools.count(1)


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
def client(empty_client: Client) -> Client:
    """A client on a fresh database with all tables of the registry."""
    migrate(empty_client)
    return empty_client
