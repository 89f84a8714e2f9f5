"""K3s to the file's version, and reboots for new kernels: one node at a time, servers before agents, quorum kept.

One minor at a time; a version that skips one, or goes down, is refused with the file and planned here neither. The
etcd snapshot belongs to each upgrade's own step: a step of its own would be wanted again as long as one is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Cluster, Facts, Known, Node
from momentum.fleet.ladder import is_release, ladder, version_key
from momentum.fleet.membership import CORDONED_BY_US, K3S_CHANGES, bears_loss_of, changeable, node_of, unseen, works
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    cluster = facts.cluster
    if cluster is None or not works(facts) or not changeable(fleet, facts, known):
        return
    in_order = sorted(fleet.servers, key=lambda server: server.role != "server")
    yield from _upgrades(fleet, in_order, cluster, facts, known)
    for server in in_order:
        yield from _reboot(server, cluster, facts, known)


def questions(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str]]:
    """(server, why nothing is upgraded) of nodes from whose version no single minor leads to the file's."""
    for server, node in _running(fleet.servers, facts.cluster):
        if hindered := _hindered(node.version, fleet.k3s.version):
            yield server.name, hindered


def _hindered(found: str, wanted: str) -> str:
    """Why no node is upgraded while one runs this; empty where a single minor leads to what is wanted, or none."""
    if not is_release(found):
        return (
            f"it runs K3s {found}, which is no release such as {wanted}, so nobody knows what lies between: no node "
            "is upgraded. Upgrade or reinstall this one by hand"
        )
    way = ladder(found, wanted)
    if len(way) > 1:
        return (
            f"it runs K3s {found} and the file asks for {wanted}: more than one minor at once, so no node is upgraded. "
            f"One at a time: ask for a {way[0]} first"
        )
    if version_key(found) > version_key(wanted):
        return (
            f"it runs K3s {found}, newer than the file's {wanted}, and no version goes down: no node is upgraded until "
            "the file names that one or a later one"
        )
    return ""


def _upgrades(fleet: Fleet, in_order: list[Server], cluster: Cluster, facts: Facts, known: Known) -> Iterator[Step]:
    wanted = fleet.k3s.version
    nodes = _running(in_order, cluster)
    if any(_hindered(node.version, wanted) for _, node in nodes):
        return
    held_back = False
    for server, node in nodes:
        if node.version == wanted:
            continue
        if unseen(server.name, fleet, facts, known) or not bears_loss_of(server.name, cluster):
            held_back |= server.role == "server"
            continue
        if held_back and server.role == "agent":
            return  # no kubelet may be newer than an API server
        yield Step(
            kind="k3s.upgrade",
            target=server.name,
            reason=f"K3s is {node.version} and is to be {wanted}; a snapshot of etcd is taken before",
            risk="restart",
            wants={"version": wanted, "role": server.role},
            rests_on=rests_on(facts, known, "cluster:members", "cluster:nodes"),
            changes=(f"host:{server.name}:k3s", *K3S_CHANGES),
        )


def _running(servers: Iterable[Server], cluster: Cluster | None) -> list[tuple[Server, Node]]:
    """A node that registered a moment ago tells no version yet."""
    return [(server, node) for server in servers if (node := node_of(server.name, cluster)) and node.version]


def _reboot(server: Server, cluster: Cluster, facts: Facts, known: Known) -> Iterator[Step]:
    """Drained, rebooted, and let in again by a step of its own, which a kill between the two leaves to be done."""
    host, node = facts.hosts.get(server.name), node_of(server.name, cluster)
    if node is None:
        return
    needed = host is not None and host.reboot_needed and bears_loss_of(server.name, cluster)
    if needed:
        yield Step(
            kind="node.reboot",
            target=server.name,
            reason="an update, as of the kernel, waits for a reboot",
            risk="restart",
            wants={"node": server.name},
            rests_on=rests_on(facts, known, "cluster:members"),
            changes=(*(f"host:{server.name}:{part}" for part in ("k3s", "mesh", "sysctl", "firewall")), *K3S_CHANGES),
        )
    if needed or (node.cordoned and CORDONED_BY_US in node.labels):
        yield Step(
            kind="node.uncordon",
            target=server.name,
            reason="it was cordoned for its reboot",
            wants={"node": server.name},
            rests_on=rests_on(facts, known, "cluster:nodes"),
            changes=("cluster:nodes",),
        )
