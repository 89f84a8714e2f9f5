"""One look reads everything that answers; after a step only what it changed is read again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known
from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text
from momentum.provisioning.looking import Readers, observer

FLEET = read_fleet(default_fleet_text())
SERVERS = [server.name for server in FLEET.servers]


@dataclass
class Outer:
    """A world of names: what is read is told, and what is in `broken` does not answer."""

    read: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    machines: list[str] = field(default_factory=lambda: [f"vps-{name}" for name in SERVERS])
    nowhere: str = ""

    def _of(self, what: str, value: Any) -> Any:
        self.read.append(what)
        if what in self.broken:
            raise MomentumError(f"{what} does not answer")
        return value

    def hosts(self, names: Collection[str], _: Facts) -> tuple[dict[str, Any], dict[str, str]]:
        self.read += [f"host:{name}" for name in names]
        well = {name: f"host {name}" for name in names if f"host:{name}" not in self.broken}
        return well, {name: "no answer" for name in names if name not in well}

    def machine(self, service: str) -> Any:
        return SimpleNamespace(public_ipv4="" if service == self.nowhere else "203.0.113.1")

    def readers(self) -> Readers:
        return Readers(
            machines=lambda: self._of("machines", {one: self.machine(one) for one in self.machines}),
            machine=lambda service: self._of(f"machine:{service}", self.machine(service)),
            dns=lambda: self._of("dns", ("record",)),
            hosts=self.hosts,
            cluster=lambda facts: self._of("cluster", "cluster"),
        )


def looked(world: Outer, known: Known | None = None) -> Any:
    every = Known(services={name: f"vps-{name}" for name in SERVERS}, host_keys=dict.fromkeys(SERVERS, "key"))
    return observer(SimpleNamespace(fleet=FLEET, known=known or every), world.readers())  # type: ignore[arg-type]


def test_a_whole_look_reads_provider_hosts_and_cluster_once() -> None:
    world = Outer()
    facts = looked(world)(None, None)
    assert sorted(world.read) == sorted(["machines", "dns", "cluster", *(f"host:{name}" for name in SERVERS)])
    assert (set(facts.hosts), facts.unread) == (set(SERVERS), {})


def test_what_does_not_answer_is_told_and_the_rest_is_there() -> None:
    world = Outer(broken={"dns", "cluster", "host:server-2"})
    facts = looked(world)(None, None)
    assert set(facts.unread) == {"dns", "cluster", "host:server-2"}
    assert facts.machines
    assert set(facts.hosts) == {*SERVERS} - {"server-2"}


def test_without_the_provider_nothing_else_is_taken_for_missing() -> None:
    facts = looked(Outer(broken={"machines"}))(None, None)
    assert facts.machines is None
    assert "machines" in facts.unread


def test_a_machine_without_an_address_is_not_asked() -> None:
    world = Outer(nowhere="vps-server-2")
    facts = looked(world)(None, None)
    assert set(facts.hosts) == {*SERVERS} - {"server-2"}
    assert "host:server-2" not in world.read


def test_a_machine_that_nobody_has_pinned_yet_is_no_host() -> None:
    world = Outer()
    known = Known(services={name: f"vps-{name}" for name in SERVERS}, host_keys={"server-1": "key"})
    facts = looked(world, known)(None, None)
    assert (set(facts.hosts), facts.unread) == ({"server-1"}, {})


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        (["host:server-2:files", "host:server-2:mesh"], ["host:server-2"]),
        (["dns"], ["dns"]),
        (["cluster:nodes"], ["cluster"]),
        (["cluster:members", "host:server-3:k3s"], ["host:server-3", "cluster"]),
        (["machine:vps-agent-1"], ["machine:vps-agent-1", "host:agent-1"]),
        (["order:agent-1"], ["machines"]),
        (["known:cluster_id"], []),
        ([], []),
    ],
)
def test_after_a_step_only_what_it_changed_is_read_again(changed: list[str], read: list[str]) -> None:
    world = Outer()
    observe = looked(world)
    before = observe(None, None)
    world.read.clear()
    after = observe(changed, before)
    assert world.read == read
    assert set(after.hosts) == set(before.hosts)


def lost() -> tuple[Outer, Any]:
    """A majority lost for good: no server has etcd on its disk, and the journal knows a cluster."""
    world = Outer()
    bare = SimpleNamespace(etcd_on_disk=False)
    readers = replace(
        world.readers(),
        hosts=lambda names, _: (dict.fromkeys(names, bare), {}),
        cluster=lambda _: None,
        stored=lambda: world._of("stored", "a snapshot"),
    )
    known = Known({name: f"vps-{name}" for name in SERVERS}, dict.fromkeys(SERVERS, "key"), cluster_id="uid-1")
    return world, observer(SimpleNamespace(fleet=FLEET, known=known), readers)  # type: ignore[arg-type]


def test_a_snapshot_is_looked_for_only_where_one_must_be_restored() -> None:
    well = Outer()
    assert looked(well)(None, None).stored_snapshot is None
    assert "stored" not in well.read
    world, observe = lost()
    facts = observe(None, None)
    assert (facts.stored_snapshot, facts.unread) == ("a snapshot", {})
    world.broken.add("stored")
    facts = observe(["cluster:id"], facts)
    assert (facts.stored_snapshot, facts.unread) == (None, {"snapshot": "stored does not answer"})


def test_what_answers_again_is_no_longer_told_as_unread() -> None:
    world = Outer(broken={"host:server-2", "dns"})
    observe = looked(world)
    before = observe(None, None)
    world.broken.clear()
    after = observe(["host:server-2:files", "dns"], before)
    assert after.unread == {}
    assert set(after.hosts) == set(SERVERS)
