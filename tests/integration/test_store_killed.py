"""kill -9 in the middle of publishing or migrating: each month is the old or the new one, and a rerun completes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MONTHS = ["2024-01-01", "2024-02-01", "2024-03-01"]
ROWS = 20_000  # a month

BEGIN = """
import json, os, signal, sys, threading
from datetime import date
from pathlib import Path
from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse import publish
from momentum.warehouse.migrations import migrate, schema_problems

class Killed(Client):
    '''Dies by kill -9 when it has sent `after` statements that write, or in the middle of the next one.'''
    after, within_ms, sent = 0, 0, 0

    def _count(self):
        if self.sent == self.after and not self.within_ms:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.sent == self.after:
            threading.Timer(self.within_ms / 1000, os.kill, (os.getpid(), signal.SIGKILL)).start()
        self.sent += 1

    def command(self, *a, **k):
        self._count()
        super().command(*a, **k)

    def insert(self, *a):
        self._count()
        super().insert(*a)

def killed(client, after, within_ms=0):
    mine = Killed(client._session, client.run_id)
    mine.after, mine.within_ms = after, within_ms
    return mine

def opened():
    return open_client(store_dir=Path(sys.argv[1]), dsn=None, run_id="r", lock_timeout_s=5, on_wait=print)
"""

# Says what the last process left, completes it, and begins the next version, to be killed in it.
PUBLISH = """
version, after, within_ms, months, rows = json.loads(sys.argv[2])
months = [date.fromisoformat(month) for month in months]

def put(client, version):
    with publish.staging(client, "daily_load") as name:
        client.command(
            f"INSERT INTO {name} (athlete_id, local_date, load, model_version) "
            "SELECT toString(number), arrayJoin({months:Array(Date)}), {version:UInt32} AS v, 'v' || toString(v) "
            "FROM numbers({rows:UInt32})", {"months": months, "version": version, "rows": rows})
        return publish.swap(
            client, "daily_load", name, months, model_version=f"v{version}", inputs_hash="same", skip_done=True)

def state(client, table="daily_load"):
    found = client.rows(f"SELECT local_date, model_version, count() AS n FROM {table} GROUP BY ALL ORDER BY ALL")
    return [[str(row["local_date"]), row["model_version"], row["n"]] for row in found]

with opened() as client:
    migrate(client)
    left = state(client)
    published = len(put(client, version))
    said = {"left": left, "published": published, "completed": state(client)}
    said["history"] = state(client, "daily_load_history")
    said["staging"] = client.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%staging%'")
    print(json.dumps(said), flush=True)
    if after is not None:
        put(killed(client, after, within_ms), version + 1)
"""


def run(code: str, store: Path, *, dies: bool, arguments: object = None) -> dict[str, Any]:
    command = [sys.executable, "-c", BEGIN + code, str(store), json.dumps(arguments)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == (-9 if dies else 0), process.stderr
    return json.loads(process.stdout) if process.stdout else {}


def whole(version: int) -> list[list[Any]]:
    return [[month, f"v{version}", ROWS] for month in MONTHS]


# Statements that write, counted from 0: staging made and filled; copy for the history made and filled, its swaps
# announced (4), three of them (5 to 7), closed (8), the copy dropped; the months' swaps announced (10), then a swap
# and its journal row for each (11 to 16), closed (17), staging dropped (18).
ANNOUNCED = 10


@pytest.mark.slow
def test_after_a_kill_anywhere_the_months_are_old_or_new_and_never_both(tmp_path: Path) -> None:
    """The kills within some milliseconds fall inside a swap, where the engine alone would leave both."""
    between = [(1, 0), (6, 0), (10, 0), (14, 0), (18, 0)]
    within = [(5, 1), (11, 0.5), (11, 1), (13, 1), (13, 2)]
    kills = [*between, *within]
    for version, (after, within_ms) in enumerate([*kills, (None, 0)], start=1):
        said = run(PUBLISH, tmp_path, dies=after is not None, arguments=[version, after, within_ms, MONTHS, ROWS])
        if version > 1:
            last_kill = kills[version - 2]
            assert said["left"] in (whole(version - 1), whole(version)), last_kill
            if last_kill[0] > ANNOUNCED:  # what was announced is finished, not given up
                assert said["left"] == whole(version), last_kill
        assert said["completed"] == whole(version)
        assert said["staging"] == []
        kept = [row for row in said["history"] if row[1] == f"v{version - 1}"]
        assert kept == (whole(version - 1) if version > 1 else [])


def test_what_was_published_in_spite_of_a_kill_is_not_published_again(tmp_path: Path) -> None:
    run(PUBLISH, tmp_path, dies=True, arguments=[1, 12, 0, MONTHS, ROWS])  # after the first swap
    assert run(PUBLISH, tmp_path, dies=False, arguments=[2, None, 0, MONTHS, ROWS])["published"] == 0


@pytest.mark.parametrize("after", [0, 1, 20])
def test_a_migration_that_was_killed_is_completed_by_the_next(tmp_path: Path, after: int) -> None:
    code = "with opened() as client: migrate(killed(client, json.loads(sys.argv[2]), 1))"
    run(code, tmp_path, dies=True, arguments=after)
    again = """
with opened() as client:
    print(json.dumps({"applied": migrate(client), "problems": schema_problems(client)}))
"""
    assert run(again, tmp_path, dies=False) == {"applied": [1], "problems": []}
