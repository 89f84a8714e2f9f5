"""Publishing: months computed in a staging table take the place of those in the table, one by one.

REPLACE PARTITION is atomic: after a crash each month is the old one or the new one, and the journal
`publications` says which of them are new. On a cluster the swap is made on each shard, on the local
tables, for a Distributed table has no partitions; here there is one server or the embedded engine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa

from momentum.warehouse.client import Client
from momentum.warehouse.migrations.ddl import has_history
from momentum.warehouse.staging import staging, sweep_staging
from momentum.warehouse.tables import TABLES

__all__ = ["Published", "done_months", "staging", "swap", "sweep_staging"]


@dataclass(frozen=True)
class Published:
    """One month of a table that was swapped in, with the number of its rows."""

    table: str
    month: date
    model_version: str
    inputs_hash: str
    rows: int


def swap(
    client: Client,
    table: str,
    staging_name: str,
    months: Sequence[date],
    *,
    model_version: str,
    inputs_hash: str,
    skip_done: bool = False,
) -> list[Published]:
    """Put `months` of the staging table in place of the table's; a month without rows there becomes empty.

    Months (given by their first day) that another version of the model computed are copied to the
    table's history before. Each swap is journalled; with `skip_done` and an `inputs_hash`, months
    whose last publication has the same version and hash are left as they are. Returns what was swapped.
    """
    if wrong := [month for month in months if month.day != 1]:
        raise ValueError(f"months are given by their first day, not {wrong[0]}")
    if skip_done:
        done = done_months(client, table, model_version=model_version, inputs_hash=inputs_hash)
        months = [month for month in months if month not in done]
    if has_history(TABLES[table]):
        _keep_history(client, table, months, model_version)
    rows = _rows_by_month(client, table, staging_name)
    published = []
    for month in sorted(set(months)):
        one = Published(table, month, model_version, inputs_hash, rows.get(int(f"{month:%Y%m}"), 0))
        # The engine refuses to replace by nothing, lest it be a mistake; here it is meant.
        how = f"REPLACE PARTITION {month:%Y%m} FROM `{staging_name}`" if one.rows else f"DROP PARTITION {month:%Y%m}"
        client.command(f"ALTER TABLE `{table}` {how}")
        _journal(client, one)
        published.append(one)
    return published


def done_months(client: Client, table: str, *, model_version: str, inputs_hash: str) -> set[date]:
    """Months whose last publication has this version and this hash; none for an empty hash."""
    if not inputs_hash:
        return set()
    found = client.rows(
        """
        SELECT month FROM publications WHERE table = {table:String} GROUP BY month
        HAVING argMax((model_version, inputs_hash), at) = ({version:String}, {hash:String})
        """,
        {"table": table, "version": model_version, "hash": inputs_hash},
    )
    return {row["month"] for row in found}


def _keep_history(client: Client, table: str, months: Collection[date], model_version: str) -> None:
    """Copy what other versions computed. A second copy replaces the first, so a crash here does no harm."""
    day = f"toYYYYMM({TABLES[table].day})"
    older = f"{day} IN {{months:Array(UInt32)}} AND model_version != {{version:String}}"
    parameters = {"months": [int(f"{month:%Y%m}") for month in months], "version": model_version}
    found = client.rows(f"SELECT DISTINCT {day} AS yyyymm, model_version FROM `{table}` WHERE {older}", parameters)
    if not found:
        return
    columns = ", ".join(f"`{name}`" for name in TABLES[table].column_names)
    history = f"{table}_history"
    with staging(client, history) as copy:
        client.command(f"INSERT INTO `{copy}` ({columns}) SELECT {columns} FROM `{table}` WHERE {older}", parameters)
        for row in found:
            version = row["model_version"].replace("\\", "\\\\").replace("'", "\\'")
            client.command(f"ALTER TABLE `{history}` REPLACE PARTITION ({row['yyyymm']}, '{version}') FROM `{copy}`")


def _rows_by_month(client: Client, table: str, staging_name: str) -> dict[int, int]:
    day = f"toYYYYMM({TABLES[table].day})"
    found = client.rows(f"SELECT {day} AS yyyymm, count() AS rows FROM `{staging_name}` GROUP BY yyyymm")
    return {row["yyyymm"]: row["rows"] for row in found}


def _journal(client: Client, published: Published) -> None:
    row = vars(published) | {"run_id": client.run_id, "at": datetime.now(UTC)}
    types = {"month": pa.date32(), "rows": pa.uint64(), "at": pa.timestamp("ms", "UTC")}
    client.insert("publications", pa.table({name: pa.array([row[name]], types.get(name)) for name in row}))
