"""Swapping partitions so that a crash leaves nothing half done.

REPLACE PARTITION is atomic for who reads, but not for kill -9: the engine first puts the new part in
its place and then, in a second step, covers the old ones, and a process that dies between the two
leaves the rows of both (a third of all kills in a loop of swaps did). So a batch of swaps is written
down before it begins, and whoever opens the store next makes it again from the staging table, which
is still there for the same reason. To make a swap twice does no harm.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from momentum.warehouse.client import Client
from momentum.warehouse.staging import dead_staging, drop_staging
from momentum.warehouse.tables import TABLES

_TYPES = {"month": pa.date32(), "rows": pa.uint64(), "at": pa.timestamp("ms", "UTC")}


@dataclass(frozen=True)
class Swap:
    """One partition of a table, or of its history, that takes `rows` rows from the staging table `source`."""

    table: str
    partition: str
    source: str
    month: date
    model_version: str
    inputs_hash: str
    rows: int


def make(client: Client, swaps: Sequence[Swap]) -> None:
    """Make all swaps of a batch. Those of tables (not of histories) are journalled in `publications`."""
    if not swaps:
        return
    swap_id = uuid.uuid4().hex
    _insert(client, "swaps", [asdict(swap) | {"swap_id": swap_id, "done": False} for swap in swaps])
    _make(client, swap_id, swaps)


def recover(client: Client) -> list[Swap]:
    """Finish the batches of runs that died, drop what they had staged, return the swaps that were made.

    A batch whose staging table is gone had failed with an error, not with its process, and needs nothing.
    Who calls this writes alone (client.hold), or it would take the work of another for that of the dead.
    """
    client.check_alone()
    dead = dead_staging(client)
    recovered = []
    for swap_id, swaps in _unfinished(client, dead).items():
        staged = [swap for swap in swaps if swap.source in dead]
        _make(client, swap_id, staged)
        recovered += staged
    for name in dead:
        drop_staging(client, name)
    return recovered


def _unfinished(client: Client, dead: Collection[str]) -> dict[str, list[Swap]]:
    """Batches that were begun, not closed, and are not being worked on, oldest first."""
    rows = client.rows(
        """
        SELECT * FROM swaps WHERE NOT done AND swap_id NOT IN (SELECT swap_id FROM swaps WHERE done)
        AND (source IN {dead:Array(String)} OR source NOT IN
            (SELECT name FROM system.tables WHERE database = currentDatabase()))
        ORDER BY at
        """,
        {"dead": list(dead)},
    )
    batches: dict[str, list[Swap]] = {}
    for row in rows:
        swap = Swap(**{field.name: row[field.name] for field in fields(Swap)})
        batches.setdefault(row["swap_id"], []).append(swap)
    return batches


def _make(client: Client, swap_id: str, swaps: Sequence[Swap]) -> None:
    made: list[Swap] = []
    try:
        for swap in swaps:
            # The engine refuses to replace by nothing, lest it be a mistake; here it is meant.
            how = (
                f"REPLACE PARTITION {swap.partition} FROM `{swap.source}`"
                if swap.rows
                else f"DROP PARTITION {swap.partition}"
            )
            client.check_alone()
            client.command(f"ALTER TABLE `{swap.table}` {how}")
            made.append(swap)
    finally:
        # One insert for all: a row of its own costs more than the swap. Killed before it, the whole batch
        # is made again and journalled then; after an error, what was made is still told.
        journal(client, [swap for swap in made if swap.table in TABLES])
    _insert(client, "swaps", [{"swap_id": swap_id, "done": True}])


def journal(client: Client, published: Sequence[Any]) -> None:
    """A row of `publications` for each: months that now hold what this version makes of these inputs."""
    columns = ("table", "month", "model_version", "inputs_hash", "rows")
    _insert(client, "publications", [{name: getattr(one, name) for name in columns} for one in published])


def _insert(client: Client, table: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    rows = [row | {"run_id": client.run_id, "at": datetime.now(UTC)} for row in rows]
    columns = {name: pa.array([row[name] for row in rows], _TYPES.get(name)) for name in rows[0]}
    client.insert(table, pa.table(columns))
