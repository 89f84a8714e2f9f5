"""Clusters as facts: all well, and with one thing changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from momentum.fleet.facts import Cluster, EtcdMember, Facts, Host, Known, Node
from momentum.fleet.operations import etcdctl
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step
from tests.standins.world import small_fleet

FLEET = small_fleet()
VERSION = FLEET.k3s.version
KNOWN = Known(
    services={one.name: f"vps-{one.name}" for one in FLEET.servers},
    host_keys={one.name: f"key of {one.name}" for one in FLEET.servers},
    cluster_id="uid-1",
)
EMPTY = Host("", {}, {}, None, (), None, (), {}, None, False, None, False, 0.0)


def host(server: bool = True, **changed: Any) -> Host:
    there = {"k3s_version": VERSION, "etcd_on_disk": server, "etcdctl_version": etcdctl.VERSION if server else None}
    return replace(EMPTY, **{**there, "cluster_id": "ca", **changed})


def node(name: str, fleet: Fleet = FLEET, **changed: Any) -> Node:
    server = next((one for one in fleet.servers if one.name == name), None)
    labels, address = (server.labels, str(server.mesh_address)) if server else ({}, "")
    return replace(Node(name, True, False, dict(labels), VERSION, address), **changed)


def member(name: str, healthy: bool = True) -> EtcdMember:
    return EtcdMember(f"id-{name}", name, "", True, healthy)


def well(fleet: Fleet = FLEET) -> Facts:
    servers = [one.name for one in fleet.servers if one.role == "server"]
    nodes = tuple(node(one.name, fleet) for one in fleet.servers)
    cluster = Cluster("uid-1", nodes, tuple(member(name) for name in servers), True)
    hosts = {one.name: host(one.role == "server") for one in fleet.servers}
    return Facts(machines={}, hosts=hosts, cluster=cluster)


def hosts_with(facts: Facts, **changed: Host) -> Facts:
    return replace(facts, hosts={**facts.hosts, **changed})


def cluster_with(facts: Facts, **changed: Any) -> Facts:
    assert facts.cluster is not None
    return replace(facts, cluster=replace(facts.cluster, **changed))


def kinds(steps: Iterable[Step]) -> list[tuple[str, str]]:
    return [(step.kind, step.target) for step in steps]
