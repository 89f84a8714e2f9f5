"""The journal of changes: what must still be computed again, written before anyone can see why.

A change is opened before the data that it speaks of becomes visible, and closed when every month that
it needs is published. A run that dies in between leaves it open, and the next run does the work.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from momentum.warehouse.client import Client

_AT = pa.timestamp("ms", "UTC")


@dataclass(frozen=True)
class Change:
    """From `from_date` on, the athlete's derived data may differ from what is published."""

    change_id: str
    athlete_id: str
    from_date: date
    cause: str
    detail: str
    at: datetime


def open_change(
    client: Client,
    doorbell: Callable[[], None],
    *,
    athlete_id: str,
    from_date: date,
    cause: str,
    detail: str,
    now: datetime,
) -> str:
    """Open a change and return its id. Call before the change itself is written; `now` is aware.

    The doorbell rings first: a sensor that hears it and finds nothing loses nothing, the other way
    round it could miss a change.
    """
    change_id = uuid.uuid4().hex
    doorbell()
    client.insert(
        "changes",
        pa.table(
            {
                "change_id": [change_id],
                "athlete_id": [athlete_id],
                "from_date": pa.array([from_date], pa.date32()),
                "cause": [cause],
                "detail": [detail],
                "at": pa.array([now], _AT),
                "published_run": [""],
            }
        ),
    )
    return change_id


def open_changes(client: Client) -> list[Change]:
    """Changes that are not closed, oldest first."""
    rows = client.rows(
        """
        SELECT change_id, athlete_id, from_date, cause, detail, at FROM changes
        WHERE published_run = '' AND change_id NOT IN (SELECT change_id FROM changes WHERE published_run != '')
        ORDER BY at, change_id
        """
    )
    return [Change(**row) for row in rows]


def close_changes(client: Client, ids: Sequence[str], run_id: str, now: datetime) -> None:
    """Close changes: one more row each, with the run that published what they needed. Closing twice is harmless.

    Raises ValueError for an id that was never opened: closing it would hide a change that is still needed.
    """
    if not ids:
        return
    known = client.rows(
        """
        SELECT change_id, athlete_id, from_date, cause, detail, max(published_run != '') AS closed FROM changes
        WHERE change_id IN {ids:Array(String)} GROUP BY ALL
        """,
        {"ids": list(ids)},
    )
    if unknown := set(ids) - {row["change_id"] for row in known}:
        raise ValueError(f"changes that were never opened: {', '.join(sorted(unknown))}")
    fresh = [row for row in known if not row.pop("closed")]
    if not fresh:
        return
    columns = {name: [row[name] for row in fresh] for name in fresh[0]}
    columns["at"] = pa.array([now] * len(fresh), _AT)
    columns["published_run"] = [run_id] * len(fresh)
    client.insert("changes", pa.table(columns))
