"""What has moved since a plan was shown is named fact by fact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from momentum.fleet.facts import Facts, Known, Machine
from momentum.provisioning import shown
from momentum.provisioning.shown import keep, moved_since
from momentum.provisioning.survey import Survey, load_fleet
from momentum.settings import Settings
from tests.unit.momentum_dagster.fleet_home import fleet_settings

MACHINE = Machine("vps-1", "mail", "vps-2027-model3", "GRA", "running", "Debian 12", "203.0.113.1", None, True)
KNOWN = Known(services={"server-1": "vps-1"})


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return fleet_settings(tmp_path, monkeypatch)


def seen(settings: Settings, *more: str) -> Survey:
    machines = {"vps-1": MACHINE} | {service: replace(MACHINE, service=service) for service in more}
    return Survey(load_fleet(settings), Facts(machines=machines), KNOWN)


def test_the_fact_and_its_difference_are_named(settings: Settings) -> None:
    before = seen(settings)
    assert before.plan is not None
    keep(settings, before)
    now = seen(settings, "vps-2").facts
    assert moved_since(settings, before.plan.hash, now, KNOWN) == ['- machines: was ["vps-1"], is ["vps-1", "vps-2"]']
    assert moved_since(settings, before.plan.hash, before.facts, KNOWN) == []


def test_of_a_plan_that_nobody_was_shown_nothing_is_known(settings: Settings) -> None:
    assert moved_since(settings, "0123456789abcdef", Facts(), KNOWN) == []
    keep(settings, Survey(None, not_seen="not connected"))
    assert not (settings.infra_dir / "plans").exists()


def test_only_the_newest_are_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "KEPT", 2)
    for number in range(4):
        keep(settings, seen(settings, f"vps-{number}"))
    assert len(list((settings.infra_dir / "plans").iterdir())) == 2
