"""Events written in batches say what events written one by one say, and either storage reads the other's."""

import os
import queue
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from momentum_dagster.event_log import EventLog

MONTHS = dg.MonthlyPartitionsDefinition("2024-01-01", end_date="2024-06-01")
OURS = files("momentum_dagster").joinpath("dagster.yaml").read_text(encoding="utf-8")
DAGSTERS_OWN = "telemetry: {enabled: false}\n"


@dg.multi_asset(
    specs=[dg.AssetSpec(name, partitions_def=MONTHS) for name in ("load", "fitness")],
    check_specs=[dg.AssetCheckSpec("dense", asset="load"), dg.AssetCheckSpec("finite", asset="fitness")],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def months(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    for name, check, passed in (("load", "dense", True), ("fitness", "finite", False)):
        for number, key in enumerate(context.partition_keys):
            context.add_asset_metadata({"rows": number}, asset_key=dg.AssetKey(name), partition_key=key)
        result = dg.AssetCheckResult(
            asset_key=name, check_name=check, passed=passed, severity=dg.AssetCheckSeverity.WARN
        )
        yield dg.MaterializeResult(asset_key=name, check_results=[result], tags={"kind": name})


JOB = dg.define_asset_job("job", executor_def=dg.in_process_executor)
DEFS = dg.Definitions(assets=[months], jobs=[JOB])


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "0")
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")


def instance(folder: Path, settings: str, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    folder.mkdir(exist_ok=True)
    (folder / "dagster.yaml").write_text(settings)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return dg.DagsterInstance.get()


def run(on: dg.DagsterInstance) -> str:
    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-05-01"}
    result = DEFS.resolve_job_def("job").execute_in_process(instance=on, tags=tags)
    assert result.success
    return result.run_id


def said(on: dg.DagsterInstance, run_id: str) -> dict[str, Any]:
    """All that the UI and sensors ask of a run."""
    keys = [dg.AssetKey("load"), dg.AssetKey("fitness")]
    found: dict[str, Any] = {"log": [entry.dagster_event_type for entry in on.all_logs(run_id)]}
    for key in keys:
        records = on.fetch_materializations(key, limit=100).records
        found[key.to_user_string()] = {
            "partitions": sorted(on.get_materialized_partitions(key)),
            "months": [(one.partition_key, one.asset_materialization.metadata["rows"].value) for one in records],
            "latest": on.get_latest_materialization_event(key).asset_materialization.partition,
            "ours": {one.run_id for one in records} == {run_id},
            "run": on.get_asset_records([key])[0].asset_entry.last_run_id == run_id,
            "planned": on.get_latest_planned_materialization_info(key).run_id == run_id,
            "tagged": sorted(set().union(*on.get_event_tags_for_asset(key))),
        }
    for key, name in zip(keys, ("dense", "finite"), strict=True):
        history = on.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=10)
        found[name] = [one.status for one in history]
    return found


def test_a_batch_says_what_single_events_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    store = EventLog.store_event_batch
    monkeypatch.setattr(
        EventLog, "store_event_batch", lambda self, events: (batches.append(len(events)), store(self, events))
    )
    with instance(tmp_path / "own", DAGSTERS_OWN, monkeypatch) as own:
        expected = said(own, run(own))
    assert not batches
    with instance(tmp_path / "ours", OURS, monkeypatch) as ours:
        found = said(ours, run(ours))
    assert batches == [12, 5, 5], "what is planned with its checks, and the months of each asset"
    assert found == expected
    assert found["load"]["months"][0] == ("2024-05-01", 4)


def test_either_storage_goes_on_where_the_other_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance(tmp_path, OURS, monkeypatch) as ours:
        first = run(ours)
        expected = said(ours, first)
    del os.environ["DAGSTER_EVENT_BATCH_SIZE"]
    with instance(tmp_path, DAGSTERS_OWN, monkeypatch) as own:
        assert said(own, first) == expected
        second = run(own)
        expected = said(own, second)
    with instance(tmp_path, OURS, monkeypatch) as ours:
        assert said(ours, second) == expected
        assert len(ours.get_run_ids()) == 2


def test_who_watches_a_run_hears_of_every_event_at_once(tmp_path: Path) -> None:
    heard: queue.Queue[str] = queue.Queue()
    with dg.DagsterInstance.ephemeral() as any_instance:
        writer, reader = EventLog(str(tmp_path)), EventLog(str(tmp_path))
        for log in (writer, reader):
            log.register_instance(any_instance)
        events = [dg.EventLogEntry(None, 10, f"event {n}", "a-run", float(n), job_name="job") for n in range(3)]
        writer.store_event(events[0])
        reader.watch("a-run", None, lambda event, _cursor: heard.put(event.user_message))
        for event in events[1:]:
            writer.store_event(event)
            while heard.get(timeout=10) != event.user_message:
                pass
        writer.dispose()
        reader.dispose()


def test_runs_beyond_those_kept_open_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance(tmp_path, OURS, monkeypatch) as ours:
        for number in range(12):
            ours.report_engine_event("looked at", run_id=f"run-{number}", job_name="job")
        for number in range(12):
            assert len(ours.all_logs(f"run-{number}")) == 1
