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
    '''Dies by kill -9 before the first statement that begins with `at`, or some milliseconds into it.'''
    at, within_ms = "", 0

    def _look(self, statement):
        if not statement.startswith(self.at):
            return
        if not self.within_ms:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer(self.within_ms / 1000, os.kill, (os.getpid(), signal.SIGKILL)).start()

    def command(self, sql, *a, **k):
        self._look(sql.strip())
        super().command(sql, *a, **k)

    def insert(self, table, data):
        self._look("ROWS INTO " + table)
        super().insert(table, data)

def killed(client, at, within_ms=0):
    mine = Killed(client._session, client.run_id)
    mine.at, mine.within_ms = at, within_ms
    return mine

def opened():
    return open_client(store_dir=Path(sys.argv[1]), dsn=None, run_id="r", lock_timeout_s=5, on_wait=print)
"""

# Says what the last process left, completes it, and begins the next version, to be killed in it.
PUBLISH = """
version, at, within_ms, months, rows = json.loads(sys.argv[2])
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
    if at is not None:
        put(killed(client, at, within_ms), version + 1)
"""


def run(code: str, store: Path, *, dies: bool, arguments: object = None) -> dict[str, Any]:
    command = [sys.executable, "-c", BEGIN + code, str(store), json.dumps(arguments)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == (-9 if dies else 0), process.stderr
    return json.loads(process.stdout) if process.stdout else {}


def whole(version: int) -> list[list[Any]]:
    return [[month, f"v{version}", ROWS] for month in MONTHS]


SWAP = "ALTER TABLE `daily_load` REPLACE PARTITION "  # and the month; all are announced by then
KILLS = [
    ("INSERT INTO daily_load__staging", 0),
    ("INSERT INTO `daily_load_history__staging", 0),
    ("ROWS INTO swaps", 0),
    ("ALTER TABLE `daily_load_history` REPLACE", 1),
    (f"{SWAP}202401", 0),
    (f"{SWAP}202401", 0.5),
    (f"{SWAP}202402", 0),
    (f"{SWAP}202402", 1),
    (f"{SWAP}202403", 2),
    ("ROWS INTO publications", 0),
    ("DROP TABLE IF EXISTS `daily_load__staging", 0),
]


@pytest.mark.slow
def test_after_a_kill_anywhere_the_months_are_old_or_new_and_never_both(tmp_path: Path) -> None:
    """The kills within some milliseconds fall inside a swap, where the engine alone would leave both."""
    for version, (at, within_ms) in enumerate([*KILLS, (None, 0)], start=1):
        said = run(PUBLISH, tmp_path, dies=at is not None, arguments=[version, at, within_ms, MONTHS, ROWS])
        if version > 1:
            before = KILLS[version - 2][0]
            announced = KILLS.index((f"{SWAP}202401", 0)) <= version - 2
            # What was announced is finished, not given up.
            assert said["left"] == whole(version if announced else version - 1), before
        assert said["completed"] == whole(version)
        assert said["staging"] == []
        kept = [row for row in said["history"] if row[1] == f"v{version - 1}"]
        assert kept == (whole(version - 1) if version > 1 else [])


def test_what_was_published_in_spite_of_a_kill_is_not_published_again(tmp_path: Path) -> None:
    run(PUBLISH, tmp_path, dies=True, arguments=[1, f"{SWAP}202402", 0, MONTHS, ROWS])
    assert run(PUBLISH, tmp_path, dies=False, arguments=[2, None, 0, MONTHS, ROWS])["published"] == 0


@pytest.mark.parametrize(
    "at", ["CREATE TABLE IF NOT EXISTS migrations", "CREATE TABLE IF NOT EXISTS `fitness`", "ROWS INTO migrations"]
)
def test_a_migration_that_was_killed_is_completed_by_the_next(tmp_path: Path, at: str) -> None:
    code = "with opened() as client: migrate(killed(client, json.loads(sys.argv[2])))"
    run(code, tmp_path, dies=True, arguments=at)
    again = """
with opened() as client:
    print(json.dumps({"applied": migrate(client), "problems": schema_problems(client)}))
"""
    assert run(again, tmp_path, dies=False) == {"applied": [1, 2], "problems": []}
