"""Samples of an activity, written once per version and journalled before and after.

A version is what a set of files, merged by a decoder on a day, gives. `begun` is journalled before the
first sample, `stored` after the last: what is begun and not stored is swept by the next writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from momentum.activity_files.decoded import Activity
from momentum.activity_files.matching import Group, activity_id, version_of
from momentum.activity_files.merging import merge
from momentum.warehouse.ingest.book import Book, Key
from momentum.warehouse.ingest.columns import LONG_TABLES, Placed, rows_to_arrow

# Samples held in memory before they are written: large enough that an insert's fixed cost does not
# count, small enough that an import's memory stays flat.
MAX_SAMPLES = 750_000

# Of a group of rows of `activity_versions`. One writer sweeps, begins and stores with one time, in this order.
NEWEST_STATE = "argMax(state, (at, indexOf(['swept', 'begun', 'stored', 'pruned'], toString(state))))"

Decode = Callable[[str], list[Activity]]  # source_sha256 -> its activities, by part


def founding(group: Group) -> Key:
    """The file that names the activity: the smallest, so that no order of import can move it."""
    return group.members[0]


def version_id(book: Book, group: Group, decoder_version: int) -> str:
    """16 hex digits over the files, the chosen one, the decoder and the day (records lie in its month)."""
    files = version_of(group.members, decoder_version)
    return hashlib.sha256(f"{files}:{group.chosen}:{book.local_date(group.chosen)}".encode()).hexdigest()[:16]


def stored_versions(client: Any, athlete_id: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows of `activity_versions` whose samples are all there, by (event or activity, version)."""
    stored: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in client.rows(
        "SELECT * FROM activity_versions WHERE athlete_id = {athlete:String} AND state = 'stored' "
        "AND (activity_id, version) IN ("
        "  SELECT activity_id, version FROM activity_versions WHERE athlete_id = {athlete:String} "
        f"  GROUP BY activity_id, version HAVING {NEWEST_STATE} = 'stored') "
        "ORDER BY activity_id, version, at DESC LIMIT 1 BY activity_id, version",
        {"athlete": athlete_id},
    ):
        stored.setdefault((row["parent_id"] or row["activity_id"], row["version"]), []).append(row)
    return stored


def sweep_begun(client: Any, now: datetime) -> int:
    """Delete the samples of versions that a killed writer began and never stored; their number."""
    client.hold()  # what another process is writing has begun, too
    begun = client.rows(
        "SELECT athlete_id, version FROM activity_versions "
        f"GROUP BY athlete_id, version HAVING {NEWEST_STATE} = 'begun' ORDER BY athlete_id, version"
    )
    for row in begun:
        for table in LONG_TABLES:
            client.command(
                f"DELETE FROM {table} WHERE athlete_id = {{athlete_id:String}} AND version = {{version:String}}", row
            )
    if begun:
        client.insert(
            "activity_versions",
            rows_to_arrow("activity_versions", [row | {"state": "swept", "at": now} for row in begun]),
        )
    return len(begun)


def write_versions(
    client: Any,
    book: Book,
    groups: Iterable[Group],
    decode: Decode,
    *,
    decoder_version: int,
    run_id: str,
    now: datetime,
) -> int:
    """Write what is not stored yet of these groups, in blocks; the number of samples written."""
    stored = stored_versions(client, book.athlete_id)
    pending: list[tuple[list[Placed], list[dict[str, Any]]]] = []
    samples = written = 0
    for group in groups:
        event_id = activity_id(book.athlete_id, *founding(group))
        if (event_id, version_id(book, group, decoder_version)) in stored:
            continue
        built = _build(book, group, decode, decoder_version)
        pending.append(built)
        samples += sum(len(item.activity.samples.get("ts", ())) for item in built[0])
        if samples >= MAX_SAMPLES:
            written += _write(client, pending, run_id, now)
            pending, samples = [], 0
    return written + _write(client, pending, run_id, now)


def _build(book: Book, group: Group, decode: Decode, decoder_version: int) -> tuple[list[Placed], list[dict[str, Any]]]:
    """The merged activity and its legs with their identities, and their rows of the journal."""
    activities = {key: decode(key[0])[key[1]] for key in group.members}
    others = [(key, activities[key]) for key in sorted(group.members) if key != group.chosen]
    merged, taken = merge(activities[group.chosen], others)
    key = founding(group)
    event_id = activity_id(book.athlete_id, *key)
    version, day = version_id(book, group, decoder_version), book.local_date(group.chosen)
    placed = [Placed(book.athlete_id, event_id, version, day, merged)]
    placed += [
        Placed(book.athlete_id, activity_id(book.athlete_id, *key, leg), version, day, activity)
        for leg, activity in enumerate(merged.legs, start=1)
    ]
    sources = {f"{sha}:{part}": list(channels) for (sha, part), channels in taken.items()}
    rows = [_journal_row(item, leg, event_id, sources) for leg, item in enumerate(placed)]
    return placed, rows


def _journal_row(item: Placed, leg: int, event_id: str, taken: dict[str, list[str]]) -> dict[str, Any]:
    activity = item.activity
    return {
        "athlete_id": item.athlete_id,
        "activity_id": item.activity_id,
        "version": item.version,
        "parent_id": event_id if leg else "",
        "leg": leg,
        "started_at": _utc(activity.started_at_ms),
        "local_date": item.local_date,
        "sport": activity.sport,
        "sub_sport": activity.sub_sport,
        "device": activity.device,
        "elapsed_s": activity.elapsed_s,
        "moving_s": activity.moving_s,
        "distance_m": activity.distance_m,
        "ascent_m": activity.ascent_m,
        "pool_length_m": activity.pool_length_m,
        "rpe": activity.rpe,
        "rows": len(activity.samples.get("ts", ())),
        "taken": taken,
    }


def _write(client: Any, pending: list[tuple[list[Placed], list[dict[str, Any]]]], run_id: str, now: datetime) -> int:
    if not pending:
        return 0
    placed = [item for items, _ in pending for item in items]
    rows = [row | {"run_id": run_id, "at": now} for _, rows in pending for row in rows]
    client.check_alone()
    _delete_leftovers(client, rows)
    begun = rows_to_arrow("activity_versions", [row | {"state": "begun"} for row in rows])
    client.insert("activity_versions", begun)
    for table, build in LONG_TABLES.items():
        data = build(placed)
        if data is not None:
            client.insert(table, data)
    client.check_alone()  # or another has swept them meanwhile
    client.insert("activity_versions", rows_to_arrow("activity_versions", [row | {"state": "stored"} for row in rows]))
    return sum(row["rows"] for row in rows)


def _delete_leftovers(client: Any, rows: list[dict[str, Any]]) -> None:
    """Of versions that are written again: what a prune that was killed had said to delete and did not, and what
    a writer that had fallen silent still wrote after another had swept."""
    who = {"athlete": rows[0]["athlete_id"], "versions": sorted({row["version"] for row in rows})}
    these = "athlete_id = {athlete:String} AND version IN {versions:Array(String)}"
    gone = f"SELECT DISTINCT version FROM activity_versions WHERE {these} AND state IN ('pruned', 'swept')"
    if left := [row["version"] for row in client.rows(gone, who)]:
        for table in LONG_TABLES:
            client.command(f"DELETE FROM {table} WHERE {these}", who | {"versions": left})


def _utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
