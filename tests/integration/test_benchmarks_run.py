"""Every benchmark that is quick enough runs on tiny sizes, and its figures make rows of the table."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import QUICK, as_text
from benchmarks.rows import ROWS, Row
from momentum.demo.fit_writer import fit_bytes
from momentum.warehouse.models.registry import MODELS
from tests.small_files import recorded
from tests.unit.activity_files.made_activities import HOUR_MS

REPOSITORY = Path(__file__).parents[2]
TINY = QUICK | {"dagster_share": ["--months", "2", "--rounds", "1"]}


def said(name: str, *arguments: str | Path) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["cohort_series", "store", "dagster_share", "start_up", "fleet_file", "fleet_plan", "fleet_hosts"]
)
def test_it_runs_and_says_what_the_table_needs(name: str) -> None:
    rows = ROWS[name](said(name, "--json", *TINY[name]))
    assert rows
    assert all(row.what in as_text(rows) and row.ours for row in rows)


@pytest.mark.slow
def test_the_import_goes_from_files_to_rollups(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    start_ms = round((datetime.now(UTC) - timedelta(days=3)).timestamp()) * 1000
    for number in range(3):
        (files / f"{number}.fit").write_bytes(fit_bytes(recorded(number, start_ms + number * HOUR_MS)))
    whole = said("imports", "--side", "record", "--folder", files, "--home", tmp_path / "home")
    assert whole["samples"] > 0
    assert set(whole["steps"]) == {"intake", "assembly", *MODELS}
    blocks = tmp_path / "home" / "blocks"
    assert said("imports", "--side", "store", "--folder", blocks, "--home", tmp_path / "other")["cpu_s"] > 0


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_is_a_module_that_takes_its_quick_sizes(name: str) -> None:
    source = (REPOSITORY / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
    for option in ["--json", *(word for word in QUICK.get(name, []) if word.startswith("--"))]:
        assert f'"{option}"' in source


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a", "", "", 2.0, at_least=2), True),
        (Row("a", "", "", 1.99, at_least=2), False),
        (Row("a", "", "", 1.5, at_most=1.5), True),
        (Row("a", "", "", 1.51, at_most=1.5), False),
        (Row("a", "", "", 1.51), None),
    ],
)
def test_a_goal_is_met_or_not_or_there_is_none(row: Row, met: bool | None) -> None:
    assert row.met is met
