"""Jobs: which assets run together. Everything runs in one process: a process per step costs seconds."""

from __future__ import annotations

import dagster as dg

FILES = ["raw_files", "decoded_files", "records", "laps", "rr_intervals", "developer_fields", "quarantine"]
ENTERED = ["athletes", "thresholds", "body", "events", "decisions", "activity_rpe"]
MONTHLY = [
    "activities", "activity_sources", "activity_metrics", "daily_load", "fitness", "weekly_rollup",
    "monthly_rollup", "power_curve", "changes",
]  # fmt: skip

take_in = dg.define_asset_job(
    "take_in",
    selection=dg.AssetSelection.assets("warehouse_store", *FILES),
    description="Files in: those that the config names, else all that lies in the inbox.",
    executor_def=dg.in_process_executor,
)
recompute = dg.define_asset_job(
    "recompute",
    # what people entered is not computed, but looked at before it is used
    selection=dg.AssetSelection.assets("warehouse_store", *MONTHLY) | dg.AssetSelection.checks_for_assets(*ENTERED),
    description="A range of months, from activities to rollups, in one run.",
    executor_def=dg.in_process_executor,
)
JOBS = [take_in, recompute]
