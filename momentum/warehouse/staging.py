"""Staging tables: where a month is computed before it is swapped in, and how the leftovers go."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from momentum.warehouse.client import Client

_MARK = "__staging_"


@contextmanager
def staging(client: Client, table: str) -> Iterator[str]:
    """An empty table like `table`, by name; dropped at the end.

    What runs that died left behind goes when the store is opened next (swaps.recover).
    """
    client.check_alone()  # the process that does write alone would drop it
    name = f"{table}{_MARK}{_owner()}_{uuid.uuid4().hex[:8]}"
    client.command(f"CREATE TABLE `{name}` AS `{table}`")
    try:
        yield name
    finally:
        drop_staging(client, name)


def dead_staging(client: Client) -> set[str]:
    """Staging tables of other processes. Ask only where this one writes alone: then the others are gone."""
    found = client.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND position(name, {mark:String}) > 0",
        {"mark": _MARK},
    )
    return {row["name"] for row in found if not row["name"].partition(_MARK)[2].startswith(f"{_owner()}_")}


def drop_staging(client: Client, name: str) -> None:
    client.command(f"DROP TABLE IF EXISTS `{name}` SYNC")


def _owner() -> str:
    """This process, and no other that ever had its number."""
    return f"{os.getpid()}_{_drawn()}"


@cache
def _drawn() -> str:
    return uuid.uuid4().hex[:8]
