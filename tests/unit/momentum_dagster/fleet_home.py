"""Homes with a fleet file, with and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from momentum.adapters.secrets import NAMES, make_identity, set_secret
from momentum.fleet.template import default_fleet_text
from momentum.settings import Settings

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk2dkNJtT9nqvxVmPk5DEBPqB1hsidlPM0Lef40gwT+ ana"
CANARY = "canary-7d1f0b"


def fleet_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a home with the default fleet's file, and nothing else."""
    file = tmp_path / "deploy" / "fleet.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(default_fleet_text(KEY, "coach.test"))
    monkeypatch.setenv("MOMENTUM_FLEET", str(file))
    monkeypatch.setenv("MOMENTUM_INFRA", str(tmp_path / "infra"))
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path / "home"))
    return Settings()


def with_secrets(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same with every secret; each holds the canary."""
    identity = tmp_path / "age.txt"
    make_identity(identity)
    monkeypatch.setenv("MOMENTUM_AGE_IDENTITY", str(identity))
    for name in NAMES:
        set_secret(settings.secrets_path, identity, name, f"{CANARY}-{name}")
    return Settings()
