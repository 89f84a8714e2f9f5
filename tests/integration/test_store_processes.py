"""Several processes and one embedded store: never two at once, nothing lost, nobody stuck."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from momentum.adapters.clickhouse import Client, StoreError, open_client

# What every process of these tests begins with: a store in argv[1], a name in argv[2].
BEGIN = """
import signal, sys, time
from pathlib import Path
import pyarrow as pa
from momentum.adapters.clickhouse import open_client

store, name = Path(sys.argv[1]), sys.argv[2]
connections = 0
import clickhouse_connect
get_client = clickhouse_connect.get_client
def counted(**more):
    global connections
    connections += 1
    return get_client(**more)
clickhouse_connect.get_client = counted

def say(*words):
    print(*words, flush=True)

def opened(timeout_s=60):
    wait = lambda message: say("waiting")
    return open_client(store_dir=store, dsn=None, run_id=name, lock_timeout_s=timeout_s, on_wait=wait)

def append(client, number):
    client.insert("journal", pa.table({"name": [name], "number": pa.array([number], pa.uint32())}))

def make(client):
    client.command("CREATE TABLE IF NOT EXISTS journal (name String, number UInt32) ENGINE = MergeTree ORDER BY number")
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def start_one(code: str, name: str = "one") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", BEGIN + code, str(tmp_path / "store"), name]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.kill()
        process.communicate()


def output(process: subprocess.Popen[str], timeout_s: float = 60) -> str:
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, err
    return out


