"""Forgetting a lost machine: only one that is not there, only after a yes, and nothing of it is taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from momentum.adapters.object_store import FolderStore
from momentum.fleet.facts import EXPIRED, Facts, Machine
from momentum.provisioning import connect
from momentum.provisioning.forget import Loss, NotForgotten, forget
from momentum.provisioning.journal import Journal
from momentum.settings import Settings
from tests.unit.momentum_dagster.fleet_home import fleet_settings, with_secrets

ORDER = {"cart_id": "c", "order_id": 7, "status": "delivered", "since": ""}


def machine(state: str) -> Machine:
    return Machine("vps-2", "server-2", "vps-2027-model3", "GRA", state, "Debian 12", "203.0.113.7", None, True)


class Outer:
    def __init__(self, journal: Journal) -> None:
        self.journal, self.facts = journal, Facts(machines={})


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MOMENTUM_PROFILE", "production")
    return with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outer]:
    store = FolderStore(tmp_path / "mirror")
    journal = Journal(settings.infra_journal_path, store)
    journal.remember("service", "server-2", "vps-2")
    journal.remember("host_key", "server-2", "ssh-ed25519 AAAA")
    outer = Outer(journal)

    @contextmanager
    def connected(settings: Settings, fleet: Any, *, to_apply: bool = False) -> Iterator[connect.World]:
        outside = SimpleNamespace(fleet=fleet, journal=journal, known=journal.known())
        yield connect.World(outside, lambda *_: outer.facts, store, str)  # type: ignore[arg-type]

    monkeypatch.setattr(connect, "connected", connected)
    yield outer
    journal.close()


@pytest.mark.parametrize("there", [{}, {"vps-2": machine(EXPIRED)}], ids=["gone", "expired"])
def test_machine_host_key_and_order_are_forgotten(settings: Settings, world: Outer, there: dict[str, Machine]) -> None:
    world.facts = Facts(machines=there)
    world.journal.remember("order", "server-2", ORDER)
    assert forget(settings, "server-2", lambda _: True) == Loss("server-2", "vps-2")
    known = world.journal.known()
    assert (known.services, known.host_keys, known.orders) == ({}, {}, ())


@pytest.mark.parametrize(
    ("facts", "server", "told"),
    [
        (Facts(machines={"vps-2": machine("running")}), "server-2", "still in the account"),
        (Facts(machines={"vps-2": machine("stopped")}), "server-2", "still in the account"),
        (Facts(unread={"machines": "no answer"}), "server-2", "cannot be read: no answer"),
        (Facts(machines={}), "server-9", "no machine of 'server-9'; it knows those of server-2"),
    ],
)
def test_what_is_not_known_to_be_lost_is_kept(
    settings: Settings, world: Outer, facts: Facts, server: str, told: str
) -> None:
    world.facts, before = facts, world.journal.known()
    with pytest.raises(NotForgotten, match=told):
        forget(settings, server, lambda _: True)
    assert world.journal.known() == before


def test_without_a_yes_nothing_is_forgotten(settings: Settings, world: Outer) -> None:
    before = world.journal.known()
    with pytest.raises(NotForgotten, match="not agreed"):
        forget(settings, "server-2", lambda _: False)
    assert world.journal.known() == before
