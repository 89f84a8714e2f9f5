"""Fills `activity_metrics`: samples of an activity in, one row out, through momentum.training.

A row carries the hash of all it was computed from: version of the activity, thresholds valid on the
day, person, exertion, scale of session RPE, model. The same hash again means that the row stands, so a
recompute of any range does only what is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np

from momentum.activity_files.decoded import CHANNELS, Columns
from momentum.training.activity import Session, activity_metrics
from momentum.warehouse.facts import Facts, told
from momentum.warehouse.ingest.assembly import Row, replace_athletes
from momentum.warehouse.publish import Published

# Samples read from the store at once; memory stays flat however long the range is.
SAMPLES_PER_READ = 1_000_000

UNUSED = frozenset({"temperature_c"})  # channels that no metric looks at

Progress = Callable[[int, int], None]


def recompute_metrics(
    client: Any,
    athlete_ids: Sequence[str],
    first: date,
    last: date,
    *,
    model_version: str,
    progress: Progress = lambda done, total: None,
) -> list[Published]:
    """Swap in the months from `first` to `last` whose metrics differ for these athletes."""
    rows: list[Row] = []
    for athlete_id in athlete_ids:
        rows += _athlete_rows(client, athlete_id, first, last, model_version, progress)
    return replace_athletes(
        client,
        "activity_metrics",
        athlete_ids,
        rows,
        first,
        last,
        model_version=model_version,
        identity=("athlete_id", "activity_id", "inputs_hash"),
    )


def _athlete_rows(
    client: Any, athlete_id: str, first: date, last: date, model_version: str, progress: Progress
) -> list[Row]:
    """The athlete's rows of the range, in order of time; those that stand are not computed again."""
    facts = Facts(client, athlete_id, first)
    todo = _activities(client, athlete_id, first, last)
    standing = {row["activity_id"]: row for row in _metrics(client, athlete_id, first, last)}
    rows: list[Row] = []
    for chunk in _chunks(todo):
        samples = _LazySamples(client, athlete_id, chunk)
        for activity in chunk:
            rows.append(_row(activity, facts, standing.get(activity["activity_id"]), samples, model_version))
            facts.remember(rows[-1])
        progress(len(rows), len(todo))
    return rows


def _row(activity: Row, facts: Facts, stands: Row | None, samples: _LazySamples, model_version: str) -> Row:
    session = Session(**{name: activity[name] for name in _SESSION})
    thresholds = facts.thresholds(activity["sport"], activity["local_date"])
    person = facts.person(activity["local_date"])
    scale = None if session.rpe is None else facts.srpe_scale(activity["local_date"])
    inputs = (activity["version"], asdict(session), told(thresholds), asdict(person), scale, model_version)
    inputs_hash = hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]
    if stands is not None and stands["inputs_hash"] == inputs_hash:
        return stands
    columns, lengths = samples.of(activity["activity_id"])
    return activity_metrics(session, columns, lengths, thresholds, person, scale) | {
        "athlete_id": activity["athlete_id"],
        "activity_id": activity["activity_id"],
        "local_date": activity["local_date"],
        "inputs_hash": inputs_hash,
        "model_version": model_version,
    }


_SESSION = ("sport", "sub_sport", "elapsed_s", "moving_s", "distance_m", "ascent_m", "rpe")


def _activities(client: Any, athlete_id: str, first: date, last: date) -> list[Row]:
    """What counts in loads: activities and legs, never the event that the legs belong to."""
    return client.rows(
        "SELECT athlete_id, activity_id, version, local_date, sport, sub_sport, elapsed_s, moving_s, distance_m, "
        "ascent_m, rpe, rows FROM activities "
        "ANY LEFT JOIN (SELECT activity_id, version, rows FROM activity_versions "
        "  WHERE athlete_id = {athlete:String} AND state = 'stored') AS stored USING (activity_id, version) "
        "WHERE athlete_id = {athlete:String} AND sport != 'multisport' "
        "AND local_date >= {first:Date} AND local_date <= toLastDayOfMonth({last:Date}) "
        "ORDER BY local_date, activity_id",  # as evidence grows: by days, and within one day the same each time
        {"athlete": athlete_id, "first": first, "last": last},
    )


