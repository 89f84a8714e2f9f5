"""Samples of versions that no activity names any more: deleted, while the journal keeps that they were.

A better decoder, a further file of an activity or a changed decision writes samples anew, as another
version; the old ones stay until they are pruned. A version that is asked for again later (a decision
undone) is then read again from the archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from momentum.warehouse.changes import open_changes
from momentum.warehouse.client import Client
from momentum.warehouse.ingest.columns import LONG_TABLES, rows_to_arrow
from momentum.warehouse.ingest.versions import NEWEST_STATE


@dataclass(frozen=True)
class Pruned:
    """Number of versions whose samples went, and of rows by table."""

    versions: int
    rows: dict[str, int]


def prune(client: Client, now: datetime) -> Pruned:
    """Delete the samples of superseded versions. Athletes with an open change are left for the next time:
    their activities may not name yet what they are about to name.

    The journal says `pruned` before anything is deleted, so that a prune that is killed leaves no version
    for whole that is not; the next prune deletes the rest.
    """
    fresh = _versions(client, "stored")
    if fresh:
        rows = [row | {"state": "pruned", "at": now} for row in fresh]
        client.insert("activity_versions", rows_to_arrow("activity_versions", rows))
    gone = {name: _delete(client, name) for name in LONG_TABLES}
    return Pruned(len(fresh), gone)


def _versions(client: Client, state: str) -> list[dict[str, Any]]:
    """Versions in this state that no activity names, of athletes without an open change."""
    return client.rows(
        f"""
        SELECT athlete_id, activity_id, version FROM activity_versions
        WHERE (athlete_id, activity_id, version) NOT IN (SELECT athlete_id, activity_id, version FROM activities)
            AND athlete_id NOT IN {{changing:Array(String)}}
        GROUP BY athlete_id, activity_id, version HAVING {NEWEST_STATE} = {{state:String}}
        ORDER BY athlete_id, activity_id, version
        """,
        {"state": state, "changing": [*{change.athlete_id for change in open_changes(client)}, ""]},
    )


def _delete(client: Client, table: str) -> int:
    """Deletes the rows of pruned versions; their number."""
    condition = f"""
        (athlete_id, activity_id, version) IN (
            SELECT athlete_id, activity_id, version FROM activity_versions
            GROUP BY athlete_id, activity_id, version HAVING {NEWEST_STATE} = 'pruned'
        )
    """
    rows = client.rows(f"SELECT count() AS rows FROM {table} WHERE {condition}")[0]["rows"]
    if rows:
        client.command(f"DELETE FROM {table} WHERE {condition}")
    return rows
