"""A server that is away: nothing is bought behind anybody's back, the others go on, and its tunnels are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from momentum.fleet.drift import drift
from momentum.fleet.facts import EXPIRED, Facts, Host, Known, Machine
from momentum.fleet.operations import dns
from momentum.fleet.plan import plan
from momentum.fleet.render import addresses_of
from momentum.fleet.steps import Plan
from tests.unit.fleet.cluster_cases import kinds
from tests.unit.fleet.test_operations_of_hosts import MESH_KEYS, PUBLIC
from tests.unit.fleet.well_fleet import FLEET, KNOWN, well, with_cluster

LOST, SERVICE = "server-2", "vps-server-2"
OTHERS = [server.name for server in FLEET.servers if server.name != LOST]
GONE = Machine(SERVICE, "", "", "", EXPIRED, "", "", None, False)
OTHER_KEY = f"{'AnotherKey':A<43}="


def without_host(facts: Facts, *, unread: bool = False) -> Facts:
    """The server cannot be seen, and its etcd is away."""
    assert facts.cluster is not None
    hosts = {name: host for name, host in facts.hosts.items() if name != LOST}
    ill = tuple(replace(one, healthy=one.name != LOST) for one in facts.cluster.members)
    silent = tuple(replace(one, ready=one.name != LOST) for one in facts.cluster.nodes)
    told = {f"host:{LOST}": "no answer"} if unread else {}
    return replace(facts, hosts=hosts, cluster=replace(facts.cluster, members=ill, nodes=silent), unread=told)


def lost(machine: Machine | None = None) -> Facts:
    machines = {service: one for service, one in (well().machines or {}).items() if service != SERVICE}
    return without_host(replace(well(), machines=machines | ({SERVICE: machine} if machine else {})))


def on(facts: Facts, name: str, **changed: Any) -> Facts:
    return replace(facts, hosts={**facts.hosts, name: replace(facts.hosts[name], **changed)})


def tunnels_to(host: Host, **changed: Any) -> Host:
    address = next(f"{one.mesh_address}/32" for one in FLEET.servers if one.name == LOST)
    peers = (replace(one, **changed) if one.allowed_ips == (address,) else one for one in host.mesh_peers)
    return replace(host, mesh_peers=tuple(peers))


def planned(facts: Facts, known: Known = KNOWN) -> Plan:
    return plan(FLEET, facts, known)


def besides_dns(made: Plan) -> list[tuple[str, str]]:
    return [(kind, target) for kind, target in kinds(made.steps) if kind != "dns.records"]


AWAY = {"gone": lost(), "expired": lost(GONE), "unread": without_host(well(), unread=True)}


@pytest.mark.parametrize("machine", [None, GONE], ids=["gone", "expired"])
def test_no_second_machine_is_ordered_and_a_person_is_asked_who_is_told_both_ways_out(machine: Machine | None) -> None:
    made = planned(lost(machine))
    assert besides_dns(made) == []
    question = made.questions[LOST]
    assert SERVICE in question and f"momentum infra forget {LOST}" in question and "out of the file" in question
    assert Plan.from_json(made.to_json()).questions == made.questions


@pytest.mark.parametrize("away", AWAY, ids=str)
def test_what_does_not_depend_on_it_is_put_right_on_the_others(away: str) -> None:
    facts = on(AWAY[away], "server-1", firewall=None, mesh_peers=AWAY[away].hosts["server-1"].mesh_peers[1:])
    facts = on(facts, "agent-1", sysctl={}, authorized_keys=())
    assert besides_dns(planned(facts)) == [
        ("authorized_keys", "agent-1"),
        ("load_sysctl", "agent-1"),
        ("mesh_config", "server-1"),
        ("load_firewall", "server-1"),
    ]


@pytest.mark.parametrize("away", AWAY, ids=str)
def test_what_is_written_then_keeps_its_tunnel(away: str) -> None:
    addresses = addresses_of(FLEET, AWAY[away], KNOWN)
    assert addresses.public_ipv4 == PUBLIC
    assert addresses.mesh_public_keys == MESH_KEYS


@pytest.mark.parametrize("away", AWAY, ids=str)
@pytest.mark.parametrize("key", [OTHER_KEY, ""], ids=["two keys", "no tunnel"])
def test_where_its_tunnel_is_not_known_no_mesh_is_written_and_it_is_said(away: str, key: str) -> None:
    facts = AWAY[away]
    changed = {"public_key": key} if key else {"allowed_ips": ()}
    for name in OTHERS[:1] if key else OTHERS:
        facts = replace(facts, hosts={**facts.hosts, name: tunnels_to(facts.hosts[name], **changed)})
    made = planned(on(facts, "server-1", units={}))
    assert "mesh_config" not in [step.kind for step in made.steps]
    assert "no configuration of the mesh is written" in made.questions[LOST]


def test_where_its_address_is_not_known_no_rules_are_loaded_and_it_is_said() -> None:
    facts = lost()
    facts = replace(facts, hosts={name: tunnels_to(facts.hosts[name], endpoint="") for name in OTHERS})
    assert "load_firewall" not in [step.kind for step in planned(facts).steps]
    assert "rules without it" not in planned(facts).questions[LOST], "nothing is to be changed"
    changed = planned(on(facts, "server-1", firewall="changed by hand: abc"))
    assert "load_firewall" not in [step.kind for step in changed.steps]
    assert "rules without it would shut out its tunnel" in changed.questions[LOST]


def test_rules_changed_by_hand_are_told_before_a_new_server_has_an_address() -> None:
    known = replace(KNOWN, services={n: s for n, s in KNOWN.services.items() if n != LOST}, host_keys={})
    facts = replace(lost(), hosts={})
    facts = replace(facts, hosts={"server-1": replace(well().hosts["server-1"], firewall="changed by hand: abc")})
    told = [(one.server, one.found) for one in drift(FLEET, facts, known) if one.part == "firewall"]
    assert told == [("server-1", "changed by hand")]


@pytest.mark.parametrize("endpoint", ["", "[2001:db8::1]:51820", "$(reboot):1", "203.0.113.99"])
def test_what_a_host_says_of_it_is_taken_only_where_it_is_an_address(endpoint: str) -> None:
    facts = lost()
    hosts = {name: tunnels_to(facts.hosts[name], endpoint=endpoint, public_key="x; reboot") for name in OTHERS}
    addresses = addresses_of(FLEET, replace(facts, hosts=hosts), KNOWN)
    assert LOST not in addresses.public_ipv4 and LOST not in addresses.mesh_public_keys


def names_of(labels: Iterable[str]) -> set[str]:
    wants = {"servers": list(labels), "values": [], "ttl_s": 300}
    found = dns.resolved(wants, lost(), KNOWN)
    assert found is not None
    return {address for address, _ in found}


def test_names_point_at_the_others_and_never_at_nobody() -> None:
    assert names_of([LOST, "server-1"]) == {PUBLIC["server-1"]}
    every = Facts(machines={}, dns=well().dns)
    assert list(dns.steps(FLEET, every, KNOWN)) == []
    assert list(dns.differences(FLEET, every, KNOWN)) == []


def test_once_it_is_forgotten_another_is_planned_whole_and_its_member_goes_first() -> None:
    known = replace(
        KNOWN,
        services={name: service for name, service in KNOWN.services.items() if name != LOST},
        host_keys={name: key for name, key in KNOWN.host_keys.items() if name != LOST},
    )
    made = planned(lost(), known)
    assert made.questions == {}
    its = [step.kind for step in made.steps if step.target == LOST]
    assert its == [
        *("server.order", "server.install", "server.pin", "server.mark", "server.renew"),
        *("authorized_keys", "load_sysctl", "write_files", "mesh_key", "mesh_config", "load_firewall"),
        *("install_etcdctl", "etcd.remove_member", "node.delete", "k3s.join"),
    ]
    for kind in ("mesh_config", "load_firewall"):
        assert [step.target for step in made.steps if step.kind == kind] == [one.name for one in FLEET.servers]
    assert made.price.today > 0
    delivered = replace(well().machines[SERVICE], service="vps-new", public_ipv4="203.0.113.77")  # type: ignore[index]
    later = replace(lost(), machines={**(lost().machines or {}), "vps-new": delivered})
    again = planned(later, replace(known, services={**known.services, LOST: "vps-new"}))
    assert {step.id for step in again.steps} <= {step.id for step in made.steps}


def test_a_dead_server_that_left_the_file_goes_before_the_new_one_joins_and_a_living_one_after() -> None:
    renamed = [one.model_copy(update={"name": "server-4"}) if one.name == LOST else one for one in FLEET.servers]
    fleet = FLEET.model_copy(update={"servers": tuple(renamed)})

    def of_cluster(facts: Facts) -> list[tuple[str, str]]:
        ours = ("k3s.", "node.drain", "node.delete", "etcd.")
        return [(step.kind, step.target) for step in plan(fleet, facts, KNOWN).steps if step.kind.startswith(ours)]

    join, leave = ("k3s.join", "server-4"), [("etcd.remove_member", LOST), ("node.delete", LOST)]
    assert of_cluster(lost()) == [*leave, join]
    assert of_cluster(well()) == [join, ("node.drain", LOST), *leave]


def test_a_dead_member_is_not_taken_out_where_the_majority_would_go_with_it() -> None:
    cluster = with_cluster().cluster
    assert cluster is not None
    stranger = replace(cluster.members[0], id="x", name="server-9", healthy=False)
    members = (cluster.members[0], *(replace(one, healthy=False) for one in cluster.members[1:]), stranger)
    made = planned(with_cluster(members=members))
    assert "etcd.remove_member" not in [step.kind for step in made.steps]


def test_an_upgrade_waits_for_a_server_that_cannot_be_seen_and_agents_wait_with_it() -> None:
    newer = FLEET.k3s.model_copy(update={"version": "v1.36.9+k3s1"})
    made = plan(FLEET.model_copy(update={"k3s": newer}), AWAY["unread"], KNOWN)
    assert [step for step in made.steps if step.kind == "k3s.upgrade"] == []


@pytest.mark.parametrize("adopted", [(), ("server-2",), ("agent-1",), ("server-1", "server-2", "server-3")])
def test_with_the_journal_lost_nothing_is_done_about_machines_that_were_not_adopted_yet(
    adopted: tuple[str, ...],
) -> None:
    """They say that they are servers of ours, with whatever is on them: no empty hosts, and no stale members."""
    facts, servers = well(), any(name.startswith("server") for name in adopted)
    machines = {
        service: replace(one, display_name=service.removeprefix("vps-"))
        for service, one in (facts.machines or {}).items()
    }
    facts = replace(
        facts,
        machines=machines,
        hosts={name: facts.hosts[name] for name in adopted},
        cluster=facts.cluster if servers else None,
    )
    ours: dict[str, Any] = {
        "services": {name: KNOWN.services[name] for name in adopted},
        "host_keys": {name: KNOWN.host_keys[name] for name in adopted},
    }
    made = planned(facts, Known(**ours))
    of_machines = [one for one in made.steps if not one.kind.startswith("server.")]
    assert kinds(of_machines) == ([("cluster.remember", "cluster")] if servers else [])
    assert made.questions.keys() >= set(KNOWN.services) - set(adopted)
