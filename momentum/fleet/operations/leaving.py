"""Nodes that the file no longer names: drained, out of etcd, out of the cluster.

Then the others shut their tunnels to them (`closing`), and their machines end (`ending`). Those that are dead went
before (`dead`).
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import CORDONED_BY_US, DRAINED, changeable, is_dead, member_of, unnamed, works
from momentum.fleet.operations.control_plane import delete_node, remove_member
from momentum.fleet.outgoing import staying
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    cluster = facts.cluster
    if cluster is None or not works(facts) or not changeable(fleet, facts, known) or staying(fleet, facts, known):
        return
    for name in unnamed(fleet, cluster):
        if not is_dead(name, cluster):
            yield from _leave(name, facts, known)


def questions(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str]]:
    """(server, why none leaves) where one cannot."""
    for name in staying(fleet, facts, known):
        yield (
            name,
            "the file does not name it any more, and it cannot leave: etcd has no majority without it, or cannot be "
            "asked. No server leaves and no machine ends until the others are well; its tunnels stay",
        )


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
