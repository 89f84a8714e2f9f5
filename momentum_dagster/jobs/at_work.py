"""Is a run at work? Dagster's books alone cannot tell: a run whose process was killed stays `started` in them."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from momentum.settings import Settings

# A run opens the store within seconds, or fails when it has waited for lock_timeout_s.
GRACE_S = 300
OF_FLEET = ("observe_fleet", "apply_fleet")
_WAITING = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
_BEGUN = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def at_work(instance: dg.DagsterInstance, settings: Settings, *jobs: str) -> bool:
    """Whether a run of one of these jobs waits or works. Runs of the dead are put down as failed on the way.

    If they were not, the queue, which lets one run through at a time, would wait for them for ever.
    """
    bury_the_dead(instance, settings)
    return any(instance.get_runs(dg.RunsFilter(job_name=job, statuses=[*_WAITING, *_BEGUN]), limit=1) for job in jobs)


def bury_the_dead(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Puts down as failed what began a while ago while nobody holds the lock that every such run holds; their ids.

    Runs over the fleet hold one of their own, all others the store. On a server there is no lock to go by, and
    the launcher watches over its runs itself.
    """
    from momentum.adapters.clickhouse.lock import is_held
    from momentum_dagster.resources.infrastructure import is_at_work

    if settings.clickhouse_dsn is not None:
        return []
    records = instance.get_run_records(dg.RunsFilter(statuses=_BEGUN))
    old = [record.dagster_run for record in records if age_s(record.update_timestamp) > GRACE_S]
    of_fleet = [run for run in old if run.job_name in OF_FLEET]
    of_store = [run for run in old if run.job_name not in OF_FLEET]
    dead = [] if not of_fleet or is_at_work(settings) else of_fleet
    dead += [] if not of_store or is_held(settings.store_dir) else of_store
    for run in dead:
        instance.report_run_failed(run, "The process of this run is gone: it was killed, or the machine restarted.")
    return [run.run_id for run in dead]


def age_s(at: datetime) -> float:
    """Seconds since a time as Dagster keeps it: UTC, said or not."""
    return (datetime.now(UTC) - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds()
