"""momentum doctor: what is ill, what waits, and the way out; it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from momentum.adapters.doorbell import Doorbell
from tests.unit.momentum_dagster.conftest import Command, Said

HOLD = """
import sys
from pathlib import Path
from momentum.adapters.clickhouse.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
lock.acquire(5, print)
print("held", flush=True)
sys.stdin.readline()
"""


def findings(said: Said) -> dict[str, tuple[bool, str]]:
    return {one["check"]: (one["ok"], one["message"]) for one in json.loads(said.out)}


def test_a_healthy_home(momentum: Command) -> None:
    momentum("athlete", "add", "ana")
    said = momentum("doctor", "--json")
    found = findings(said)
    assert said.code == 0
    assert {"environment", "home", "inbox", "doorbell", "reachable", "schema", "stale", "open"} <= found.keys()
    assert all(ok for ok, _ in found.values())
    assert len(momentum("doctor").out.splitlines()) == len(found)


def test_work_that_waits_is_told_and_is_no_illness(momentum: Command, home: Path) -> None:
    momentum("athlete", "add", "ana")
    momentum("threshold", "set", "ana", "ftp_w=250", "--from", "2024-05-06", "--later")
    folder = home / "inbox" / "ana"
    folder.mkdir(parents=True)
    (folder / "ride.fit").write_bytes(b"x")
    said = momentum("doctor", "--json")
    found = findings(said)
    assert said.code == 0
    assert "from 2024-05: ana: threshold" in found["open"][1]
    assert "momentum refresh" in found["open"][1]
    assert found["doorbell"][1] == "rung from 2024-05-06 on"
    assert found["inbox"][1].startswith("1 ")
    (home / "doorbell.json").unlink()
    assert "the sensor does not know" in findings(momentum("doctor", "--json"))["open"][1]


def test_a_damaged_doorbell_is_ill_and_refresh_writes_it_anew(momentum: Command, home: Path) -> None:
    momentum("athlete", "add", "ana")
    (home / "doorbell.json").write_text("{")
    said = momentum("doctor", "--json")
    ok, message = findings(said)["doorbell"]
    assert (said.code, ok) == (1, False)
    assert "momentum refresh" in message
    assert momentum("refresh").code == 0
    assert Doorbell(home / "doorbell.json").last().open_from is None
    assert momentum("doctor").code == 0


def doctor_of(home: Path, **environment: str) -> Said:
    """Another process, for another home."""
    ended = subprocess.run(
        [sys.executable, "-m", "momentum_dagster.cli.main", "--home", str(home), "doctor", "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    said = doctor_of(tmp_path / "new")
    assert said.code == 0
    assert "none yet" in findings(said)["store"][1]
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = doctor_of(tmp_path / "file" / "home")
    assert said.code == 1
    assert findings(said)["home"] == (False, f"{tmp_path / 'file'} is not a folder: use --home")


@pytest.mark.skipif(os.geteuid() == 0, reason="to root no folder is closed")
def test_a_home_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = doctor_of(tmp_path / "home")
    tmp_path.chmod(0o700)
    assert said.code == 1
    assert "cannot be written to by this user" in findings(said)["home"][1]


def test_a_store_that_another_process_holds_is_told_with_its_holder(tmp_path: Path) -> None:
    (tmp_path / "store" / "engine").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "store")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        said = doctor_of(tmp_path)
        holder.communicate("\n")
    ok, message = findings(said)["store"]
    assert (said.code, ok) == (1, False)
    assert f"process {holder.pid}" in message
    assert "Waiting for the store" in said.err


def test_what_lies_in_the_inbox_and_is_nobodys_is_ill(momentum: Command, home: Path) -> None:
    (home / "inbox").mkdir()
    (home / "inbox" / "ride.fit").write_bytes(b"x")
    said = momentum("doctor", "--json")
    assert said.code == 1
    assert "named after their athlete" in findings(said)["inbox"][1]
