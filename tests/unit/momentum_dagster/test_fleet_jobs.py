"""The fleet is looked at once an hour and when its file changes; without quorum no data is written."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from momentum.adapters.clickhouse import Client
from momentum.adapters.doorbell import Doorbell
from momentum.provisioning import cluster_health as health
from momentum.settings import Settings
from momentum_dagster.definitions import defs
from momentum_dagster.infra_assets.warehouse_store import warehouse_store
from momentum_dagster.jobs import at_work
from momentum_dagster.jobs.fleet import build_fleet_sensor
from momentum_dagster.jobs.policies import HOURLY_LOOK
from momentum_dagster.jobs.sensors import build_nightly
from momentum_dagster.resources.infrastructure import is_at_work, runs_lock
from momentum_dagster.resources.warehouse import StoreIsIll, Warehouse
from tests.unit.momentum_dagster.fleet_home import fleet_settings, with_secrets

LOST = health.ClusterHealth(False, "the cluster has no quorum: its API server does not answer")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)


def tick(settings: Settings, instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[bool, str, str | None]:
    """Whether the sensor asks for a run, why not, and its cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    answer = build_fleet_sensor(settings)(context)
    skipped = answer.skip_message or "" if isinstance(answer, dg.SkipReason) else ""
    return isinstance(answer, dg.RunRequest), skipped, context.cursor


def test_it_looks_at_once_then_once_an_hour(settings: Settings, instance: dg.DagsterInstance) -> None:
    asked, _, cursor = tick(settings, instance)
    assert asked
    asked, why, cursor = tick(settings, instance, cursor)
    assert (asked, "within the hour" in why) == (False, True)
    an_hour_ago = json.loads(cursor or "{}")
    an_hour_ago["at"] -= 3601
    assert tick(settings, instance, json.dumps(an_hour_ago))[0]


def test_it_looks_when_the_file_changes(settings: Settings, instance: dg.DagsterInstance) -> None:
    cursor = tick(settings, instance)[2]
    os.utime(settings.fleet, (1, 1))
    assert tick(settings, instance, cursor)[0]


def test_it_asks_for_nothing_where_there_is_nothing_to_see(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.secrets_path.unlink()
    assert tick(settings, instance)[1].startswith("not connected")
    settings.fleet.unlink()
    assert "momentum infra init" in tick(settings, instance)[1]


def test_it_waits_for_a_run_that_is_at_work(settings: Settings, instance: dg.DagsterInstance) -> None:
    with runs_lock(settings).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert is_at_work(settings)
        assert "at work" in tick(settings, instance)[1]
    assert not is_at_work(settings)


@pytest.mark.parametrize(("held", "dead"), [(True, False), (False, True)])
def test_an_apply_that_takes_long_is_not_taken_for_dead(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, held: bool, dead: bool
) -> None:
    """It holds no store, as other runs do, but a lock of its own."""
    job = dg.GraphDefinition("apply_fleet").to_job()
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    monkeypatch.setattr(at_work, "GRACE_S", -1)
    with runs_lock(settings).open("w") as lock:
        if held:
            fcntl.flock(lock, fcntl.LOCK_SH)
        assert at_work.bury_the_dead(instance, settings) == ([run.run_id] if dead else [])


def test_the_night_is_skipped_with_the_reason_when_quorum_is_lost(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = Doorbell(settings.doorbell_path)
    bell.ring(date(2024, 6, 2))
    context = dg.build_schedule_context(instance=instance)
    assert isinstance(build_nightly(settings)(context), dg.RunRequest)
    monkeypatch.setattr(health, "cluster_health", lambda _: LOST)
    answer = build_nightly(settings)(context)
    assert isinstance(answer, dg.SkipReason)
    assert "no quorum" in (answer.skip_message or "")


def test_a_run_that_starts_all_the_same_looks_first_and_writes_nothing(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Handed(Warehouse):
        def open(self, run_id: str) -> Client:  # type: ignore[override]
            raise AssertionError("the store was opened")

    monkeypatch.setattr(health, "cluster_health", lambda _: LOST)
    with pytest.raises(StoreIsIll, match="no quorum"):
        Handed(home=str(settings.home)).client("run")


def test_the_hourly_look_at_the_store_waits_for_nobody_to_look_at_the_cluster() -> None:
    """Where nothing is connected the fleet is never looked at by itself; the store is, all the same."""
    from datetime import UTC, datetime

    store = warehouse_store.map_asset_specs(lambda spec: spec.replace_attributes(automation_condition=HOURLY_LOOK))
    below = dg.AssetSpec("agents")
    with dg.DagsterInstance.ephemeral() as instance:
        alone = dg.Definitions([store, below], resources={"warehouse": Warehouse(home="unused")})
        first = dg.evaluate_automation_conditions(
            alone, instance, evaluation_time=datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
        )
        then = dg.evaluate_automation_conditions(
            alone, instance, cursor=first.cursor, evaluation_time=datetime(2026, 1, 5, 1, 8, tzinfo=UTC)
        )
    assert (first.total_requested, then.total_requested) == (0, 1)


def test_looking_is_on_and_applying_has_no_trigger() -> None:
    sensors = {sensor.name: sensor for sensor in defs.sensors or []}
    assert sensors["fleet_sensor"].default_status == dg.DefaultSensorStatus.RUNNING
    triggers = [*(defs.sensors or []), *(defs.schedules or [])]
    started = {target.job_name for one in triggers for target in getattr(one, "targets", [])}
    assert "observe_fleet" in started
    assert "apply_fleet" not in started
