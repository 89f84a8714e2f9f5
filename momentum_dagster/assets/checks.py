"""Asset checks, made from the tables' contract: one step per table, for the months of the run."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from momentum.warehouse.checks import Check, checks
from momentum.warehouse.client import Client
from momentum_dagster.assets.files import IMPORT
from momentum_dagster.partitions import MONTHS, RANGE_END, RANGE_START
from momentum_dagster.resources.warehouse import Warehouse

# Tables in which the code keeps its own books. They are no assets: nobody would look at them in the graph.
BOOKS = {"activity_aliases", "activity_versions", "decoder_runs", "leases", "publications", "swaps", "wellness"}


def build_checks() -> list[dg.AssetChecksDefinition]:
    """The checks of every table of the graph."""
    by_table: dict[str, list[Check]] = {}
    for check in checks():
        if check.table not in BOOKS:
            by_table.setdefault(check.table, []).append(check)
    return [_checks_of(table, found) for table, found in by_table.items()]


def _checks_of(table: str, found: list[Check]) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            check.name, asset=table, description=f"Expected: {check.description}", blocking=check.blocking
        )
        for check in found
    ]

    @dg.multi_asset_check(specs=specs, name=f"{table}_checks")
    def run_checks(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        client = warehouse.client(context.run.run_id)
        months: list[date] | None = None  # all of them, for a person who asked for the check alone
        if RANGE_START in context.run.tags:
            months = _months(context.run.tags)
        elif context.job_def.has_node_named(IMPORT):
            months = _written_by(client, context.run.run_id)
        for check in found:
            result = check.run(client, months)
            if not result.passed:
                context.log.error(result.message)
            yield dg.AssetCheckResult(
                asset_key=table,
                check_name=check.name,
                passed=result.passed,
                severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
                description=result.message,
                metadata={"failed_rows": result.failed_rows}
                | ({"sample": dg.MetadataValue.json(_plain(result.sample))} if result.sample else {}),
            )

    return run_checks


def _months(tags: Mapping[str, str]) -> list[date]:
    """The months of the run's range."""
    keys = MONTHS.get_partition_keys_in_range(dg.PartitionKeyRange(tags[RANGE_START], tags[RANGE_END]))
    return [date.fromisoformat(key) for key in keys]


def _written_by(client: Client, run_id: str) -> list[date]:
    """Months into which an import wrote samples."""
    rows = client.rows(
        "SELECT DISTINCT toStartOfMonth(local_date) AS month FROM activity_versions WHERE run_id = {run:String}",
        {"run": run_id},
    )
    return [row["month"] for row in rows]


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in rows]
