"""kill -9 anywhere in an import or its recompute: after one more run the tables are as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# What an import and a recompute write, each of which a kill must have hit.
WRITES = {
    "rename", "insert changes", "insert activity_versions", "insert records", "insert laps", "insert decoded_files",
    "insert activity_aliases", "insert quarantine", "insert raw_files", "insert athletes",
    "compute insert activity_versions", "compute insert records", "compute CREATE TABLE", "compute INSERT INTO",
    "compute insert swaps", "compute ALTER TABLE", "compute insert publications", "compute DROP TABLE",
    "compute insert changes",
}  # fmt: skip


@pytest.mark.slow
def test_killed_before_any_write_and_within_some_the_next_run_completes_it(tmp_path: Path) -> None:
    """No staging table, no open change, no half-written file is left, and no sample is there twice."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.killed_import", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    said = json.loads(process.stdout)
    assert {copy[5:] for copy in said["copies"]} >= WRITES
    assert said["wrong"] == []
