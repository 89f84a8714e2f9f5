"""The `momentum` command in this process, on the store of the tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from momentum.adapters.archive import Archive
from momentum.adapters.clickhouse import Client, open_client
from momentum_dagster.cli.main import main
from tests.imports import compute


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def home(store: Client, store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home without data; its store is the one that this process may open."""
    monkeypatch.setenv("MOMENTUM_HOME", str(store_dir.parent))
    monkeypatch.setenv("TERMINAL_WIDTH", "160")
    yield store_dir.parent
    filled = "SELECT name FROM system.tables WHERE database = 'momentum' AND total_rows > 0 AND name != 'migrations'"
    for row in store.rows(filled):  # to make the tables again would cost more
        store.command(f"TRUNCATE TABLE momentum.`{row['name']}` SYNC")
    for path in store_dir.parent.iterdir():
        if path != store_dir:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def momentum(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `momentum --home <home> ...`."""

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["momentum", "--home", str(home), *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def computed(home: Path) -> Callable[[], None]:
    """Does what the graph's run over open changes does, without the graph."""

    def run() -> None:
        with open_client(store_dir=home / "store", dsn=None, run_id="test", lock_timeout_s=5, on_wait=print) as client:
            compute(client, Archive(home / "raw"), now=datetime.now(UTC))

    return run
