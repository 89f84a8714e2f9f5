"""One meaning of "the same tables": keys and integers equal, floats within 1e-9, writing times left out."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.tables import TABLES

# When and by which run a row was written differs between two imports that are the same.
_WRITING = {"run_id", "at", "seen_at", "decoded_at", "ingested_at", "change_id", "published_run"}
# How the work was cut into runs is all that these hold.
_JOURNALS_OF_RUNS = {"changes", "publications", "swaps", "activity_versions", "leases"}
TOLERANCE = 1e-9


Dump = dict[str, list[tuple[Any, ...]]]


def tables_of(client: Client, athlete_id: str = "") -> Dump:
    """All rows of all tables, sorted, without the times of writing; superseded samples left out.

    With an athlete, only that athlete's rows, with the athlete's name and ids taken out of them: two
    athletes with the same files then have the same tables.
    """
    dump = {name: _rows(client, name, athlete_id) for name in TABLES if name not in _JOURNALS_OF_RUNS}
    if not athlete_id:
        return dump
    aliases = client.rows("SELECT * FROM activity_aliases WHERE athlete_id = {a:String}", {"a": athlete_id})
    names = {row["alias_id"]: f"{row['source_sha256']}:{row['part']}:{row['leg']}" for row in aliases}
    names[athlete_id] = "athlete"
    return {
        name: sorted((tuple(names.get(v, v) if isinstance(v, str) else v for v in row) for row in rows), key=repr)
        for name, rows in dump.items()
    }


def _rows(client: Client, name: str, athlete_id: str) -> list[tuple[Any, ...]]:
    table = TABLES[name]
    columns = [column.name for column in table.columns if column.name not in _WRITING]
    current = (
        "AND (athlete_id, activity_id, version) IN (SELECT athlete_id, activity_id, version FROM activities)"
        if table.kind == "versioned"
        else ""
    )
    rows = client.query(
        f"SELECT DISTINCT {', '.join(columns)} FROM {name} "
        f"WHERE (athlete_id = {{a:String}} OR {{a:String}} = '') {current} "
        "ORDER BY ALL",
        {"a": athlete_id},
    ).to_pylist()
    return [tuple(_plain(row[column]) for column in columns) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return tuple(value) if isinstance(value, list) else value


def differences(one: Dump, other: Dump) -> list[str]:
    """What differs between two dumps of `tables_of`, a sentence each; none when they are the same."""
    found = []
    for name, rows in one.items():
        if len(rows) != len(other[name]):
            found.append(f"{name}: {len(rows)} rows and {len(other[name])}")
            continue
        unlike = [pair for pair in zip(rows, other[name], strict=True) if not _same(*pair)]
        found += [f"{name}: {mine} and {theirs}" for mine, theirs in unlike[:1]]
    return found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other


def doubled_samples(client: Client) -> list[str]:
    """`tables_of` looks at distinct rows; a version that was written twice is seen by counting."""
    rows = client.rows(
        "SELECT activity_id, count() AS n, any(rows) AS told FROM records "
        "INNER JOIN (SELECT activity_id, version, any(rows) AS rows FROM activity_versions "
        "  WHERE state = 'stored' GROUP BY ALL) AS stored USING (activity_id, version) "
        "GROUP BY activity_id, version HAVING n != told"
    )
    return [f"samples of {row['activity_id']}: {row['n']}, not {row['told']}" for row in rows]
