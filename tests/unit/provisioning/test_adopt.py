"""Adopting a machine that exists: looked at, agreed to, remembered; never a second cluster, never a machine twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from momentum.adapters.object_store import FolderStore
from momentum.fleet.facts import Facts, Machine
from momentum.provisioning import connect
from momentum.provisioning.adopt import Adoption, NotAdopted, adopt
from momentum.provisioning.journal import Journal
from momentum.provisioning.observe import hosts as host_facts
from momentum.settings import Settings
from tests.unit.momentum_dagster.fleet_home import KEY, fleet_settings, with_secrets

HOST_KEY = " ".join(KEY.split()[:2])
# What `ssh-keygen -lf` says of it.
FINGERPRINT = "SHA256:y6DzCud9FgrH9Rg83dZb7GoVFufNmAkAsv+48ZOEmLo"


@dataclass
class SshHosts:
    endpoints: dict[str, Any] = field(default_factory=dict)
    pinned: dict[str, str] = field(default_factory=dict)

    def shown_host_key(self, host: str) -> str:
        assert self.endpoints[host].address == "203.0.113.7"
        return HOST_KEY

    def pin(self, host: str, host_key: str) -> None:
        self.pinned[host] = host_key


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MOMENTUM_PROFILE", "production")
    return with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)


@dataclass
class Outer:
    journal: Journal
    machines: dict[str, Machine]
    cluster_id: str | None = None
    others: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outer]:
    store = FolderStore(tmp_path / "mirror")
    journal = Journal(settings.infra_journal_path, store)
    machine = Machine("vps-1", "old", "vps-2027-model3", "GRA", "running", "Debian 12", "203.0.113.7", None, True)
    outer = Outer(journal, {"vps-1": machine})

    @contextmanager
    def connected(settings: Settings, fleet: Any, *, to_apply: bool = False) -> Iterator[connect.World]:
        outside = SimpleNamespace(fleet=fleet, journal=journal, known=journal.known(), hosts=SshHosts(), provider=None)
        hosts = {name: SimpleNamespace(cluster_id=id_) for name, id_ in outer.others.items()}
        facts = Facts(machines=outer.machines, hosts=hosts)  # type: ignore[arg-type]
        yield connect.World(outside, lambda *_: facts, store, str)  # type: ignore[arg-type]

    monkeypatch.setattr(connect, "connected", connected)
    monkeypatch.setattr(host_facts, "read_host", lambda *_: SimpleNamespace(cluster_id=outer.cluster_id))
    yield outer
    journal.close()


def test_what_a_person_agrees_to_is_remembered(settings: Settings, world: Outer) -> None:
    world.cluster_id = "cluster-1"
    seen: list[Adoption] = []
    adopt(settings, "server-1", "vps-1", lambda found: seen.append(found) is None)
    assert (seen[0].fingerprint, seen[0].machine.service) == (FINGERPRINT, "vps-1")
    known = world.journal.known()
    assert known.services == {"server-1": "vps-1"}
    assert known.host_keys == {"server-1": HOST_KEY}
    assert known.cluster_id is None, "that the cluster is ours is a step of the plan"


def test_without_a_yes_nothing_is_remembered(settings: Settings, world: Outer) -> None:
    with pytest.raises(NotAdopted, match="no yes"):
        adopt(settings, "server-1", "vps-1", lambda _: False)
    assert world.journal.known().services == {}


def test_an_order_that_was_open_for_it_is_forgotten_or_it_would_be_installed_anew(
    settings: Settings, world: Outer
) -> None:
    order = {"cart_id": "c", "order_id": 7, "status": "delivered", "since": "", "service": ""}
    world.journal.remember("order", "server-1", order)
    assert world.journal.known().orders
    adopt(settings, "server-1", "vps-1", lambda _: True)
    assert world.journal.known().orders == ()


@pytest.mark.parametrize(
    ("server", "service", "told"),
    [
        ("server-9", "vps-1", "no server 'server-9'"),
        ("server-1", "vps-9", "no machine 'vps-9'"),
        ("server-1", "vps-2", "vps-2 is server-2 already"),
        ("server-2", "vps-1", "server-2 is vps-2 already"),
    ],
)
def test_what_is_not_there_or_another_server_is_refused(
    settings: Settings, world: Outer, server: str, service: str, told: str
) -> None:
    world.machines["vps-2"] = world.machines["vps-1"]
    world.journal.remember("service", "server-2", "vps-2")
    before = world.journal.known()
    with pytest.raises(NotAdopted, match=told):
        adopt(settings, server, service, lambda _: True)
    assert world.journal.known() == before


def test_a_machine_of_another_cluster_is_refused(settings: Settings, world: Outer) -> None:
    world.others, world.cluster_id = {"server-2": "cluster-1"}, "cluster-2"
    with pytest.raises(NotAdopted, match="another cluster"):
        adopt(settings, "server-1", "vps-1", lambda _: True)
    world.cluster_id = "cluster-1"
    adopt(settings, "server-1", "vps-1", lambda _: True)


def test_a_server_that_was_rebuilt_is_adopted_again_with_its_new_key(settings: Settings, world: Outer) -> None:
    world.journal.remember("service", "server-1", "vps-1")
    world.journal.remember("host_key", "server-1", "ssh-ed25519 OLD")
    adopt(settings, "server-1", "vps-1", lambda _: True)
    assert world.journal.known().host_keys == {"server-1": HOST_KEY}


def test_the_local_profile_adopts_nothing(settings: Settings, world: Outer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTUM_PROFILE", "local")
    with pytest.raises(Exception, match="MOMENTUM_PROFILE=production"):
        adopt(Settings(), "server-1", "vps-1", lambda _: True)
