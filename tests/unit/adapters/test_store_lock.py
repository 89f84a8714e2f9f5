"""One process holds the store; the others wait in order, know for whom, and are never stuck behind the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from momentum.adapters.clickhouse.errors import StoreBusy, StoreError
from momentum.adapters.clickhouse.lock import StoreLock

# Takes the lock, says so, keeps it until a line comes in.
HOLD = """
import sys
from pathlib import Path
from momentum.adapters.clickhouse.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("started", flush=True)
lock.acquire(30, lambda message: print("waiting", flush=True))
print("held", flush=True)
sys.stdin.readline()
lock.release()
"""

Spawn = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Start a process that takes the lock of tmp_path and keeps it."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert read(started[-1]) == "started"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def ignore(message: str) -> None:
    pass


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    lock = StoreLock(tmp_path / "made" / "on demand")
    lock.acquire(0, said.append)
    lock.release()
    assert said == []


def test_who_waits_is_told_for_whom_and_the_timeout_names_the_holder(tmp_path: Path, spawn: Spawn) -> None:
    holder = spawn()
    assert read(holder) == "held"
    said: list[str] = []
    with pytest.raises(StoreBusy) as busy:
        StoreLock(tmp_path).acquire(0.2, said.append)
    assert len(said) == 1
    assert f"process {holder.pid} (-c {tmp_path})" in said[0]
    assert busy.value.pid == holder.pid
    assert busy.value.command == f"-c {tmp_path}"
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(busy.value.since)).total_seconds()) < 60
    assert str(holder.pid) in str(busy.value)
    assert "MOMENTUM_LOCK_TIMEOUT_S" in str(busy.value)


def test_who_gave_up_waiting_is_no_longer_waiting(tmp_path: Path, spawn: Spawn) -> None:
    holder = spawn()
    assert read(holder) == "held"
    with pytest.raises(StoreBusy):
        StoreLock(tmp_path).acquire(0, ignore)
    assert not StoreLock(tmp_path).somebody_waits()


def test_after_kill_9_of_the_holder_the_next_just_takes_it(tmp_path: Path, spawn: Spawn) -> None:
    holder = spawn()
    assert read(holder) == "held"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    said: list[str] = []
    lock = StoreLock(tmp_path)
    lock.acquire(0, said.append)
    lock.release()
    assert said == []


def test_waiters_are_served_in_the_order_in_which_they_came(tmp_path: Path, spawn: Spawn) -> None:
    lock = StoreLock(tmp_path)
    lock.acquire(0, ignore)
    waiters = [spawn() for _ in range(3)]
    assert [read(waiter) for waiter in waiters] == ["waiting"] * 3
    lock.release()
    for waiter in waiters:  # a later one that came first would leave an earlier one without the lock
        while (said := read(waiter)) == "waiting":  # once more for each new holder
            pass
        assert said == "held"
        let_go(waiter)


def test_who_comes_later_does_not_overtake_who_waits(tmp_path: Path, spawn: Spawn) -> None:
    lock = StoreLock(tmp_path)
    lock.acquire(0, ignore)
    waiter = spawn()
    assert read(waiter) == "waiting"
    lock.release()
    with pytest.raises(StoreBusy) as busy:
        lock.acquire(0.5, ignore)
    assert busy.value.pid == waiter.pid


def test_a_waiter_that_died_counts_no_more(tmp_path: Path, spawn: Spawn) -> None:
    lock = StoreLock(tmp_path)
    lock.acquire(0, ignore)
    assert not lock.somebody_waits()
    waiter = spawn()
    assert read(waiter) == "waiting"
    assert lock.somebody_waits()
    waiter.kill()
    waiter.wait()
    assert not lock.somebody_waits()
    assert list((tmp_path / "waiting").iterdir()) == []
    lock.release()
    lock.acquire(0, ignore)
    lock.release()


def test_waiting_can_be_broken_off(tmp_path: Path, spawn: Spawn) -> None:
    holder = spawn()
    assert read(holder) == "held"
    waiter = spawn()
    assert read(waiter) == "waiting"
    waiter.send_signal(signal.SIGINT)
    started = time.monotonic()
    waiter.wait(5)
    assert time.monotonic() - started < 2
    assert not StoreLock(tmp_path).somebody_waits()


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may write everywhere; for this test be somebody else."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_a_folder_that_may_not_be_written_is_a_clear_error(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o500)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreError, match="MOMENTUM_HOME") as error:
        StoreLock(folder).acquire(0, ignore)
    assert str(folder) in str(error.value)


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="MOMENTUM_HOME"):
        StoreLock(tmp_path / "store").acquire(0, ignore)
