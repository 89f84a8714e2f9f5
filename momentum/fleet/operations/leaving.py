"""Nodes that the file no longer names: drained, out of etcd, out of the cluster, and then their machine ends.

Those that are dead went before (`dead`).
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Cluster, Facts, Known
from momentum.fleet.membership import CORDONED_BY_US, DRAINED, bears_removal_of, changeable, is_dead, member_of, works
from momentum.fleet.operations.control_plane import delete_node, remove_member
from momentum.fleet.operations.servers import ending
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """The provider's end comes last, and not while the cluster cannot be seen: the machine may still be needed."""
    cluster = facts.cluster
    if cluster is None or not works(facts) or not changeable(fleet, facts, known):
        if known.cluster_id is None and cluster is None:
            yield from ending(fleet, facts, known)  # there never was a cluster to leave
        return
    gone = unnamed(fleet, cluster)
    blocked = {name for name in gone if member_of(name, cluster) and not bears_removal_of(name, cluster)}
    for name in gone:
        if name not in blocked and not is_dead(name, cluster):
            yield from _leave(name, facts, known)
    yield from (step for step in ending(fleet, facts, known) if step.target not in blocked)


def unnamed(fleet: Fleet, cluster: Cluster) -> list[str]:
    """Nodes and members that no server of the file is. A member whose node is gone already is still to be taken out."""
    there = {node.name for node in cluster.nodes} | {member.name for member in cluster.members}
    return sorted(there - {server.name for server in fleet.servers})


def _leave(name: str, facts: Facts, known: Known) -> Iterator[Step]:
    cluster = facts.cluster
    assert cluster is not None
    node = next((node for node in cluster.nodes if node.name == name), None)
    if node is not None and not (node.cordoned and node.labels.get(CORDONED_BY_US) == DRAINED):
        yield Step(
            kind="node.drain",
            target=name,
            reason="the file does not name it any more: its pods go to other nodes",
            risk="restart",
            wants={"node": name},
            rests_on=rests_on(facts, known, "cluster:nodes"),
            changes=("cluster:nodes",),
        )
    if member_of(name, cluster) is not None:
        yield remove_member(name, "the file does not name it any more", facts, known)
    if node is not None:
        yield delete_node(name, "the file does not name it any more", facts, known)
