"""On a server two processes never write months at once (against tests/http_front.py)."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from momentum.adapters.clickhouse import Client, LeaseLost, StoreBusy, lease, open_client
from momentum.warehouse import publish
from momentum.warehouse.changes import open_change, open_changes
from momentum.warehouse.ingest.versions import sweep_begun
from momentum.warehouse.migrations import migrate

_number = itertools.count()
NOW = datetime(2024, 5, 1, tzinfo=UTC)
JANUARY = date(2024, 1, 1)


@pytest.fixture
def dsn(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database, and leases that run out soon."""
    monkeypatch.setattr(lease, "TTL_S", 2.0)
    monkeypatch.setattr(lease, "POLL_S", 0.05)
    address = f"http://{server}/lease{next(_number)}?compress=0"
    with opened(address) as client:
        migrate(client)
    return address


def opened(dsn: str, *, timeout_s: float = 0.3, on_wait: Callable[[str], None] = print):  # type: ignore[no-untyped-def]
    return open_client(store_dir=Path("unused"), dsn=dsn, run_id="r", lock_timeout_s=timeout_s, on_wait=on_wait)


_PROGRAM = """
import sys, time
from pathlib import Path
from momentum.adapters.clickhouse import LeaseLost, lease, open_client
from momentum.warehouse import publish
import tests.integration.test_store_lease as here
lease.TTL_S, lease.POLL_S = 2.0, 0.05
with here.opened(sys.argv[1], timeout_s=20) as client:
    client.hold()
{body}
"""


@pytest.fixture
def process(dsn: str) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a process that holds the lease and runs some lines; ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(body: str) -> subprocess.Popen[str]:
        code = _PROGRAM.format(body="".join(f"    {line}\n" for line in body.splitlines()))
        one = subprocess.Popen(
            [sys.executable, "-c", code, dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def days(load: float) -> pa.Table:
    month = pa.array([JANUARY], pa.date32())
    return pa.table({"athlete_id": ["a"], "local_date": month, "load": [load], "model_version": ["v"]})


def put(client: Client, load: float) -> None:
    with publish.staging(client, "daily_load") as name:
        client.insert(name, days(load))
        publish.swap(client, "daily_load", name, [JANUARY], model_version="v", inputs_hash="")


def loads(client: Client) -> list[float]:
    return [row["load"] for row in client.rows("SELECT load FROM daily_load")]


def test_one_holds_and_the_other_is_told_who(dsn: str) -> None:
    messages: list[str] = []
    with opened(dsn) as first, opened(dsn, on_wait=messages.append) as second:
        first.hold()
        first.hold()
        with pytest.raises(StoreBusy, match=f"process {os.getpid()} on .*; waited 0.3 s"):
            second.hold()
        assert len(messages) == 1
        assert f"held by process {os.getpid()} on " in messages[0]
        assert (first.alone, second.alone) == (True, False)
    with opened(dsn) as third:
        third.hold()


def test_who_only_reads_or_enters_waits_for_nobody(dsn: str) -> None:
    with opened(dsn) as writer, opened(dsn) as other:
        writer.hold()
        assert migrate(other) == []
        open_change(other, lambda: None, athlete_id="a", from_date=JANUARY, cause="file", detail="", now=NOW)
        assert len(open_changes(other)) == 1


def test_without_the_lease_no_month_is_published_and_nothing_swept(dsn: str) -> None:
    with opened(dsn) as writer, opened(dsn) as other:
        writer.hold()
        for forbidden in (lambda: put(other, 1), lambda: publish.recover(other)):
            with pytest.raises(LeaseLost, match=f"held by process {os.getpid()}"):
                forbidden()
        with pytest.raises(StoreBusy):
            sweep_begun(other, NOW)
        put(writer, 2)
        assert loads(other) == [2]


def test_of_many_who_claim_at_once_one_gets_it_and_the_rest_follow(dsn: str) -> None:
    at_work: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with opened(dsn, timeout_s=20) as client:
            client.hold()
            at_work.append(number)
            most.append(len(at_work))
            time.sleep(0.05)
            at_work.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_two_claims_of_one_epoch_are_one_claim(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(dsn) as first, opened(dsn) as second:
        # the second looked before the first claimed, and claims what the first has by now
        late = second._session._lease  # type: ignore[attr-defined]
        before = late._ask(lease._NEWEST)
        first.hold()
        ask, answers = late._ask, iter([before])
        monkeypatch.setattr(late, "_ask", lambda sql: next(answers, None) or ask(sql))
        late._claim = "late"
        assert late._claimed() == 0
        first.check_alone()
        assert first.rows("SELECT count() AS n FROM leases WHERE claim_id = 'late'") == [{"n": 0}]


def test_a_long_statement_does_not_lose_the_lease(dsn: str) -> None:
    with opened(dsn) as client, opened(dsn) as other:
        client.hold()
        time.sleep(2.5)
        client.check_alone()
        with pytest.raises(StoreBusy):
            other.hold()


def test_one_that_died_is_succeeded_and_its_swaps_are_finished(dsn: str, process: Callable[..., object]) -> None:
    dying = process(
        "with publish.staging(client, 'daily_load') as name:\n"
        "    client.insert(name, here.days(7))\n"
        "    client.command = lambda sql: (print('about to swap', flush=True), time.sleep(60))\n"
        "    publish.swap(client, 'daily_load', name, [here.JANUARY], model_version='v', inputs_hash='')\n"
    )
    assert said(dying) == "about to swap"  # type: ignore[arg-type]
    dying.kill()  # type: ignore[attr-defined]
    began = time.monotonic()
    with opened(dsn, timeout_s=20) as client:
        client.hold()
        assert time.monotonic() - began < 10
        assert loads(client) == []
        assert len(publish.recover(client)) == 1
        assert loads(client) == [7]


def test_one_that_was_stopped_and_succeeded_publishes_nothing_more(dsn: str, process: Callable[..., object]) -> None:
    stopped = process(
        "with publish.staging(client, 'daily_load') as name:\n"
        "    client.insert(name, here.days(1))\n"
        "    print('staged', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    try:\n"
        "        publish.swap(client, 'daily_load', name, [here.JANUARY], model_version='v', inputs_hash='')\n"
        "    except LeaseLost as lost:\n"
        "        print(lost, flush=True)\n"
    )
    assert said(stopped) == "staged"  # type: ignore[arg-type]
    pid = stopped.pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGSTOP)
    with opened(dsn, timeout_s=20) as client:
        client.hold()
        publish.recover(client)
        put(client, 2)
        os.kill(pid, signal.SIGCONT)
        stopped.stdin.write("\n")  # type: ignore[attr-defined]
        stopped.stdin.flush()  # type: ignore[attr-defined]
        told = said(stopped)  # type: ignore[arg-type]
        assert told.startswith(
            f"This process may not write to the server any more; it is held by process {os.getpid()}"
        )
        assert loads(client) == [2]
        client.check_alone()


def test_between_batches_who_waits_is_let_in_and_then_it_goes_on(dsn: str) -> None:
    order: list[str] = []
    with opened(dsn) as first:
        first.hold()
        assert first.give_way() is False

        def wait() -> None:
            with opened(dsn, timeout_s=20, on_wait=lambda message: order.append("waits")) as second:
                second.hold()
                order.append("second")

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not order:
            time.sleep(0.02)
        assert first.give_way() is True
        order.append("first again")
        waiting.join()
        first.check_alone()
    assert order == ["waits", "second", "first again"]
