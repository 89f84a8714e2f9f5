"""Sensors and the nightly schedule. None of them opens the store: they read files and ask for runs."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from momentum.settings import Settings
from momentum_dagster.assets.inbox import athlete_folders, fingerprint, left_alone, waiting_files
from momentum_dagster.jobs.at_work import age_s, at_work
from momentum_dagster.jobs.jobs import recompute, take_in
from momentum_dagster.partitions import range_tags

if TYPE_CHECKING:
    from momentum.adapters.doorbell import Rung

# A copy over a slow line grows for minutes; the same size and time at two ticks in a row means done.
INBOX_INTERVAL_S = 30
CHANGES_INTERVAL_S = 60
# Late enough that the day has ended from UTC-2 eastwards, early enough that Europe's athletes wake up to it.
NIGHTLY_CRON = "15 2 * * *"
# Who rings mostly computes what follows at once: a command has this long before the sensor does it.
QUIET_S = 60
# Over the same files a run that failed is asked for again after this long, not at every tick.
RETRY_S = 3600
INBOX_TAG = "momentum/inbox"
_FAILED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The inbox sensor and the sensor on open changes, for a home."""

    @dg.sensor(
        job=take_in,
        minimum_interval_seconds=INBOX_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Takes files of inbox/<athlete_id>/ once they have stopped growing.",
    )
    def inbox_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        seen = json.loads(context.cursor) if context.cursor else {}
        now = {
            folder.name: [one for path in waiting_files(folder) for one in fingerprint(path)]
            for folder in athlete_folders(settings.inbox_dir)
        }
        context.update_cursor(json.dumps(now))
        settled = [athlete for athlete, files in now.items() if files and files == seen.get(athlete)]
        if not settled:
            waiting = sum(len(files) for files in now.values())
            strays = left_alone(settings.inbox_dir)
            told = f"{waiting} files still arriving" if waiting else "the inbox is empty"
            yield dg.SkipReason("; ".join([*([told] if waiting or not strays else []), *strays]))
            return
        if at_work(context.instance, settings, take_in.name):
            yield dg.SkipReason("an import is at work; it or the next one takes these files")
            return
        for athlete in settled:
            files = _tag_of(now[athlete])
            if _failed_lately(context.instance, files):
                yield dg.SkipReason(f"the run over the files of {athlete} failed; it is tried again within the hour")
                continue
            yield dg.RunRequest(
                run_config={"ops": {"take_in_files": {"config": {"paths": [], "athlete_id": athlete}}}},
                tags={"momentum/athlete": athlete, INBOX_TAG: files},
            )

    @dg.sensor(
        job=recompute,
        minimum_interval_seconds=CHANGES_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts the recompute that open changes ask for, if whoever opened them did not.",
    )
    def changes_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        rung = _bell(settings)
        if rung.open_from is None:
            return dg.SkipReason("no change is open")
        if time.time_ns() - rung.number < QUIET_S * 1_000_000_000:
            return dg.SkipReason("rung a moment ago; who rang may be about to compute it")
        if at_work(context.instance, settings, recompute.name, take_in.name):
            return dg.SkipReason("a run is at work; what it leaves open is asked for after it")
        # one attempt for a ring: a run that fails is told by Dagster and tried again by the night
        return dg.RunRequest(run_key=str(rung.number), tags=range_tags(rung.open_from, _last_month(), of_changes=True))

    return [inbox_sensor, changes_sensor]


def build_nightly(settings: Settings) -> dg.ScheduleDefinition:
    """The nightly schedule, for a home."""

    @dg.schedule(
        job=recompute,
        cron_schedule=NIGHTLY_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night: what open changes ask for, the day that has begun among them, and nothing else.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from momentum.provisioning.cluster_health import cluster_health

        rung = _bell(settings)
        days = [day for day in (rung.open_from, rung.dense_to) if day is not None]
        if not days:
            return dg.SkipReason("nothing was imported yet")
        health = cluster_health(settings)
        if not health.ok:
            return dg.SkipReason(f"{health.message}; what is open is done by the next night that finds it well")
        return dg.RunRequest(tags=range_tags(min(days), _last_month(), of_changes=True))

    return nightly


def _bell(settings: Settings) -> "Rung":
    from momentum.adapters.doorbell import Doorbell

    return Doorbell(settings.doorbell_path).last()


def _last_month() -> date:
    from momentum.warehouse.todo import current_month

    return current_month(datetime.now(UTC))


def _tag_of(files: list[list[str | int]]) -> str:
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]


def _failed_lately(instance: dg.DagsterInstance, files: str) -> bool:
    last = instance.get_run_records(dg.RunsFilter(tags={INBOX_TAG: files}), limit=1)
    return bool(last) and last[0].dagster_run.status in _FAILED and age_s(last[0].create_timestamp) < RETRY_S
