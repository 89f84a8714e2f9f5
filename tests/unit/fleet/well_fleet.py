"""The default fleet as facts in which nothing is amiss: machines, hosts, cluster and zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from momentum.fleet.drift import Difference, drift
from momentum.fleet.facts import Cluster, DnsRecordFact, EtcdMember, Facts, Known, Node
from momentum.fleet.operations.dns import record_sets, resolved
from momentum.fleet.render.k3s import PATH as K3S_CONFIG
from tests.unit.fleet import test_operations_of_hosts as hosts

FLEET, KNOWN = hosts.FLEET, hosts.KNOWN
SERVERS = {server.name: server for server in FLEET.servers}
AGENTS = [server.name for server in FLEET.servers if server.role == "agent"]


def well() -> Facts:
    facts = hosts.well()
    agents = {name: replace(facts.hosts[name], etcd_on_disk=False, etcdctl_version=None) for name in AGENTS}
    nodes = (
        Node(name, True, False, dict(one.labels), FLEET.k3s.version, str(one.mesh_address))
        for name, one in SERVERS.items()
    )
    members = (
        EtcdMember(f"id-{name}", name, f"https://{one.mesh_address}:2380", True, True)
        for name, one in SERVERS.items()
        if one.role == "server"
    )
    facts = replace(facts, hosts={**facts.hosts, **agents}, cluster=Cluster("one", tuple(nodes), tuple(members), True))
    return replace(facts, dns=_records(facts))


def _records(facts: Facts) -> tuple[DnsRecordFact, ...]:
    found = [
        (wants["name"], wants["type"], value, ttl_s)
        for wants in record_sets(FLEET).values()
        for value, ttl_s in resolved(wants, facts, KNOWN) or ()
    ]
    return tuple(DnsRecordFact(number, *one) for number, one in enumerate(found))


def with_machine(name: str, **changed: Any) -> Facts:
    facts, service = well(), KNOWN.services[name]
    assert facts.machines is not None
    return replace(facts, machines={**facts.machines, service: replace(facts.machines[service], **changed)})


def with_host(name: str, **changed: Any) -> Facts:
    facts = well()
    return replace(facts, hosts={**facts.hosts, name: replace(facts.hosts[name], **changed)})


def with_node(name: str, **changed: Any) -> Facts:
    return with_cluster(nodes=tuple(replace(one, **changed) if one.name == name else one for one in _cluster().nodes))


def with_member(name: str, **changed: Any) -> Facts:
    return with_cluster(
        members=tuple(replace(one, **changed) if one.name == name else one for one in _cluster().members)
    )


def with_cluster(**changed: Any) -> Facts:
    return replace(well(), cluster=replace(_cluster(), **changed))


def drift_of(facts: Facts, known: Known = KNOWN) -> list[Difference]:
    return drift(FLEET, facts, known)


def _cluster() -> Cluster:
    cluster = well().cluster
    assert cluster is not None
    return cluster


def drifted() -> Facts:
    """The same with one thing of each kind changed by hand."""
    facts, cluster = well(), _cluster()
    assert facts.machines is not None and facts.dns is not None
    host, machine = facts.hosts["server-2"], facts.machines[KNOWN.services["server-2"]]
    peer, *peers = host.mesh_peers
    changed = replace(
        host,
        authorized_keys=(*host.authorized_keys, "ssh-ed25519 AAAAstranger"),
        sysctl={**host.sysctl, "net.ipv4.ip_forward": "0"},
        mesh_peers=(replace(peer, alive=False), *peers),
        firewall="changed by hand: abc",
        clock_offset_s=600.0,
        files={**host.files, K3S_CONFIG: replace(host.files[K3S_CONFIG], sha256="0" * 64)},
    )
    machines = {
        **facts.machines,
        machine.service: replace(machine, display_name="mail", renews=False),
        "vps-stray": replace(machine, service="vps-stray", display_name="", mark=""),
    }
    members = tuple(replace(one, healthy=one.name != "server-3") for one in cluster.members)
    nodes = tuple(replace(one, labels={}) if one.name == "agent-1" else one for one in cluster.nodes)
    return replace(
        facts,
        machines=machines,
        hosts={**facts.hosts, "server-2": changed},
        cluster=replace(cluster, cluster_id="two", members=members, nodes=nodes),
        dns=facts.dns[1:],
    )
