"""One applier at a time: by epochs in one object, whoever dies, sleeps or comes late."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from momentum.adapters.object_store import FolderStore, S3Store, StoreUnreachable
from momentum.provisioning.fencing import EPOCH_FILE, REFUSED, Fenced, fence, fenced_argv
from momentum.provisioning.lease import Lease, LeaseHeld, LeaseLost
from tests.counted import Counted
from tests.standins.objects import MemoryStore
from tests.standins.s3 import s3_server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server("leases") as url:
        yield url


@pytest.fixture
def s3(endpoint: str, request: pytest.FixtureRequest) -> S3Store:
    return S3Store(
        endpoint=endpoint,
        region="us-east-1",
        bucket="leases",
        folder=request.node.name,
        access_key="key",
        secret_key="secret",
    )


def test_each_holder_has_an_epoch_of_its_own() -> None:
    store = MemoryStore()
    for epoch in (1, 2, 3):
        with Lease(store, "ana") as lease:
            assert lease.epoch == epoch
            lease.check()
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_store_that_was_lost_or_put_back_from_a_backup_counts_on_above_what_hosts_have_seen() -> None:
    for store in (MemoryStore(), old := MemoryStore()):
        with Lease(store, "ana") as lease:
            assert lease.epoch == 1
    for store, at_least, epoch in ((MemoryStore(), 1000, 1000), (old, 1001, 1001), (old, 900, 1002)):
        with Lease(store, "ana", at_least=at_least) as lease:
            assert lease.epoch == epoch


def test_the_second_is_told_who_holds_it_and_how_long() -> None:
    store = MemoryStore()
    with Lease(store, "ana on laptop, pid 7"):
        store.now_s = 20
        with pytest.raises(LeaseHeld, match=r"ana on laptop, pid 7 is applying \(epoch 1\).*ends in 41 s"):
            Lease(store, "ben").acquire()


@pytest.mark.fault("a killed holder of the lease is succeeded")
def test_a_killed_holder_is_succeeded_after_its_time_and_not_before() -> None:
    store = MemoryStore()
    killed = Lease(store, "ana")
    killed.acquire()
    store.now_s = 60
    with pytest.raises(LeaseHeld):
        Lease(store, "ben").acquire()
    store.now_s = 61.5
    with Lease(store, "ben") as lease:
        assert lease.epoch == 2
        with pytest.raises(LeaseLost, match="Another has taken"):
            killed.check()
        killed.release()
        lease.check()


@pytest.mark.fault("a holder of the lease that stood still counts itself out")
def test_a_holder_that_was_stopped_counts_itself_out() -> None:
    now_s = [0.0]
    lease = Lease(MemoryStore(), "ana", clock=lambda: now_s[0])
    lease.acquire()
    now_s[0] = 61.0
    with pytest.raises(LeaseLost, match="no sign of life for 60 s"):
        lease.check()
    now_s[0] = 0.5
    with pytest.raises(LeaseLost):
        lease.check()
    lease.release()


def test_a_renewal_whose_answer_was_lost_is_found_again() -> None:
    class Lossy(MemoryStore):
        def put(self, key: str, data: bytes, **condition: Any) -> str:
            super().put(key, data, **condition)
            return super().put(key, data, **condition)  # as a client that sends it again

    lease = Lease(Lossy(), "ana")
    lease.acquire()
    for _ in range(3):
        lease.check()
    lease.release()


@pytest.mark.fault("object store away at a beat of the lease")
def test_a_store_that_is_away_stops_the_next_step_and_not_the_lease() -> None:
    away = [False]

    def around(_: str) -> None:
        if away[0]:
            raise StoreUnreachable("away")

    lease = Lease(MemoryStore(around), "ana")
    lease.acquire()
    away[0] = True
    with pytest.raises(LeaseLost, match="cannot be shown to hold: away"):
        lease.check()
    away[0] = False
    lease.check()
    lease.release()


@pytest.mark.fault("object store away at the end of the lease")
def test_a_lease_that_cannot_be_given_back_does_not_hide_why_the_work_ended() -> None:
    away = [False]

    def around(_: str) -> None:
        if away[0]:
            raise StoreUnreachable("away")

    store = MemoryStore(around)
    with pytest.raises(ValueError, match="a step failed"), Lease(store, "ana"):
        away[0] = True
        raise ValueError("a step failed")
    away[0], store.now_s = False, 61.5
    with Lease(store, "ben") as lease:
        assert lease.epoch == 2


@pytest.mark.parametrize("kind", ["s3", "folder"])
def test_of_thirty_at_once_one_works_and_the_others_name_it(
    kind: str, s3: S3Store, tmp_path: Path, counted: Counted
) -> None:
    store = s3 if kind == "s3" else FolderStore(tmp_path)
    together, over = threading.Barrier(30), threading.Event()

    def attempt(number: int) -> str:
        lease = Lease(store, f"operator {number}")
        together.wait()
        try:
            epoch = lease.acquire()
        except LeaseHeld as held:
            return str(held)
        over.wait(20)
        lease.check()
        lease.release()
        return f"operator {number} won {epoch}"

    with ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(attempt, number) for number in range(30)]
        while sum(answer.done() for answer in answers) < 29:
            time.sleep(0.02)
        over.set()
        texts = [answer.result() for answer in answers]
    (winner,) = [text.split(" won")[0] for text in texts if " won " in text]
    named = sum(text.startswith(f"{winner} is applying") for text in texts)
    counted("thirty take the lease at once: one works, each other names it", 30, 29 - named)
    assert named == 29


@pytest.mark.fault("a killed holder of the lease is succeeded")
def test_a_holder_killed_for_real_is_succeeded(s3: S3Store) -> None:
    """SIGKILL on a process that renews; its time is 2 s here."""
    first = Lease(s3, "before", 2.0)
    first.acquire()
    first.release()
    child = os.fork()
    if child == 0:  # pragma: no cover
        Lease(s3, "child", 2.0).acquire()
        time.sleep(60)
        os._exit(0)
    try:
        _until_held(s3)
        time.sleep(3.2)  # longer than its time: it renews
        with pytest.raises(LeaseHeld, match="child is applying"):
            Lease(s3, "ben", 2.0).acquire()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    died_at = time.monotonic()
    while True:
        try:
            with Lease(s3, "ben", 2.0) as lease:
                assert lease.epoch == 3
                break
        except LeaseHeld:
            assert time.monotonic() - died_at < 8
            time.sleep(0.1)
    assert time.monotonic() - died_at > 1


def _until_held(store: S3Store) -> None:
    while b'"holder": "child"' not in (store.get("lease.json") or (b"", ""))[0]:
        time.sleep(0.02)


class _Shell:
    """Runs a host's command here, with its epoch file in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self._file = str(folder / "epoch")

    def run(self, _: str, argv: list[str], **__: Any) -> Any:
        here = [argument.replace(EPOCH_FILE, self._file) for argument in argv]
        done = subprocess.run(here, capture_output=True, text=True, check=False, timeout=20)
        return type("Result", (), {"exit": done.returncode, "out": done.stdout, "err": done.stderr})


@pytest.mark.fault("an applier whose time is over is refused by the hosts")
def test_a_host_remembers_the_highest_epoch_and_refuses_a_lower_one(tmp_path: Path) -> None:
    shell = _Shell(tmp_path)
    for epoch in (3, 3, 12):
        fence(shell, "s1", epoch)
    assert (tmp_path / "epoch").read_text().strip() == "12"
    with pytest.raises(Fenced, match="s1 has seen epoch 12 and this process has 9"):
        fence(shell, "s1", 9)


@pytest.mark.fault("an applier whose time is over is refused by the hosts")
def test_a_command_behind_the_fence_runs_or_does_not(tmp_path: Path) -> None:
    shell = _Shell(tmp_path)
    ran = shell.run("s1", fenced_argv(5, ["echo", "two words", "$HOME"]))
    assert (ran.exit, ran.out) == (0, "two words $HOME\n")
    assert shell.run("s1", fenced_argv(5, ["sh", "-c", "exit 3"])).exit == 3
    refused = shell.run("s1", fenced_argv(4, ["touch", str(tmp_path / "must not be")]))
    assert refused.exit == REFUSED
    assert not (tmp_path / "must not be").exists()
