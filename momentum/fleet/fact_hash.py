"""What a step rests on, by name, and its hash.

Names: "machines" (the set of services), "machine:<service>", "order:<server>", "host:<server>:files|sysctl|mesh|
firewall|keys|k3s|etcdctl", "cluster:nodes", "cluster:members", "cluster:id", "dns", "known:cluster_id",
"snapshot:<server>" (the newest that can be restored there).

A part is normalised: what moves by itself (tasks at work, a backup that the provider takes, whether a peer answered
just now) is left out, or every plan would be out of date before it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from momentum.fleet.facts import Facts, Host, Known, Machine
from momentum.fleet.snapshots import newest_for
from momentum.fleet.steps import digest

ABSENT = None


def fact(facts: Facts, known: Known, name: str) -> Any:
    """The part that `name` names, as plain values, or None where it is not there or was not read.

    Raises KeyError for a name that is no fact: a step that rests on it could never be checked.
    """
    head, _, rest = name.partition(":")
    if head == "host":
        server, _, part = rest.partition(":")
        read = HOST_PARTS[part]
        host = facts.hosts.get(server)
        return ABSENT if host is None else read(host)
    if head == "machine":
        machine = (facts.machines or {}).get(rest)
        return ABSENT if machine is None else _machine(machine)
    if head == "snapshot":
        found = newest_for(rest, facts)
        return ABSENT if found is None else found.name
    if head == "order":
        return [asdict(order) for order in known.orders if order.server == rest] or ABSENT
    return _WHOLE[name](facts, known)


def fact_hash(facts: Facts, known: Known, name: str) -> str:
    return digest(fact(facts, known, name))


def rests_on(facts: Facts, known: Known, *names: str) -> dict[str, str]:
    """For `Step.rests_on`: each name with its hash."""
    return {name: fact_hash(facts, known, name) for name in names}


def _machine(machine: Machine) -> dict[str, Any]:
    values = asdict(machine)
    del values["tasks"]
    values["state"] = "running" if machine.state == "backuping" else machine.state
    return values


def _mesh(host: Host) -> dict[str, Any]:
    peers = {
        peer.public_key: {"endpoint": peer.endpoint, "allowed_ips": sorted(peer.allowed_ips)}
        for peer in host.mesh_peers
    }
    return {"public_key": host.mesh_public_key, "peers": peers}


HOST_PARTS: Mapping[str, Callable[[Host], Any]] = {
    "files": lambda host: {path: asdict(file) for path, file in host.files.items()},
    "sysctl": lambda host: dict(host.sysctl),
    "mesh": _mesh,
    "firewall": lambda host: host.firewall,
    "keys": lambda host: {"host_key": host.host_key, "authorized": sorted(host.authorized_keys)},
    "k3s": lambda host: {
        "version": host.k3s_version,
        "etcd_on_disk": host.etcd_on_disk,
        "cluster_id": host.cluster_id,
        "units": dict(host.units),
    },
    "etcdctl": lambda host: host.etcdctl_version,
}


def _nodes(facts: Facts, _: Known) -> Any:
    return facts.cluster and {node.name: asdict(node) for node in facts.cluster.nodes}


def _members(facts: Facts, _: Known) -> Any:
    cluster = facts.cluster
    return cluster and {
        "quorum": cluster.has_quorum,
        "members": sorted((asdict(member) for member in cluster.members), key=lambda member: member["id"]),
    }


_WHOLE: Mapping[str, Callable[[Facts, Known], Any]] = {
    "machines": lambda facts, _: None if facts.machines is None else sorted(facts.machines),
    "dns": lambda facts, _: (
        None if facts.dns is None else sorted((asdict(record) for record in facts.dns), key=lambda record: record["id"])
    ),
    "cluster:nodes": _nodes,
    "cluster:members": _members,
    "cluster:id": lambda facts, _: facts.cluster and facts.cluster.cluster_id,
    "known:cluster_id": lambda _, known: known.cluster_id,
}
