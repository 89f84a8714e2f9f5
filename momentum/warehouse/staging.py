"""Staging tables: where a month is computed before it is swapped in, and how the leftovers go."""

from __future__ import annotations

import os
import socket
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from momentum.warehouse.client import Client

# A table of another machine is taken for dead after this: no run takes that long.
_DEAD_AFTER_H = 24

_MARK = "__staging_"


@contextmanager
def staging(client: Client, table: str) -> Iterator[str]:
    """An empty table like `table`, by name; dropped at the end.

    What runs that died left behind goes when the store is opened next (swaps.recover).
    """
    name = f"{table}{_MARK}{_owner()}_{uuid.uuid4().hex[:8]}"
    client.command(f"CREATE TABLE `{name}` AS `{table}`")
    try:
        yield name
    finally:
        drop_staging(client, name)


def dead_staging(client: Client) -> set[str]:
    """Staging tables whose process is gone."""
    found = client.rows(
        """
        SELECT name, metadata_modification_time < now() - INTERVAL {hours:UInt32} HOUR AS old FROM system.tables
        WHERE database = currentDatabase() AND position(name, {mark:String}) > 0
        """,
        {"mark": _MARK, "hours": _DEAD_AFTER_H},
    )
    return {row["name"] for row in found if row["old"] or not _lives(row["name"])}


def drop_staging(client: Client, name: str) -> None:
    client.command(f"DROP TABLE IF EXISTS `{name}` SYNC")


def _owner() -> str:
    """Machine, process and when the process began: a number that is used again is another process."""
    return f"{_machine()}_{os.getpid()}_{_began(os.getpid())}"


def _lives(name: str) -> bool:
    machine, pid, began, _ = name.partition(_MARK)[2].split("_")
    if machine != _machine():
        return True  # cannot be known from here
    return _began(int(pid)) == began


def _machine() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _began(pid: int) -> str:
    """Start of a process in clock ticks since boot; "" for none; "0" where the system does not tell."""
    try:
        # The command, in brackets, may hold spaces and brackets itself: count from the last one.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "0"
