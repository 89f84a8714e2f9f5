"""Activities: what an athlete's files, taken together, say. One month a partition, a range in one run."""

from collections.abc import Iterator

import dagster as dg

from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum_dagster.contract import SINGLE_RUN, monthly_spec, tell_months
from momentum_dagster.partitions import OF_CHANGES, months_of
from momentum_dagster.resources.warehouse import Warehouse

GROUP = "activities"
_UPSTREAM = ["raw_files", "decoded_files", "records", "decisions", "activity_rpe", "athletes"]

SPECS = [
    monthly_spec(
        "activities",
        GROUP,
        _UPSTREAM,
        code_version=str(DECODER_VERSION),
        lineage={
            "started_at": [("decoded_files", "started_at")],
            "local_date": [("decoded_files", "local_date"), ("athletes", "timezone")],
            "sport": [("decoded_files", "sport"), ("raw_files", "sport_hint")],
            "elapsed_s": [("decoded_files", "elapsed_s")],
            "distance_m": [("decoded_files", "distance_m")],
            "rpe": [("activity_rpe", "rpe"), ("decoded_files", "rpe"), ("raw_files", "rpe")],
            "source_sha256": [("raw_files", "source_sha256")],
        },
    ),
    monthly_spec(
        "activity_sources",
        GROUP,
        _UPSTREAM,
        code_version=str(DECODER_VERSION),
        lineage={"source_file": [("raw_files", "source_file")]},
    ),
]


@dg.multi_asset(specs=SPECS, name="assemble_activities", backfill_policy=SINGLE_RUN)
def assemble_activities(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Groups files into activities, writes samples still missing, swaps in the months that differ."""
    from datetime import UTC, datetime
    from functools import partial

    from momentum.warehouse.ingest.assembly import assemble
    from momentum.warehouse.todo import athletes_to_do, open_new_days

    client = warehouse.client(context.run.run_id)
    first, last = months_of(context)
    now = datetime.now(UTC)
    open_change = partial(warehouse.open_change, client)
    open_new_days(client, open_change, now)
    published = assemble(
        client,
        warehouse.archive,
        athletes_to_do(client, first, str(DECODER_VERSION), "activities", only_changed=OF_CHANGES in context.run.tags),
        first,
        last,
        open_change=open_change,
        model_version=str(DECODER_VERSION),
        run_id=context.run.run_id,
        now=now,
    )
    for spec in SPECS:
        tell_months(context, client, spec.key.to_user_string(), published)
        yield dg.MaterializeResult(asset_key=spec.key)
