"""Housekeeping, once a week: samples of superseded versions, and Dagster's books, which grow without end."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import dagster as dg

from momentum_dagster.resources.warehouse import Warehouse

KEEP_DAYS = 90
# Sunday, when the night's run is long done.
PRUNE_CRON, PURGE_CRON = "0 4 * * 0", "30 4 * * 0"
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.op(description="Deletes samples of versions that no activity names any more.")
def prune_versions(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    from momentum.warehouse.prune import prune

    pruned = prune(warehouse.client(context.run_id), datetime.now(UTC))
    context.log.info(f"{pruned.versions} versions newly superseded; rows deleted: {pruned.rows}")
    context.add_output_metadata({"versions": pruned.versions, **pruned.rows})


@dg.op(description=f"Deletes runs of more than {KEEP_DAYS} days ago with their events.")
def purge_old_runs(context: dg.OpExecutionContext) -> None:
    deleted = purge_runs(context.instance, datetime.now(UTC) - timedelta(days=KEEP_DAYS))
    context.log.info(f"{len(deleted)} runs deleted")
    context.add_output_metadata({"runs": len(deleted)})


def purge_runs(instance: dg.DagsterInstance, before: datetime) -> list[str]:
    """Deletes ended runs that were created before a time; their ids.

    Kept are the last success of each job, and every run that holds the last word on an asset or one of
    its months: the events go with the run, and the month would look as if it had never been computed.
    """
    old = instance.get_run_records(dg.RunsFilter(created_before=before, statuses=_ENDED))
    if not old:
        return []
    keep = _last_successes(instance, {record.dagster_run.job_name for record in old}) | _last_words(instance)
    deleted = [record.dagster_run.run_id for record in old if record.dagster_run.run_id not in keep]
    for run_id in deleted:
        instance.delete_run(run_id)
    return deleted


def _last_successes(instance: dg.DagsterInstance, jobs: Iterable[str]) -> set[str]:
    last = [
        instance.get_runs(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1) for job in jobs
    ]
    return {run.run_id for runs in last for run in runs}


def _last_words(instance: dg.DagsterInstance) -> set[str]:
    """Runs with the latest materialization of any asset or month of one."""
    runs = set()
    for key in instance.get_asset_keys():
        newest = instance.get_latest_materialization_event(key)
        runs |= {newest.run_id} if newest is not None else set()
        by_month = instance.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
        if by_month:
            wanted = dg.AssetRecordsFilter(key, storage_ids=sorted(set(by_month.values())))
            found = instance.fetch_materializations(wanted, limit=len(by_month))
            runs |= {record.run_id for record in found.records}
    return runs


@dg.job(executor_def=dg.in_process_executor)
def prune_samples() -> None:
    """Samples of superseded versions are deleted; the journal keeps that they were."""
    prune_versions()


@dg.job(executor_def=dg.in_process_executor)
def purge_events() -> None:
    """Runs of some months ago are deleted with their events, but for those that say how things stand."""
    purge_old_runs()


MAINTENANCE = [prune_samples, purge_events]
WEEKLY = [
    dg.ScheduleDefinition(
        name=f"weekly_{job.name}",
        job=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Every Sunday: {job.description}",
    )
    for job, cron in ((prune_samples, PRUNE_CRON), (purge_events, PURGE_CRON))
]
