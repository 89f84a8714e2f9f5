"""The end of a run over a range: changes that it answered are closed, and the sensors are told."""

from datetime import UTC, datetime

import dagster as dg

from momentum_dagster.contract import NIGHTLY, OWNER, SINGLE_RUN, STORE, column_schema
from momentum_dagster.partitions import MONTHS, months_of
from momentum_dagster.resources.warehouse import Warehouse

DERIVED = ["fitness", "weekly_rollup", "monthly_rollup", "power_curve", "activity_sources"]
ALL_MONTHLY = {dg.AssetKey(name) for name in ["activities", "activity_metrics", "daily_load", *DERIVED]}


@dg.asset(
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    deps=[STORE, *DERIVED],
    group_name="training_load",
    kinds={"clickhouse"},
    owners=[OWNER],
    freshness_policy=NIGHTLY,
    metadata={"dagster/column_schema": column_schema("changes"), "dagster/table_name": "momentum.changes"},
)
def changes(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
    """What is still to be computed again: a change is closed when all that it needs is published."""
    from momentum.warehouse.changes import close_changes, open_changes
    from momentum.warehouse.todo import closable, dense_to

    client = warehouse.client(context.run.run_id)
    heard = warehouse.doorbell.last().number
    now = datetime.now(UTC)
    started_at = datetime.fromtimestamp(context.instance.get_run_stats(context.run.run_id).start_time or 0, UTC)
    answered = closable(client, *months_of(context), started_at, now) if _is_whole(context.run) else []
    close_changes(client, answered, context.run.run_id, now)
    left = open_changes(client)
    warehouse.doorbell.settle(heard, min((change.from_date for change in left), default=None), dense_to(client))
    context.add_asset_metadata(
        {"closed": len(answered), "still_open": len(left)}, partition_key=context.partition_keys[-1]
    )


def _is_whole(run: dg.DagsterRun) -> bool:
    """Whether this run makes all that a change may ask for.

    A person may have chosen some assets only; one that goes on where another failed has not read what was
    opened in between. What stays open for that is done by the night.
    """
    chosen = run.asset_selection
    return run.parent_run_id is None and (not chosen or chosen >= ALL_MONTHLY)
