"""Commands that are told to be copied: they work in the shell in which they are read."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from momentum_dagster.cli.shared import command_again


@pytest.mark.parametrize(
    ("on_path", "told"), [("/usr/bin/momentum", "momentum"), (None, ".venv/bin/momentum")], ids=["found", "not found"]
)
def test_by_its_path_where_the_shell_would_not_find_it(
    on_path: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: on_path)
    monkeypatch.setattr(sys, "argv", [".venv/bin/momentum", "run"])
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / ".momentum" / "demo"))
    assert command_again(with_home=False) == told
    assert command_again(with_home=True) == f"{told} --home .momentum/demo"
    monkeypatch.setenv("MOMENTUM_HOME", "/srv/training")
    assert command_again(with_home=True) == f"{told} --home /srv/training"
