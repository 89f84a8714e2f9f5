"""The real graph in this process, on the database of a test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg

from momentum.adapters.clickhouse import Client
from momentum.settings import Settings
from momentum_dagster.definitions import build_defs
from momentum_dagster.partitions import range_tags
from momentum_dagster.resources.warehouse import Warehouse


def run_recompute(
    client: Client,
    home: Path,
    instance: dg.DagsterInstance,
    first: date,
    last: date,
    assets: Sequence[str] = (),
    *,
    of_changes: bool = False,
) -> dg.ExecuteInProcessResult:
    """The job `recompute` over a range of months, or some of its assets; a failure is in the result."""

    class Handed(Warehouse):
        """The resource as it is, but for the client: this process may open one store folder only."""

        def open(self, run_id: str) -> Client:  # type: ignore[override]
            return client

    job = build_defs(Settings(home=home), warehouse=Handed(home=str(home))).resolve_job_def("recompute")
    return job.execute_in_process(
        instance=instance,
        tags=range_tags(first, last, of_changes=of_changes),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
        asset_selection=[dg.AssetKey(name) for name in assets] or None,
    )


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    """Names of the assets that the run made."""
    return {
        event.asset_key.to_user_string()
        for event in result.all_events
        if event.is_step_materialization and event.asset_key is not None
    }


def causes(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """The innermost error of each step that failed."""
    found = {}
    for event in result.all_events:
        if event.is_step_failure and event.step_key:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            found[event.step_key] = error.message.strip() if error else ""
    return found
