"""What is swept: a fleet as it stood, what befell it or its file, and what the plan then has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from momentum.fleet.schema import Fleet
from tests.provider_runs import fleet_of
from tests.standins.company import Company
from tests.standins.k3s_in_memory import K3s
from tests.standins.machines_in_memory import Box
from tests.standins.world import Fuse

NEXT_MINOR = {"version": "v1.37.1+k3s1", "channel": "v1.37"}


@dataclass(frozen=True)
class Scenario:
    """`needs` are kinds of steps of which each must be in the plan: otherwise something else would be swept."""

    name: str
    before: Fleet | None
    happens: Callable[[Company], None]
    needs: tuple[str, ...]

    def ready(self, folder: Path) -> Company:
        if self.before is None:
            return Company(folder)
        company = Company(folder, self.before)
        company.apply(Fuse())
        company.plans, company.cluster.network = 1, True
        self.happens(company)
        return company


def box_of(company: Company, name: str) -> Box:
    address = next(vps.ipv4 for vps in company.server.world.machines.values() if vps.display_name == name)
    return company.boxes[address]


def _servers_of(fleet: Fleet) -> list[str]:
    return [server.name for server in fleet.servers if server.role == "server"]


def _first_server_wiped(company: Company) -> None:
    """The machine installed anew by a person: only our key is on it."""
    old = box_of(company, _servers_of(company.fleet)[0])
    company.boxes[old.address] = Box(old.address, births=old.births)


def _minor_up(company: Company) -> None:
    company.fleet = _with_k3s(company.fleet, NEXT_MINOR)


def _configured_otherwise(company: Company) -> None:
    """Another name of the API concerns the servers, a label more every node."""
    fleet = _with_k3s(company.fleet, {"api_name": "api-2.example.com"})
    labelled = (one.model_copy(update={"labels": {**one.labels, "zone": "a"}}) for one in fleet.servers)
    company.fleet = fleet.model_copy(update={"servers": tuple(labelled)})


def _without(*names: str) -> Callable[[Company], None]:
    def happens(company: Company) -> None:
        stay = tuple(one for one in company.fleet.servers if one.name not in names)
        company.fleet = company.fleet.model_copy(update={"servers": stay})

    return happens


def _replaced(company: Company) -> None:
    old = company.fleet.servers[2]
    new = old.model_copy(update={"name": "server-9", "mesh_address": IPv4Address("10.66.0.9")})
    servers = tuple(new if one is old else one for one in company.fleet.servers)
    company.fleet = company.fleet.model_copy(update={"servers": servers})


def _lost_and_forgotten(company: Company) -> None:
    company.lost("server-2")
    company.forgets("server-2")


def _dead_replaced(company: Company) -> None:
    company.lost(company.fleet.servers[2].name)
    _replaced(company)


def _k3s_stopped(company: Company) -> None:
    for server in company.fleet.servers:
        box_of(company, server.name).k3s.process = None


def _majority_lost(company: Company) -> None:
    """Of five, the disks of three; the two that are left have no majority, and a snapshot each."""
    names = _servers_of(company.fleet)
    for name in names:
        box = box_of(company, name)
        assert box.k3s.etcd is not None
        box.k3s.snapshots["scheduled"] = company.cluster.snapshot(box)
    for name in names[:3]:
        box_of(company, name).k3s = K3s(starts=box_of(company, name).k3s.starts)
        box_of(company, name).files = {p: f for p, f in box_of(company, name).files.items() if "k3s" not in p}


def _with_k3s(fleet: Fleet, changed: Mapping[str, object]) -> Fleet:
    return fleet.model_copy(update={"k3s": fleet.k3s.model_copy(update=dict(changed))})


def _of_five() -> Fleet:
    """Five servers, and one agent."""
    fleet = fleet_of()
    more = [
        fleet.servers[-1].model_copy(update={"name": f"server-{number}", "role": "server", "mesh_address": address})
        for number, address in ((4, IPv4Address("10.66.0.5")), (5, IPv4Address("10.66.0.6")))
    ]
    return fleet.model_copy(update={"servers": (*fleet.servers[:3], *more, fleet.servers[3])})


def _labelled(fleet: Fleet) -> Fleet:
    """With a label on every server: what a node comes with must not be wanted as a step after it."""
    servers = (one.model_copy(update={"labels": {**one.labels, "kept": "yes"}}) for one in fleet.servers)
    return fleet.model_copy(update={"servers": tuple(servers)})


_FOUR, _FIVE, _JOINS = _labelled(fleet_of()), _labelled(_of_five()), ("k3s.join",)
SCENARIOS = (
    Scenario("a bootstrap of 4 servers", None, lambda _: None, ("server.order", "k3s.found", *_JOINS)),
    Scenario("the first server wiped", _FOUR, _first_server_wiped, ("etcd.remove_member", "node.delete", *_JOINS)),
    Scenario("K3s one minor up on 4 servers", _FOUR, _minor_up, ("k3s.upgrade",)),
    Scenario("K3s configured otherwise on 4 servers", _FOUR, _configured_otherwise, ("k3s.configure", "node.label")),
    Scenario("an agent leaves", _FOUR, _without("agent-1"), ("node.drain", "node.delete", "server.end")),
    Scenario("2 of 5 servers leave", _FIVE, _without("server-4", "server-5"), ("node.drain", "etcd.remove_member")),
    Scenario("3 of 5 servers lost", _FIVE, _majority_lost, ("k3s.restore", "k3s.rejoin", *_JOINS)),
    Scenario("another server in the place of one", _FOUR, _replaced, ("server.order", *_JOINS, "etcd.remove_member")),
    Scenario("another in the place of a dead one", _FOUR, _dead_replaced, ("etcd.remove_member", *_JOINS)),
    Scenario("a machine lost and forgotten", _FOUR, _lost_and_forgotten, ("server.order", "etcd.remove_member")),
    Scenario("K3s stopped on 4 servers", _FOUR, _k3s_stopped, ("k3s.start",)),
)
