"""Training load: metrics of each activity, daily load, fitness. Months are partitions, a range is one run."""

from datetime import UTC, datetime

import dagster as dg

from momentum.warehouse.models.registry import model_version
from momentum_dagster import progress
from momentum_dagster.contract import SINGLE_RUN, monthly_spec, tell_months
from momentum_dagster.partitions import OF_CHANGES, months_of
from momentum_dagster.plots import plots_of
from momentum_dagster.resources.warehouse import Warehouse

GROUP = "training_load"


def _metrics_asset() -> dg.AssetsDefinition:
    spec = monthly_spec(
        "activity_metrics",
        GROUP,
        ["activities", "records", "thresholds", "body", "events", "athletes"],
        kinds={"clickhouse", "numpy"},
        code_version=model_version("activity_metrics"),
        about="Load, zones, best efforts and more, from its samples and the thresholds that held on its day.",
        lineage={
            "np_w": [("records", "power_w")],
            "tss": [("records", "power_w"), ("thresholds", "ftp_w")],
            "trimp": [("records", "heart_rate_bpm"), ("thresholds", "resting_hr_bpm"), ("thresholds", "max_hr_bpm")],
            "trimp100": [("records", "heart_rate_bpm"), ("thresholds", "lthr_bpm")],
            "rtss": [("records", "speed_mps"), ("records", "altitude_m"), ("thresholds", "threshold_speed_mps")],
            "stss": [("records", "speed_mps"), ("thresholds", "css_mps")],
            "srpe": [("activities", "rpe"), ("activities", "elapsed_s")],
            "mean_max_w": [("records", "power_w")],
            "w_prime_min_j": [("records", "power_w"), ("thresholds", "critical_power_w"), ("thresholds", "w_prime_j")],
            "load": [("athletes", "load_preference"), ("records", "power_w"), ("records", "heart_rate_bpm")],
        },
    )

    @dg.multi_asset(specs=[spec], name="activity_metrics", backfill_policy=SINGLE_RUN)
    def activity_metrics(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
        from momentum.warehouse.metrics import recompute_metrics
        from momentum.warehouse.todo import athletes_to_do

        client = warehouse.client(context.run.run_id)
        first, last = months_of(context)
        version = model_version("activity_metrics")
        published = recompute_metrics(
            client,
            athletes_to_do(client, first, version, "activity_metrics", only_changed=OF_CHANGES in context.run.tags),
            first,
            last,
            model_version=version,
            progress=lambda done, total: progress.tell("metrics of activities", done, total),
        )
        tell_months(context, client, "activity_metrics", published)

    return activity_metrics


def model_asset(
    table: str, group: str, deps: list[str], lineage: dict[str, list[tuple[str, str]]], about: str = ""
) -> dg.AssetsDefinition:
    """The asset of a table that one SQL model fills over all athletes in one pass."""
    spec = monthly_spec(table, group, deps, code_version=model_version(table), lineage=lineage, about=about)

    @dg.multi_asset(specs=[spec], name=table, backfill_policy=SINGLE_RUN)
    def compute(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
        from momentum.warehouse.models.run import recompute

        client = warehouse.client(context.run.run_id)
        first, last = months_of(context)
        progress.tell(table, 0, 1)
        published = recompute(client, table, first, last, now=datetime.now(UTC))
        progress.tell(table, 1, 1)
        tell_months(context, client, table, published, plots_of(context, client, table))

    return compute


TRAINING_LOAD = [
    _metrics_asset(),
    model_asset(
        "daily_load",
        GROUP,
        ["activity_metrics", "athletes"],
        {
            "load": [("activity_metrics", "load")],
            "duration_s": [("activity_metrics", "duration_s")],
            "load_by_sport": [("activity_metrics", "load"), ("activity_metrics", "sport")],
            "load_sources": [("activity_metrics", "load_source")],
            "load_sources_by_sport": [("activity_metrics", "load_source"), ("activity_metrics", "sport")],
        },
        "What every day cost, the sum of its activities.",
    ),
    model_asset(
        "fitness",
        GROUP,
        ["daily_load", "athletes"],
        {
            "load": [("daily_load", "load"), ("daily_load", "load_by_sport")],
            "ctl": [("daily_load", "load"), ("athletes", "ctl_seed")],
            "atl": [("daily_load", "load"), ("athletes", "atl_seed")],
            "monotony": [("daily_load", "load")],
            "source_changed": [("daily_load", "load_sources_by_sport")],
        },
        "Fitness (CTL), fatigue (ATL) and form (TSB) with their warning signs; every day stands on all days before it.",
    ),
]
