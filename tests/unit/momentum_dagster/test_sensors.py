"""Sensors: files are taken once they have stopped growing, open changes are computed, and no store is opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from momentum.adapters.clickhouse.lock import StoreLock
from momentum.adapters.doorbell import Doorbell
from momentum.settings import Settings
from momentum_dagster.jobs import at_work, sensors
from momentum_dagster.jobs.sensors import QUIET_S, build_sensors
from momentum_dagster.partitions import RANGE_END, RANGE_START

ROOT = Path(__file__).parents[3]


class Ticks:
    """A sensor of a home, asked again and again; its cursor is kept as the daemon keeps it."""

    def __init__(self, home: Path, name: str, instance: dg.DagsterInstance) -> None:
        self.sensor = next(one for one in build_sensors(Settings(home=home)) if one.name == name)
        self.instance = instance
        self.cursor: str | None = None
        self.said = ""

    def __call__(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        answer: Any = self.sensor(context)
        answers = [answer] if isinstance(answer, dg.RunRequest | dg.SkipReason) else list(answer)
        self.cursor = context.cursor
        self.said = "; ".join(str(one.skip_message) for one in answers if isinstance(one, dg.SkipReason))
        return [one for one in answers if isinstance(one, dg.RunRequest)]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox" / "ana"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def look(tmp_path: Path, instance: dg.DagsterInstance) -> Ticks:
    return Ticks(tmp_path, "inbox_sensor", instance)


@pytest.fixture
def listen(tmp_path: Path, instance: dg.DagsterInstance) -> Ticks:
    return Ticks(tmp_path, "changes_sensor", instance)


def run_of(
    instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus, tags: Mapping[str, str] | None = None
) -> str:
    """A run of a job of this name in Dagster's books; its id."""
    made = dg.GraphDefinition(job).to_job()
    return instance.create_run_for_job(made, status=status, tags=tags).run_id


def test_an_inbox_that_is_not_there_or_empty_asks_for_nothing(tmp_path: Path, look: Ticks) -> None:
    assert look() == []
    (tmp_path / "inbox" / "ana").mkdir(parents=True)
    assert look() == []
    assert "empty" in look.said


def test_files_of_nobody_are_not_taken_and_told(tmp_path: Path, look: Ticks) -> None:
    (tmp_path / "inbox" / "two words").mkdir(parents=True)
    (tmp_path / "inbox" / "two words" / "ride.fit").write_bytes(b"a")
    assert [look(), look()] == [[], []]
    assert "two words is not taken" in look.said
    assert "rename the folder" in look.said


def test_a_file_that_grows_is_not_taken_until_it_has_stopped(inbox: Path, look: Ticks) -> None:
    for content in (b"a", b"ab", b"abc"):
        (inbox / "ride.fit").write_bytes(content)
        assert look() == []
        assert "still arriving" in look.said
    (asked,) = look()
    assert asked.run_config["ops"]["take_in_files"]["config"] == {"paths": [], "athlete_id": "ana"}


def test_a_file_rewritten_in_place_at_the_same_size_has_not_stopped(inbox: Path, look: Ticks) -> None:
    file = inbox / "ride.fit"
    file.write_bytes(b"aaa")
    look()
    file.write_bytes(b"bbb")
    os.utime(file, ns=(1, time.time_ns() + 5_000_000))
    assert look() == []
    assert len(look()) == 1


