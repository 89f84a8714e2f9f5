"""The default fleet as facts in which nothing is amiss: machines, hosts, cluster and zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from momentum.fleet.drift import Difference, drift
from momentum.fleet.facts import Cluster, DnsRecordFact, EtcdMember, Facts, Known, Node
from momentum.fleet.operations.dns import record_sets, resolved
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
