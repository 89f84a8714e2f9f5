"""The dagster.yaml of a home: ours of an earlier day is replaced, a person's own is kept and told."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from momentum_dagster import instance_config
from momentum_dagster.instance_config import NAME, SHIPPED_BEFORE, shipped, told, write_config

ROOT = Path(__file__).parents[3]


def test_a_home_without_one_gets_ours(tmp_path: Path) -> None:
    assert told(tmp_path) == ""
    write_config(tmp_path)
    assert (tmp_path / NAME).read_text() == shipped()
    assert told(tmp_path) == ""


def test_ours_of_an_earlier_day_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = "telemetry:\n  enabled: false\n"
    monkeypatch.setattr(
        instance_config, "SHIPPED_BEFORE", SHIPPED_BEFORE | {hashlib.sha256(earlier.encode()).hexdigest()}
    )
    (tmp_path / NAME).write_text(earlier)
    assert "the next run puts today's in its place" in told(tmp_path)
    write_config(tmp_path)
    assert (tmp_path / NAME).read_text() == shipped()


def test_one_that_a_person_edited_is_kept_and_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("telemetry:\n  enabled: true\n")
    write_config(tmp_path)
    assert (tmp_path / NAME).read_text() == "telemetry:\n  enabled: true\n"
    assert "kept as it is" in told(tmp_path)
    assert "without batched events" in told(tmp_path)
    (tmp_path / NAME).write_text(shipped() + "# mine\n")
    assert "without batched events" not in told(tmp_path)


def test_every_earlier_one_of_the_history_is_known() -> None:
    """Whoever changes the file adds its former hash, or homes would keep it for ever."""
    path = f"momentum_dagster/{NAME}"
    commits = _git("log", "--format=%h", "--", path).split()
    if not commits:
        pytest.skip("no history here")
    texts = {_git("show", f"{commit}:{path}") for commit in commits}
    now = hashlib.sha256(shipped().encode()).hexdigest()
    assert {hashlib.sha256(text.encode()).hexdigest() for text in texts} - SHIPPED_BEFORE <= {now}
    assert now not in SHIPPED_BEFORE


def _git(*words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