def test_of_several_athletes_only_those_whose_files_lie_still(tmp_path: Path, inbox: Path, look: Ticks) -> None:
    (inbox / "a.fit").write_bytes(b"a")
    look()
    ben = tmp_path / "inbox" / "ben"
    ben.mkdir()
    (ben / "b.fit").write_bytes(b"b")
    assert [one.tags["momentum/athlete"] for one in look()] == ["ana"]
    assert sorted(one.tags["momentum/athlete"] for one in look()) == ["ana", "ben"]


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_not_asked_for_again_while_a_run_waits_or_at_work(
    inbox: Path, look: Ticks, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    (inbox / "a.fit").write_bytes(b"a")
    look()
    assert len(look()) == 1
    run_of(instance, "take_in", status)
    assert look() == []
    assert "at work" in look.said


def test_files_whose_run_failed_are_not_asked_for_at_every_tick(
    inbox: Path, look: Ticks, instance: dg.DagsterInstance
) -> None:
    (inbox / "a.fit").write_bytes(b"a")
    look()
    (asked,) = look()
    run_of(instance, "take_in", dg.DagsterRunStatus.FAILURE, asked.tags)
    assert look() == []
    assert "failed" in look.said
    (inbox / "b.fit").write_bytes(b"b")  # other files are another attempt
    look()
    assert len(look()) == 1


def test_files_whose_run_failed_an_hour_ago_are_asked_for_again(
    inbox: Path, look: Ticks, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "a.fit").write_bytes(b"a")
    look()
    (asked,) = look()
    run_of(instance, "take_in", dg.DagsterRunStatus.FAILURE, asked.tags)
    monkeypatch.setattr(sensors, "RETRY_S", 0)  # the hour is over
    assert len(look()) == 1


def test_hidden_files_and_those_taken_are_not_waiting(inbox: Path, look: Ticks) -> None:
    (inbox / ".a.fit.part").write_bytes(b"half")
    (inbox / "taken").mkdir()
    (inbox / "taken" / "old.fit").write_bytes(b"old")
    look()
    assert look() == []
    assert "empty" in look.said


def test_an_unpacked_export_is_taken_when_no_file_in_it_moves_any_more(inbox: Path, look: Ticks) -> None:
    export = inbox / "export" / "DI_CONNECT"
    export.mkdir(parents=True)
    (export / "1.fit").write_bytes(b"1")
    look()
    (export / "2.fit").write_bytes(b"2")
    assert look() == []
    assert len(look()) == 1


def test_a_file_taken_away_again_is_forgotten(inbox: Path, look: Ticks) -> None:
    file = inbox / "a.fit"
    file.write_bytes(b"a")
    look()
    file.unlink()
    assert look() == []
    assert json.loads(look.cursor or "") == {"ana": []}


def rung(home: Path, from_date: date, seconds_ago: float = QUIET_S + 1) -> Doorbell:
    """A doorbell that was rung some time ago."""
    bell = Doorbell(home / "doorbell.json")
    bell.ring(from_date)
    said = json.loads((home / "doorbell.json").read_text())
    said["number"] -= int(seconds_ago * 1e9)
    (home / "doorbell.json").write_text(json.dumps(said))
    return bell


def test_no_change_open_asks_for_nothing(tmp_path: Path, listen: Ticks) -> None:
    assert listen() == []
    bell = rung(tmp_path, date(2024, 5, 6))
    bell.settle(bell.last().number, None, date(2024, 5, 31))
    assert listen() == []


def test_an_open_change_asks_for_its_month_to_the_current_one_in_one_run(tmp_path: Path, listen: Ticks) -> None:
    rung(tmp_path, date(2024, 5, 6))
    (asked,) = listen()
    assert asked.tags[RANGE_START] == "2024-05-01"
    assert asked.tags[RANGE_END] in {  # of the place where the day is furthest on
        (datetime.now(UTC) + timedelta(hours=14)).strftime("%Y-%m-01")
    }
    assert asked.partition_key is None


def test_who_rang_a_moment_ago_is_left_to_compute_it(tmp_path: Path, listen: Ticks) -> None:
    rung(tmp_path, date(2024, 5, 6), seconds_ago=QUIET_S / 2)
    assert listen() == []
    assert "moment ago" in listen.said


@pytest.mark.parametrize("job", ["recompute", "take_in"])
def test_while_a_run_is_at_work_nothing_is_asked_for(
    tmp_path: Path, listen: Ticks, instance: dg.DagsterInstance, job: str
) -> None:
    rung(tmp_path, date(2024, 5, 6))
    run_of(instance, job, dg.DagsterRunStatus.STARTED)
    assert listen() == []
    assert "at work" in listen.said


def test_one_attempt_for_a_ring_and_another_for_the_next(tmp_path: Path, listen: Ticks) -> None:
    """Dagster makes no second run of the same key, whether the first failed or not."""
    rung(tmp_path, date(2024, 5, 6))
    first, again = listen()[0].run_key, listen()[0].run_key
    assert first == again
    rung(tmp_path, date(2024, 5, 7))
    assert listen()[0].run_key != first


def test_a_damaged_doorbell_asks_for_everything_once(tmp_path: Path, listen: Ticks) -> None:
    bell = tmp_path / "doorbell.json"
    bell.write_text("{")
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    os.utime(bell, ns=(an_hour_ago, an_hour_ago))
    first, again = listen()[0], listen()[0]
    assert first.tags[RANGE_START] == "2000-01-01"
    assert first.run_key == again.run_key


def test_a_run_whose_process_was_killed_does_not_stop_the_sensors(
    tmp_path: Path, listen: Ticks, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung(tmp_path, date(2024, 5, 6))
    dead = run_of(instance, "recompute", dg.DagsterRunStatus.STARTED)
    assert listen() == []  # it may be about to open the store
    monkeypatch.setattr(at_work, "GRACE_S", 0)
    assert len(listen()) == 1
    run = instance.get_run_by_id(dead)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE


def test_a_long_run_that_holds_the_store_is_not_taken_for_dead(
    tmp_path: Path, listen: Ticks, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung(tmp_path, date(2024, 5, 6))
    run_of(instance, "recompute", dg.DagsterRunStatus.STARTED)
    monkeypatch.setattr(at_work, "GRACE_S", 0)
    lock = StoreLock(tmp_path / "store")
    lock.acquire(1, print)
    try:
        assert listen() == []
    finally:
        lock.release()
    assert len(listen()) == 1


def test_sensors_and_schedule_open_no_store_and_import_no_engine(tmp_path: Path) -> None:
    rung(tmp_path, date(2024, 5, 6))
    folder = tmp_path / "inbox" / "ana"
    folder.mkdir(parents=True)
    (folder / "a.fit").write_bytes(b"a")
    code = """
import sys
from pathlib import Path
import dagster as dg
from momentum.settings import Settings
from momentum_dagster.jobs.sensors import build_nightly, build_sensors
settings = Settings(home=Path(sys.argv[1]))
with dg.DagsterInstance.ephemeral() as instance:
    for sensor in build_sensors(settings):
        context = dg.build_sensor_context(instance=instance)
        found = sensor(context)
        print(sensor.name, len(list(found)) if hasattr(found, "__next__") else type(found).__name__)
    print("nightly", type(build_nightly(settings)(dg.build_schedule_context(instance=instance))).__name__)
print([name for name in ("chdb", "clickhouse_connect", "numba") if name in sys.modules])
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == ["inbox_sensor 1", "changes_sensor RunRequest", "nightly RunRequest", "[]"]
    assert not (tmp_path / "store").exists()
