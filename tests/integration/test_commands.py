"""What a new user does first, through the real command: import, look, set thresholds, look again, ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from momentum.demo.fit_writer import fit_bytes
from tests.small_files import recorded
from tests.unit.activity_files.made_activities import without

ROOT = Path(__file__).parents[2]
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAYS_AGO = (9, 6, 3)


class Home:
    """A home, and the command on it as a script would run it: in a pipe, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str | Path, code: int = 0) -> tuple[str, str]:
        """Standard output and error of a command that ends with this code."""
        ended = subprocess.run(
            [sys.executable, "-m", "momentum_dagster.cli.main", "--home", self.folder, *words],
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        assert "\033" not in ended.stdout + ended.stderr
        return ended.stdout, ended.stderr

    def json(self, *words: str | Path) -> Any:
        return json.loads(self(*words, "--json")[0])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Three rides of the last days, two of them without power, and a text that calls itself a FIT file."""
    folder = tmp_path / ("files with a name that is longer than a line of a terminal " + "x" * 60)
    folder.mkdir()
    for number, days in enumerate(DAYS_AGO):
        start_ms = round((NOON - timedelta(days=days)).timestamp() * 1000)
        activity = recorded(number, start_ms)
        (folder / f"{days}.fit").write_bytes(fit_bytes(activity if number == 0 else without(activity, "power_w")))
    (folder / "broken.fit").write_text("not a ride\n")
    return folder


def test_from_files_to_fitness_by_the_command_alone(tmp_path: Path, files: Path) -> None:
    momentum = Home(tmp_path / "home")
    told = momentum.json("import", files, "--athlete", "ana")
    assert (told["activities"], told["refused"]) == (3, 1)
    assert told["without_load"]["without"] == 3
    assert told["without_load"]["missing"]["resting_hr_bpm"] == 3

    lacking = momentum("threshold", "list", "ana")[0]
    assert "max_hr_bpm" in lacking.split("neither set")[0]  # estimated, and marked so
    assert "resting_hr_bpm" in lacking.split("neither set")[1]

    first_day = f"{NOON - timedelta(days=DAYS_AGO[0]):%Y-%m-%d}"
    values = ("resting_hr_bpm=50", "max_hr_bpm=190", "lthr_bpm=170", "ftp_w=250")
    momentum("threshold", "set", "ana", *values, "--from", first_day)
    loads = momentum.json("activity", "list", "ana")
    assert [one["load_source"] for one in loads] == ["tss", "trimp100", "trimp100"]

    shown = momentum.json("athlete", "show", "ana")
    assert shown["fitness"][0]["ctl"] > 0
    assert len(shown["thresholds"]) == 4
    (row,) = momentum.json("sql", "SELECT max(ctl) AS ctl, max(local_date) AS day FROM fitness WHERE sport = 'all'")
    assert row["ctl"] >= shown["fitness"][0]["ctl"]

    assert momentum.json("backfill", "--dry-run") == []
    momentum("threshold", "set", "ana", "ftp_w=260", "--from", first_day, "--later")
    plan = momentum.json("backfill", "--dry-run")
    assert {one["first"] for one in plan} == {f"{first_day[:7]}-01"}
    assert "threshold" in plan[0]["why"]
    assert momentum.json("refresh")["from"] == f"{first_day[:7]}-01"
    assert momentum.json("backfill", "--dry-run") == []

    out, _ = momentum("import", files, "--athlete", "ana")
    assert out.startswith("ana: 0 new files, 4 known before")
    assert "nothing had to be computed again" in out
    assert all(one["ok"] for one in momentum.json("doctor"))


def test_what_cannot_be_read_at_all_ends_with_1_is_told_with_its_reason_and_adds_nobody(
    tmp_path: Path, files: Path
) -> None:
    momentum = Home(tmp_path / "home")
    out, err = momentum("import", files / "broken.fit", "--athlete", "ana", code=1)
    assert "1 refused" in out
    assert str(files / "broken.fit") in err  # in one piece, however long
    (reason,) = momentum.json("sql", "SELECT reason FROM quarantine")
    assert f"broken.fit: {reason['reason']}" in out
    (tmp_path / "empty").mkdir()
    _, err = momentum("import", tmp_path / "empty", "--athlete", "ana", code=1)
    assert f"no activity files in {tmp_path / 'empty'}" in err
    assert momentum.json("athlete", "list") == []
    assert "ana is new" in momentum("import", files, "--athlete", "ana")[0]
    assert [one["athlete_id"] for one in momentum.json("athlete", "list")] == ["ana"]
    _, err = momentum("import", tmp_path / "nowhere", "--athlete", "ana", code=1)
    assert f"no such file or folder: {tmp_path / 'nowhere'}" in err


def test_files_in_the_inbox_bring_their_athlete_and_what_is_nobodys_is_told(tmp_path: Path, files: Path) -> None:
    momentum = Home(tmp_path / "home")
    inbox = tmp_path / "home" / "inbox"
    for folder in ("bo", "two words"):
        (inbox / folder).mkdir(parents=True)
        (inbox / folder / "ride.fit").write_bytes((files / f"{DAYS_AGO[0]}.fit").read_bytes())
    _, err = momentum("run")
    assert f"{inbox / 'two words'} is not taken" in err
    assert [one["athlete_id"] for one in momentum.json("athlete", "list")] == ["bo"]
    assert (inbox / "two words" / "ride.fit").exists()
