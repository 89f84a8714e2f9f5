"""`warehouse_store`: the place where data lives. Embedded on the local profile, on the cluster in production."""

import dagster as dg

from momentum_dagster.contract import OWNER
from momentum_dagster.resources.warehouse import Warehouse

CHECKS = {
    "reachable": "The engine answers a query.",
    "schema": "Every table has the columns that the code expects.",
    "free_space": "There is room for a month beside the one it replaces.",
}


@dg.asset(
    deps=["agents"],  # with them the cluster is whole
    group_name="infrastructure",
    kinds={"clickhouse"},
    owners=[OWNER],
    check_specs=[
        dg.AssetCheckSpec(name, asset="warehouse_store", description=text, blocking=True)
        for name, text in CHECKS.items()
    ],
)
def warehouse_store(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """The database in which every table lives: made if missing, migrated, and looked at."""
    from momentum.provisioning.cluster_health import cluster_health
    from momentum.warehouse.health import health
    from momentum.warehouse.migrations import MIGRATIONS, migrate

    client = warehouse.open(context.run.run_id)
    applied = migrate(client)
    found = {finding.check: finding for finding in health(client, warehouse.folder)}
    return dg.MaterializeResult(
        metadata={
            "engine": f"ClickHouse: {found['reachable'].message}",
            "where": f"embedded, in {warehouse.folder.absolute()}" if warehouse.folder else "on a server",
            "cluster": cluster_health(warehouse.settings).message,
            "migrations": f"{len(MIGRATIONS)}, {f'of which now: {applied}' if applied else 'all were there'}",
        },
        # tables are behind the store when their columns changed, not whenever somebody looked at it
        data_version=dg.DataVersion(f"migration {len(MIGRATIONS)}"),
        check_results=[
            dg.AssetCheckResult(
                check_name=name,
                passed=name not in found or found[name].ok,
                metadata={"finding": found[name].message if name in found else "not applicable: a server's own"},
            )
            for name in CHECKS
        ],
    )