def read(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


COUNT = """
with opened() as client:
    say(client.rows("SELECT count() AS n FROM journal")[0]["n"])
"""


def test_eight_processes_append_fifty_rows_each_and_none_is_lost(start: Start) -> None:
    code = """
with opened() as client:
    say("in", time.monotonic())
    make(client)
    for number in range(50):
        append(client, number)
    left = time.monotonic()
say("out", left)
"""
    processes = [start(code, f"process {number}") for number in range(8)]
    times = []
    for process in processes:
        lines = [line.split() for line in output(process, 120).splitlines()]
        times.append(tuple(float(at) for word, at in (line for line in lines if line[0] in ("in", "out"))))
    times.sort()
    assert all(out <= following for (_, out), (following, _) in itertools.pairwise(times))
    assert output(start(COUNT)).split() == ["400"]


def test_a_store_whose_holder_was_killed_opens_with_all_that_was_written(start: Start) -> None:
    holder = start("""
with opened() as client:
    make(client)
    append(client, 1)
    say("written")
    time.sleep(60)
""")
    assert read(holder) == "written"
    holder.kill()
    holder.wait()
    assert output(start(COUNT)).split() == ["1"]


def test_who_waits_too_long_is_told_who_holds_the_store(start: Start) -> None:
    holder = start("""
with opened():
    say("held")
    time.sleep(60)
""")
    assert read(holder) == "held"
    late = start("""
from momentum.adapters.clickhouse import StoreBusy
try:
    with opened(timeout_s=0.3):
        pass
except StoreBusy as busy:
    say(busy.pid, busy)
""")
    said = output(late)
    assert said.startswith("waiting")
    assert f"{holder.pid} The store" in said
    assert f"process {holder.pid} (-c" in said


# Works on and on, gives way after each batch, and tells at the end how often it did and how often it opened.
WORK = """
with opened() as client:
    make(client)
    say("working")
    gave_way, number = 0, 0
    deadline = time.monotonic() + {seconds}
    while time.monotonic() < deadline and not (gave_way and {stop_after_one}):
        append(client, number)
        number += 1
        gave_way += client.give_way()
    say("rows", number, "gave_way", gave_way, "connections", connections)
"""


def test_a_long_run_lets_a_waiting_process_in_and_goes_on(start: Start) -> None:
    worker = start(WORK.format(seconds=30, stop_after_one=True))
    assert read(worker) == "working"
    reader = start("""
asked = time.monotonic()
with opened() as client:
    say("after", time.monotonic() - asked, client.rows("SELECT count() AS n FROM journal")[0]["n"])
""")
    lines = output(reader).splitlines()
    _, waited_s, seen = lines[-1].split()
    assert float(waited_s) < 5
    assert int(seen) >= 1
    _, rows, _, gave_way, _, connections = output(worker).splitlines()[-1].split()
    assert (gave_way, connections) == ("1", "2")  # it opened again exactly once
    assert output(start(COUNT)).split()[-1] == rows


def test_a_long_run_that_nobody_disturbs_opens_once(start: Start) -> None:
    worker = start(WORK.format(seconds=1.5, stop_after_one=False))
    assert read(worker) == "working"
    _, rows, _, gave_way, _, connections = output(worker).split()
    assert int(rows) > 50
    assert (gave_way, connections) == ("0", "1")


def test_processes_that_all_give_way_all_come_to_an_end(start: Start) -> None:
    code = """
with opened() as client:
    make(client)
    for number in range(6):
        append(client, number)
        client.give_way()
"""
    processes = [start(code, f"process {number}") for number in range(3)]
    for process in processes:
        output(process)
    assert output(start(COUNT)).split() == ["18"]


def test_ctrl_c_ends_a_long_statement_and_leaves_the_store_whole(start: Start) -> None:
    long = start("""
try:
    with opened() as client:
        make(client)
        append(client, 1)
        say("started")
        client.rows("SELECT sum(sipHash64(number)) AS n FROM numbers(1000000000000)")
except KeyboardInterrupt:
    sys.exit(130)
""")
    assert read(long) == "started"
    time.sleep(0.5)
    long.send_signal(signal.SIGINT)
    sent = time.monotonic()
    assert long.wait(20) == 130
    assert time.monotonic() - sent < 2
    assert output(start(COUNT)).split() == ["1"]


def test_after_ctrl_c_the_same_client_goes_on_working(start: Start) -> None:
    process = start("""
with opened() as client:
    say("started")
    try:
        client.rows("SELECT sum(sipHash64(number)) AS n FROM numbers(1000000000000)")
    except KeyboardInterrupt:
        say(client.rows("SELECT 7 AS n")[0]["n"])
""")
    assert read(process) == "started"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert output(process, 20).split() == ["7"]


def test_a_store_of_another_user_is_a_clear_error(start: Start) -> None:
    output(start("with opened() as client: make(client)"))
    process = start("""
import os
import clickhouse_connect.driver._chdbclient, momentum.adapters.clickhouse.embedded  # while they can be read
from momentum.adapters.clickhouse import StoreError
if os.geteuid() == 0:
    os.seteuid(65534)
else:
    for path in [store, *store.rglob("*")]:
        path.chmod(0o500)
try:
    with opened():
        say("opened")
except StoreError as error:
    say(type(error).__name__, error)
""")
    said = output(process)
    assert said.startswith("StoreError")
    assert "MOMENTUM_HOME" in said


def test_a_store_that_another_program_has_open_is_a_clear_error(start: Start) -> None:
    output(start("with opened() as client: make(client)"))
    other = start("""
import chdb
connection = chdb.connect(str(store / "engine"))
say("open")
time.sleep(60)
""")
    assert read(other) == "open"
    said = output(
        start("""
from momentum.adapters.clickhouse import StoreError
try:
    with opened():
        say("opened")
except StoreError as error:
    say(error)
""")
    )
    assert "a program other than momentum" in said


def test_a_full_disk_is_a_clear_error_and_the_store_is_whole(start: Start, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path / "store")]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here (needs root)")
    try:
        output(start("with opened() as client: make(client); append(client, 1)"))
        process = start("""
from momentum.adapters.clickhouse import StoreError
with opened() as client:
    try:
        client.command("INSERT INTO journal SELECT randomPrintableASCII(1000), number FROM numbers(200000)")
    except StoreError as error:
        say(error)
    say(client.rows("SELECT count() AS n FROM journal")[0]["n"])
""")
        said = output(process).splitlines()
        assert "disk is full" in " ".join(said)
        assert said[-1] == "1"
        assert output(start(COUNT)).split() == ["1"]
    finally:
        subprocess.run(["umount", str(tmp_path / "store")], check=True)


def test_threads_of_one_process_share_the_store(client: Client, store_dir: Path) -> None:
    client.command("CREATE TABLE shared (number UInt32) ENGINE = MergeTree ORDER BY number")

    def append(number: int) -> None:
        with open_client(
            store_dir=store_dir, dsn=None, database=client.database, run_id="t", lock_timeout_s=1, on_wait=print
        ) as mine:
            for _ in range(5):
                mine.insert("shared", pa.table({"number": pa.array([number], pa.uint32())}))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.rows("SELECT number, count() AS n FROM shared GROUP BY number ORDER BY number") == [
        {"number": number, "n": 5} for number in range(4)
    ]


def test_a_process_that_shares_its_store_does_not_give_way(client: Client) -> None:
    assert client.give_way() is False


def test_a_second_store_in_one_process_is_refused_with_both_names(client: Client, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with (
        pytest.raises(StoreError, match="already holds") as error,
        open_client(store_dir=other, dsn=None, run_id="t", lock_timeout_s=1, on_wait=print),
    ):
        pass
    assert str(other) in str(error.value)
