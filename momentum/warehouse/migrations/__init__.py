"""Numbered migrations: how the tables came to be what the registry says.

How to change a table once there is a release: change the registry, and write `m0002_<what>.py` beside
the others with a NAME and a `statements()` that returns SQL as frozen text (never made from the
registry, which goes on changing), each statement harmless when it runs again: ADD COLUMN IF NOT
EXISTS, CREATE TABLE IF NOT EXISTS. Then append the module to MIGRATIONS. A month table and its
`_history` and every column of both change together. `schema_problems` says whether registry and store
agree; a test runs all migrations and expects that they do.

Here does not belong: filling tables, or anything that needs to know what a row means.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from momentum.warehouse.migrations import m0001_tables, m0002_leases
from momentum.warehouse.swaps import recover
from momentum.warehouse.tables import TABLES

if TYPE_CHECKING:
    from momentum.warehouse.client import Client


# In order; the number is the place in the list, from 1.
MIGRATIONS = (m0001_tables, m0002_leases)

_JOURNAL = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32 COMMENT 'Place of the migration in the list.',
    name String COMMENT 'What it does.',
    checksum String COMMENT 'SHA-256 of its statements.',
    at DateTime64(3, 'UTC') COMMENT 'When it was complete.'
)
ENGINE = MergeTree ORDER BY number
COMMENT 'One row per migration that is complete.'
"""


def migrate(client: Client) -> list[int]:
    """Apply what is missing, in order; return the numbers applied now (empty: nothing was to do).

    A migration is journalled after its last statement. One that was killed half way runs again from
    its start, which its statements bear. Swaps of months that a killed run left half made are finished
    too: call this whenever the store has been opened, before anything is read. On a server only who writes
    finishes them, for they may be those of a process that is at work.
    """
    client.command(_JOURNAL)
    done = {row["number"] for row in client.rows("SELECT DISTINCT number FROM migrations")}
    missing = [number for number in range(1, len(MIGRATIONS) + 1) if number not in done]
    if missing:
        client.hold()
    for number in missing:
        _apply(client, number)
    if client.alone:
        recover(client)
    return missing


def _apply(client: Client, number: int) -> None:
    migration = MIGRATIONS[number - 1]
    statements = migration.statements()
    for statement in statements:
        client.command(statement)
    checksum = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    now = pa.scalar(datetime.now(UTC), pa.timestamp("ms", "UTC"))
    client.insert(
        "migrations",
        pa.table({"number": [number], "name": [migration.NAME], "checksum": [checksum], "at": [now.as_py()]}),
    )


def schema_problems(client: Client) -> list[str]:
    """Where the store differs from the registry, table and column by name; empty when they agree."""
    found: dict[str, dict[str, str]] = {}
    columns = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"
    for row in client.rows(columns):
        found.setdefault(row["table"], {})[row["name"]] = row["type"]
    problems = []
    for table in TABLES.values():
        expected = {column.name: column.type for column in table.columns}
        for name in [table.name, f"{table.name}_history"] if table.has_history else [table.name]:
            problems += _differences(name, expected, found.get(name))
    return problems


def _differences(table: str, expected: dict[str, str], found: dict[str, str] | None) -> list[str]:
    if found is None:
        return [f"table {table} is missing"]
    problems = [f"{table}.{name} is missing" for name in expected if name not in found]
    problems += [f"{table}.{name} is not in the registry" for name in found if name not in expected]
    for name in expected.keys() & found.keys():
        if expected[name] != found[name]:
            problems.append(f"{table}.{name} is {found[name]}, the registry says {expected[name]}")
    return sorted(problems)
