"""The real command, stopped and killed at any time: what the next one completes is what an undisturbed one gives."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from momentum_dagster.cli.main import STOPPED
from tests.commands import run, settled_tables, start
from tests.integration.test_late_data import at_noon
from tests.same_tables import differences

TODAY = datetime.now(UTC).date()
RECENT = [TODAY - timedelta(days=days) for days in (40, 33, 12, 5)]
TWO_YEARS_AGO = TODAY - timedelta(days=730)
DIES_BETWEEN = """
import os, signal
from momentum_dagster.cli import imports
imports.recompute_open = lambda *more, **named: os.kill(os.getpid(), signal.SIGKILL)
"""


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def stopped(when: Callable[[], bool], how: signal.Signals, home: Path, *arguments: str | Path) -> tuple[int, str]:
    """Exit code and standard error of a command that gets a signal when something has happened."""
    process = start(home, *arguments)
    while not when() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.slow
def test_stopped_and_killed_imports_and_runs_end_as_undisturbed_ones(tmp_path: Path) -> None:
    """Undisturbed: an import, then a file of two years ago. Disturbed: all in one import, killed and killed again."""
    recent = write(tmp_path / "recent", at_noon(*RECENT))
    late = write(tmp_path / "late", at_noon(TWO_YEARS_AGO))
    calm, wild = tmp_path / "calm", tmp_path / "wild"
    run(calm, "import", recent, "--athlete", "ana")
    assert f"computed again: {TWO_YEARS_AGO:%Y-%m} to {TODAY:%Y-%m}" in run(calm, "import", late, "--athlete", "ana")

    imported = ("import", recent, late, "--athlete", "ana")
    bell, runs = wild / "doorbell.json", wild / "dagster" / "history" / "runs"
    begun = partial(runs.glob, "*-*.db")
    code, said = stopped(lambda: any(begun()), signal.SIGINT, wild, *imported)
    assert code == STOPPED, said
    assert said.strip().splitlines()[-1] == "momentum: stopped; what was done is kept, run it again to go on"
    code, said = stopped(bell.exists, signal.SIGKILL, wild, *imported)
    assert code == -signal.SIGKILL, said
    between = start(wild, *imported, before=DIES_BETWEEN)
    said = between.communicate(timeout=300)[1]
    assert between.returncode == -signal.SIGKILL, said
    before = len(list(begun()))
    code, said = stopped(lambda: len(list(begun())) == before + 2, signal.SIGKILL, wild, "run")  # in the recompute
    assert code == -signal.SIGKILL, said
    run(wild, "run")

    tables = settled_tables(wild)
    assert len(tables["activities"]) == len(RECENT) + 1
    assert differences(settled_tables(calm), tables) == []
    assert [path.name for path in wild.glob("store/waiting/*")] == []
