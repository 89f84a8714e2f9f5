"""A store with two years of three athletes, made once for all tests of the reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from planted_season import plant_season

from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse.migrations import migrate


@pytest.fixture(scope="session")
def planted(store: Client, store_dir: Path) -> Iterator[Client]:
    """A database with a season of three athletes; tests only read it."""
    with open_client(
        store_dir=store_dir, dsn=None, database="reports", run_id="reports", lock_timeout_s=5, on_wait=print
    ) as client:
        migrate(client)
        plant_season(client)
        yield client
    store.command("DROP DATABASE reports SYNC")
