"""Publishing: months computed in a staging table take the place of those in the table, one by one.

After a crash each month is the old one or the new one (see swaps), and the journal `publications` says
which are new. On a cluster the swap is made on each shard, on the local tables, for a Distributed table
has no partitions; here there is one server or the embedded engine.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from momentum.warehouse.client import Client
from momentum.warehouse.staging import staging
from momentum.warehouse.swaps import Swap, journal, make, recover
from momentum.warehouse.tables import TABLES

__all__ = ["Published", "done_months", "recover", "staging", "swap"]


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
    table's history before. Each month is journalled; with `skip_done` and an `inputs_hash`, months whose
    last publication has the same version and hash are left as they are. Returns what was published, months
    among them whose content turned out the same and was left where it was.
    """
    if wrong := [month for month in months if month.day != 1]:
        raise ValueError(f"months are given by their first day, not {wrong[0]}")
    client.check_alone()  # who lost the lease is told so, and not that its staging table is gone
    if skip_done:
        done = done_months(client, table, model_version=model_version, inputs_hash=inputs_hash)
        months = [month for month in months if month not in done]
    before, after = _contents(client, table), _contents(client, staging_name)
    same = {month for month in months if before.get(_yyyymm(month)) == after.get(_yyyymm(month))}
    if TABLES[table].has_history:
        _keep_history(client, table, months, model_version)
    rows = _rows_by_month(client, table, staging_name)
    published = [
        Published(table, month, model_version, inputs_hash, rows.get(_yyyymm(month), 0))
        for month in sorted(set(months))
    ]
    make(
        client,
        [
            Swap(partition=str(_yyyymm(one.month)), source=staging_name, **vars(one))
            for one in published
            if one.month not in same
        ],
    )
    journal(client, [one for one in published if one.month in same])
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
    """Copy what other versions computed. A second copy of a month and version replaces the first."""
    day = TABLES[table].day
    older = f"toYYYYMM({day}) IN {{months:Array(UInt32)}} AND model_version != {{version:String}}"
    parameters = {"months": [_yyyymm(month) for month in months], "version": model_version}
    found = client.rows(
        f"SELECT toStartOfMonth({day}) AS month, model_version, count() AS rows FROM `{table}` WHERE {older} "
        "GROUP BY ALL",
        parameters,
    )
    if not found:
        return
    columns = ", ".join(f"`{name}`" for name in TABLES[table].column_names)
    history = f"{table}_history"
    with staging(client, history) as copy:
        client.command(f"INSERT INTO `{copy}` ({columns}) SELECT {columns} FROM `{table}` WHERE {older}", parameters)
        partitions = [f"({_yyyymm(row['month'])}, {_quoted(row['model_version'])})" for row in found]
        make(
            client,
            [
                Swap(table=history, partition=partition, source=copy, inputs_hash="", **row)
                for partition, row in zip(partitions, found, strict=True)
            ],
        )


def _contents(client: Client, table: str) -> dict[int, list[str]]:
    """What each month holds, as hashes of its parts; the same rows in other parts count as different."""
    found = client.rows(
        """
        SELECT toUInt32(partition) AS month, arraySort(groupArray(uncompressed_hash_of_compressed_files)) AS content
        FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0
        GROUP BY month
        """,
        {"table": table},
    )
    return {row["month"]: row["content"] for row in found}


def _rows_by_month(client: Client, table: str, staging_name: str) -> dict[int, int]:
    day = f"toYYYYMM({TABLES[table].day})"
    found = client.rows(f"SELECT {day} AS month, count() AS rows FROM `{staging_name}` GROUP BY month")
    return {row["month"]: row["rows"] for row in found}


def _yyyymm(month: date) -> int:
    return month.year * 100 + month.month


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