def _metrics(client: Any, athlete_id: str, first: date, last: date) -> list[Row]:
    return client.rows(
        "SELECT * FROM activity_metrics WHERE athlete_id = {athlete:String} "
        "AND local_date >= {first:Date} AND local_date <= toLastDayOfMonth({last:Date}) ORDER BY local_date",
        {"athlete": athlete_id, "first": first, "last": last},
    )


def _chunks(activities: list[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    samples = 0
    for activity in activities:
        chunk.append(activity)
        samples += activity["rows"]
        if samples >= SAMPLES_PER_READ:
            yield chunk
            chunk, samples = [], 0
    if chunk:
        yield chunk


class _LazySamples:
    """Samples and pool lengths of a chunk of activities, read once when the first of them is needed."""

    def __init__(self, client: Any, athlete_id: str, chunk: list[Row]) -> None:
        self._client, self._athlete_id, self._chunk = client, athlete_id, chunk
        self._samples: dict[str, Columns] | None = None
        self._lengths: dict[str, Columns] = {}

    def of(self, activity_id: str) -> tuple[Columns, Columns]:
        if self._samples is None:
            channels = ", ".join(channel for channel in CHANNELS if channel not in UNUSED)
            self._samples = self._read(
                f"SELECT activity_id, toUnixTimestamp64Milli(ts) AS ts, {channels} FROM records", "ts"
            )
            self._lengths = self._read(
                "SELECT activity_id, toUnixTimestamp64Milli(start) AS start, elapsed_s, distance_m FROM laps", "start",
                "AND kind = 'length'",
            )  # fmt: skip
        empty = np.empty(0)
        return (
            self._samples.get(activity_id, {"ts": empty.astype(np.int64)}),
            self._lengths.get(activity_id, {"start": empty.astype(np.int64), "elapsed_s": empty, "distance_m": empty}),
        )

    def _read(self, select: str, order: str, more: str = "") -> dict[str, Columns]:
        table = self._client.query(
            f"{select} WHERE athlete_id = {{athlete:String}} "
            "AND (activity_id, version) IN arrayZip({ids:Array(String)}, {versions:Array(String)}) "
            f"AND local_date >= {{first:Date}} AND local_date <= {{last:Date}} {more} "
            f"ORDER BY athlete_id, activity_id, version, {order}",  # as they lie: nothing is sorted
            {
                "athlete": self._athlete_id,
                "ids": [row["activity_id"] for row in self._chunk],
                "versions": [row["version"] for row in self._chunk],
                "first": min(row["local_date"] for row in self._chunk),
                "last": max(row["local_date"] for row in self._chunk),
            },
        )
        return _split(table)


def _split(table: Any) -> dict[str, Columns]:
    """Columns by activity; rows of one activity lie together. NULL becomes NaN, all-NULL channels go."""
    if not table.num_rows:
        return {}
    ids = table.column("activity_id").combine_chunks().dictionary_encode()
    codes = ids.indices.to_numpy()
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    ends = np.r_[starts[1:], len(codes)]
    names = [name for name in table.column_names if name != "activity_id"]
    columns = {
        name: table.column(name).to_numpy().astype(np.int64 if name in ("ts", "start") else np.float64, copy=False)
        for name in names
    }
    keys = ids.dictionary.to_pylist()
    split: dict[str, Columns] = {}
    for start, end in zip(starts, ends, strict=True):
        part = {name: column[start:end] for name, column in columns.items()}
        split[keys[codes[start]]] = {
            name: column for name, column in part.items() if column.dtype == np.int64 or not np.isnan(column).all()
        }
    return split
