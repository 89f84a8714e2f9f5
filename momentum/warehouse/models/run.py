"""Computes months of a SQL model: one pass over the range, athlete bucket by athlete bucket, then the swap."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from momentum.warehouse.client import Client
from momentum.warehouse.models.registry import MODELS, model_version, statement
from momentum.warehouse.publish import Published, done_months, staging, swap
from momentum.warehouse.tables import TABLES

# Rows that a bucket of athletes may cost: memory follows this, not the number of athletes. One athlete is
# never split, for a series is one piece.
BUCKET_ROWS = 1_000_000

_SETTINGS = {
    # A range of 20 years is 240 partitions in one insert; it goes to a staging table, so that an insert
    # that dies half way does no harm.
    "max_partitions_per_insert_block": 0,
    # Evaluated after the sort, the look-up by sport would drag the map of loads through it: four times the time.
    "query_plan_execute_functions_after_sorting": 0,
}


def recompute(client: Client, table: str, first: date, last: date, *, now: datetime) -> list[Published]:
    """Compute the months that `first` to `last` touch and swap them in; `now` is aware.

    Returns what was swapped: months whose last publication came from the very same inputs by the same
    model are left as they are. Weeks belong to the month of their Monday, so for weekly_rollup the range
    begins at the Monday of `first`. Series with memory are computed over all their days before the range.

    The store is not given up on the way: another process could change the inputs between two buckets.
    On a cluster this runs on each shard, on its local tables.
    """
    if not MODELS[table].sql:
        raise ValueError(f"{table} is not computed in SQL")
    if last < first:
        raise ValueError(f"the range ends on {last}, before it begins on {first}")
    weekly = table == "weekly_rollup"
    months = _months(first - timedelta(days=first.weekday()) if weekly else first, last)
    parameters = _days_of_weeks(months) if weekly else _days(months)
    parameters |= _today(client, now)
    version = model_version(table)
    inputs_hash = _inputs_hash(client, table, parameters)
    if done_months(client, table, model_version=version, inputs_hash=inputs_hash).issuperset(months):
        return []
    columns = ", ".join(f"`{name}`" for name in TABLES[table].column_names)
    with staging(client, table) as name:
        # Merging parts that are about to be moved elsewhere would take a seventh of the time.
        client.command(f"ALTER TABLE `{name}` MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1")
        insert = f"INSERT INTO `{name}` ({columns}) SELECT {columns} FROM ({statement(table)})"
        for bucket in _buckets(client, table, parameters):
            client.command(insert, parameters | bucket | {"model_version": version}, _SETTINGS)
        return swap(client, table, name, months, model_version=version, inputs_hash=inputs_hash, skip_done=True)


def _months(first: date, last: date) -> list[date]:
    """First days of the months from that of `first` to that of `last`."""
    places = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(place // 12, place % 12 + 1, 1) for place in places]


def _days(months: list[date]) -> dict[str, Any]:
    """First and last day of the months."""
    after = _months(months[-1], months[-1] + timedelta(days=31))[1]
    return {"first": months[0], "last": after - timedelta(days=1)}


def _days_of_weeks(months: list[date]) -> dict[str, Any]:
    """First and last day of the weeks whose Monday lies in the months."""
    first, last = _days(months).values()
    return {
        "first": first + timedelta(days=-first.weekday() % 7),
        "last": last - timedelta(days=last.weekday()) + timedelta(days=6),
    }


def _today(client: Client, now: datetime) -> dict[str, Any]:
    """Today in UTC, and by how many days each home zone is off it; a zone that nobody knows counts as UTC."""
    utc_today = now.astimezone(UTC).date()
    zones = [row["timezone"] for row in client.rows("SELECT DISTINCT timezone FROM athletes ORDER BY timezone")]
    offsets = [(now.astimezone(_zone(zone)).date() - utc_today).days for zone in zones]
    # The engine takes no empty list here.
    return {"utc_today": utc_today, "zones": [*zones, ""], "zone_offsets_d": [*offsets, 0]}


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _inputs_hash(client: Client, table: str, parameters: Mapping[str, Any]) -> str:
    """What the months are computed from: content of the inputs' months up to the last, athletes, today.

    Parts are compared, not rows: a merge makes another hash and an idle recompute, never the other way round.
    """
    parts = client.rows(
        """
        SELECT table, partition, uncompressed_hash_of_compressed_files AS content FROM system.parts
        WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND active
            AND toUInt32(partition) <= toYYYYMM({last:Date})
        ORDER BY table, partition, content
        """,
        {"tables": list(MODELS[table].inputs), "last": parameters["last"]},
    )
    athletes = client.rows(
        """
        SELECT athlete_id, argMax((timezone, ctl_seed, atl_seed), at) AS profile FROM athletes
        GROUP BY athlete_id ORDER BY athlete_id
        """
    )
    return hashlib.sha256(repr((parts, athletes, sorted(parameters.items()))).encode()).hexdigest()[:16]


def _buckets(client: Client, table: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ranges of athletes that cost about BUCKET_ROWS each."""
    model = MODELS[table]
    return client.rows(
        f"""
        SELECT min(athlete_id) AS athlete_from, max(athlete_id) AS athlete_to
        FROM (
            SELECT
                athlete_id,
                intDiv(sum(rows) OVER (ORDER BY athlete_id ROWS UNBOUNDED PRECEDING) - rows, {{size:UInt64}}) AS bucket
            FROM (
                SELECT athlete_id, toUInt64({model.weight}) AS rows FROM `{model.weighed}`
                WHERE local_date <= {{last:Date}} GROUP BY athlete_id
            )
        )
        GROUP BY bucket ORDER BY bucket
        """,
        {**parameters, "size": BUCKET_ROWS, "days": (parameters["last"] - parameters["first"]).days + 1},
    )
