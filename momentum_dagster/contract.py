"""What every asset of a table carries: description, column schema, kinds, owner, versions. From the contract."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from momentum.warehouse.tables import TABLES
from momentum_dagster.partitions import MONTHS

if TYPE_CHECKING:
    from momentum.warehouse.client import Client
    from momentum.warehouse.publish import Published

# Single-run backfills are the reason why a range costs seconds; Dagster calls the parameter beta, and
# its version is pinned.
warnings.filterwarnings("ignore", message=".*backfill_policy", category=dg.BetaWarning)
SINGLE_RUN = dg.BackfillPolicy.single_run()

OWNER = "team:momentum"
STORE = dg.AssetKey("warehouse_store")

# The nightly run is due every day; a day and a half without one means that it failed or never started.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))


Lineage = Mapping[str, Sequence[tuple[str, str]]]


def column_schema(table: str, lineage: Lineage | None = None) -> dg.TableSchema:
    """The table's columns as the UI shows them.

    Where a column comes from stands in its description, too: the lineage of columns is recorded with every
    run, but the open-source UI does not draw it.
    """
    sources = {
        column: f" From {', '.join(f'{upstream}.{name}' for upstream, name in parts)}."
        for column, parts in (lineage or {}).items()
    }
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name, type=column.type, description=f"{column.description}{sources.get(column.name, '')}"
            )
            for column in TABLES[table].columns
        ]
    )


def table_spec(
    table: str,
    group: str,
    deps: Sequence[str],
    *,
    kinds: Iterable[str] = ("clickhouse",),
    lineage: Lineage | None = None,
    code_version: str | None = None,
    about: str = "",
    **more: Any,
) -> dg.AssetSpec:
    """The spec of the asset that is this table.

    `lineage` names, for a column, (table, column) it comes from; `about` goes on where the table's own
    description (what one row is) ends.
    """
    metadata: dict[str, Any] = {
        "dagster/column_schema": column_schema(table, lineage),
        "dagster/table_name": f"momentum.{table}",
    }
    if lineage:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=dg.AssetKey(upstream), column_name=name) for upstream, name in parts
                ]
                for column, parts in lineage.items()
            }
        )
    return dg.AssetSpec(
        table,
        description=f"{TABLES[table].row} {about}".strip(),
        group_name=group,
        deps=[STORE, *deps],
        kinds=set(kinds),
        owners=[OWNER],
        metadata=metadata,
        code_version=code_version,
        **more,
    )


def monthly_spec(table: str, group: str, deps: Sequence[str], **more: Any) -> dg.AssetSpec:
    """As table_spec, for a table whose months are partitions; it is due every night."""
    return table_spec(table, group, deps, partitions_def=MONTHS, freshness_policy=NIGHTLY, **more)


def tell_months(
    context: dg.AssetExecutionContext,
    client: Client,
    table: str,
    published: Sequence[Published],
    plots: dict[str, dg.MetadataValue] | None = None,
) -> None:
    """Row counts on every month of the run and whether its rows are new; plots and lineage on the latest month.

    The latest month is what an asset's page shows, and where tools read the lineage of columns.
    """
    swapped = {one.month for one in published if one.table == table}
    counts = {
        row["month"]: row["rows"]
        for row in client.rows(
            f"SELECT toStartOfMonth({TABLES[table].day}) AS month, count() AS rows FROM {table} GROUP BY month"
        )
    }
    key = dg.AssetKey(table)
    keys = context.partition_keys
    for partition_key in keys:
        month = date.fromisoformat(partition_key)
        metadata: dict[str, Any] = {}
        if partition_key == keys[-1]:
            metadata |= plots or {}
            metadata |= {"dagster/row_count": sum(counts.values()), **_lineage(context, key)}
        metadata |= {
            "dagster/partition_row_count": counts.get(month, 0),
            "month": f"{month:%B %Y}: " + ("new rows swapped in" if month in swapped else "as before"),
        }
        context.add_asset_metadata(metadata, asset_key=key, partition_key=partition_key)
    context.log.info(f"{table}: {len(swapped)} of {len(keys)} months swapped in, {sum(counts.values())} rows in all")


def _lineage(context: dg.AssetExecutionContext, key: dg.AssetKey) -> dict[str, Any]:
    name = "dagster/column_lineage"
    defined = context.assets_def.specs_by_key[key].metadata
    return {name: defined[name]} if name in defined else {}
