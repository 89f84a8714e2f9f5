"""Entries of a command into the store: one, or all of a csv or none, every fault told with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from momentum_dagster.cli.csv_rows import Read, read_csv, refuse_lines
from momentum_dagster.cli.shared import change_opener, store

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.warehouse.entries import Entry, Rows
    from momentum.warehouse.tables import Column

Checked = TypeVar("Checked")
Check = Callable[..., list["Entry"]]  # (client, rows, now=...), such as entries.threshold_entries


def enter_one(client: Client, check: Check, values: Mapping[str, Any]) -> Entry:
    """Enters what one command says; the entry."""
    from momentum.warehouse.entries import enter

    entries = check(client, {0: values}, now=datetime.now(UTC))
    enter(client, entries, open_change=change_opener(client))
    return entries[0]


def enter_csv(path: Path, table: str, required: Set[str], check: Check, *, also: Sequence[Column] = ()) -> int:
    """Enters all lines of a csv; how many. MomentumError with every fault, and nothing entered, if there is any."""
    from momentum.warehouse.entries import enter

    read = read_csv(path, table, required, also=also)
    with store() as client:
        now = datetime.now(UTC)
        entries = checked(path, read, lambda rows: check(client, rows, now=now))
        enter(client, entries, open_change=change_opener(client))
    return len(entries)


def checked(path: Path, read: Read, check: Callable[[Rows], list[Checked]]) -> list[Checked]:
    """What `check` makes of the lines of a csv, if neither it nor the reading of the cells found a fault."""
    from momentum.warehouse.entries import EntriesError

    try:
        found, faults = check(read.rows), read.faults
    except EntriesError as error:
        found, faults = [], read.faults + error.by_line
    refuse_lines(path, faults)
    return found
