"""What an entry is, and the two steps of all of them: rows are checked, all of them, then written at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from momentum.errors import MomentumError
from momentum.warehouse.client import Client
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.tables import TABLES

Checked = TypeVar("Checked")
OpenChange = Callable[..., str]  # changes.open_change with client, doorbell and clock bound
Rows = Mapping[int, Mapping[str, Any]]  # values by column, under the number of the line that they come from


@dataclass(frozen=True)
class Entry:
    """A row that may be written, and what that changes: days from `from_date` on, none if it is None."""

    table: str
    row: dict[str, Any]
    from_date: date | None
    cause: str
    detail: str


class EntryError(MomentumError):
    """An entry that cannot be taken. Each fault says which field, why, and what would do."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class EntriesError(EntryError):
    """Entries that cannot be taken: every fault with the number of its line."""

    def __init__(self, by_line: Sequence[tuple[int, str]]) -> None:
        super().__init__(*(fault for _, fault in by_line))
        self.by_line = list(by_line)


def refuse(faults: Iterable[str]) -> None:
    """Raises EntryError if there is any fault."""
    if found := [*faults]:
        raise EntryError(*found)


def check_each(rows: Rows, check: Callable[[Mapping[str, Any]], Checked]) -> list[Checked]:
    """What `check` makes of each row, in order. Raises EntriesError with the faults of all rows that it refuses."""
    checked, faults = [], []
    for line, values in rows.items():
        try:
            checked.append(check(values))
        except EntryError as error:
            faults += [(line, fault) for fault in error.faults]
    if faults:
        raise EntriesError(faults)
    return checked


def enter(client: Client, entries: Sequence[Entry], *, open_change: OpenChange) -> None:
    """Opens the changes, one per athlete and cause from the earliest day on, then writes each table at once.

    In this order a kill between the two makes something be computed again that has not changed, never
    the other way round. Of entries with one key the last counts.
    """
    changes: dict[tuple[str, str], list[Entry]] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    repeats: dict[tuple[Any, ...], int] = {}
    for entry in entries:
        if entry.from_date is not None:
            changes.setdefault((entry.row["athlete_id"], entry.cause), []).append(entry)
        key = (entry.table, *(entry.row[name] for name in TABLES[entry.table].key if name != "at"))
        # the newest row of a key counts, so two of one moment would leave it to chance
        at = entry.row["at"] + timedelta(milliseconds=repeats.setdefault(key, 0))
        repeats[key] += 1
        rows.setdefault(entry.table, []).append(entry.row | {"at": at})
    for (athlete_id, cause), found in changes.items():
        first, *more = dict.fromkeys(entry.detail for entry in found)
        open_change(
            athlete_id=athlete_id,
            from_date=min(entry.from_date for entry in found if entry.from_date is not None),
            cause=cause,
            detail=f"{first} and {len(more)} more" if more else first,
        )
    for table, some in rows.items():
        client.insert(table, rows_to_arrow(table, some))
