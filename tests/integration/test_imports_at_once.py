"""Two imports and many questions at once: nothing is lost or twice, and nobody waits without knowing for whom."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from benchmarks import variants
from tests.commands import settled_tables, start

COUNT = 70  # of each athlete
ANSWERS_WITHIN_S = 10.0  # 5 s on a quiet machine


@pytest.mark.slow
def test_two_imports_at_once_and_questions_all_the_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "YEARS", 1)
    monkeypatch.setenv("MOMENTUM_LOCK_TIMEOUT_S", "300")
    written = variants.write_variants(variants.ACTIVITIES, tmp_path / "files", 2 * COUNT)
    home = tmp_path / "home"
    files = {"ana": written[:COUNT], "ben": written[COUNT:]}
    imports = [start(home, "import", *paths, "--athlete", athlete) for athlete, paths in files.items()]

    answers = 0
    while any(process.poll() is None for process in imports):
        began = time.monotonic()
        question = start(home, "sql", "SELECT 1 AS one")
        out, err = question.communicate(timeout=300)
        assert question.returncode == 0, out + err
        assert "1" in out
        assert time.monotonic() - began < ANSWERS_WITHIN_S or "held by process" in err
        answers += 1
        time.sleep(2)
    for process in imports:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
    assert answers > 1

    tables = settled_tables(home)
    for athlete, paths in files.items():
        contents = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
        for table in ("raw_files", "activity_sources"):
            of_athlete = [row for row in tables[table] if athlete in row]
            assert sorted(value for row in of_athlete for value in row if value in contents) == contents, table
    assert all("decoded in part" in row for row in tables["quarantine"])
