"""Housekeeping: what Dagster's books lose after some months, and what they never lose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from momentum_dagster.definitions import defs
from momentum_dagster.jobs.maintenance import WEEKLY, purge_runs

MONTHS = dg.MonthlyPartitionsDefinition("2024-01-01", end_date="2024-04-01")
FAILS = {"now": False}


@dg.asset(partitions_def=MONTHS, backfill_policy=dg.BackfillPolicy.single_run())
def series() -> None:
    if FAILS["now"]:
        raise RuntimeError("made to fail")


compute = dg.define_asset_job("compute", [series], executor_def=dg.in_process_executor)
JOB = dg.Definitions([series], jobs=[compute]).resolve_job_def("compute")


def run(instance: dg.DagsterInstance, month: str, *, fails: bool = False) -> str:
    FAILS["now"] = fails
    return JOB.execute_in_process(
        instance=instance,
        partition_key=month,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    ).run_id


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def left(instance: dg.DagsterInstance) -> set[str]:
    return {one.run_id for one in instance.get_runs()}


def test_runs_that_a_later_one_has_made_superfluous_go(instance: dg.DagsterInstance) -> None:
    old, failed = run(instance, "2024-01-01"), run(instance, "2024-01-01", fails=True)
    new = run(instance, "2024-01-01")
    assert set(purge_runs(instance, tomorrow())) == {old, failed}
    assert left(instance) == {new}


def test_a_month_computed_long_ago_stays_computed(instance: dg.DagsterInstance) -> None:
    january, february = run(instance, "2024-01-01"), run(instance, "2024-02-01")
    assert purge_runs(instance, tomorrow()) == []
    assert left(instance) == {january, february}
    assert instance.get_materialized_partitions(dg.AssetKey("series")) == {"2024-01-01", "2024-02-01"}


def test_the_last_success_of_a_job_that_makes_no_asset_stays(instance: dg.DagsterInstance) -> None:
    job = dg.GraphDefinition("housekeeping").to_job()
    runs = [job.execute_in_process(instance=instance).run_id for _ in range(3)]
    assert set(purge_runs(instance, tomorrow())) == set(runs[:2])


def test_what_is_newer_or_not_ended_is_not_touched(instance: dg.DagsterInstance) -> None:
    run(instance, "2024-01-01")
    run(instance, "2024-01-01")
    assert purge_runs(instance, datetime.now(UTC) - timedelta(days=1)) == []
    begun = instance.create_run_for_job(
        dg.GraphDefinition("compute").to_job(), status=dg.DagsterRunStatus.STARTED
    ).run_id
    purge_runs(instance, tomorrow())
    assert begun in left(instance)


def test_both_are_in_the_graph_and_on_every_week() -> None:
    assert {"prune_samples", "purge_events"} <= {job.name for job in defs.resolve_all_job_defs()}
    assert {one.job_name for one in WEEKLY} == {"prune_samples", "purge_events"}
    assert all(one.default_status == dg.DefaultScheduleStatus.RUNNING for one in WEEKLY)
