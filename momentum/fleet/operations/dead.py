"""Servers that the file no longer names and that are dead: out of etcd and the cluster before anybody joins.

etcd takes nobody in while one of its members is away, so a dead server goes before the one that comes in its place;
one that lives leaves last, after the new one bears its load (`leaving`).
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import bears_removal_of, changeable, is_dead, member_of, node_of, unnamed, works
from momentum.fleet.operations.control_plane import delete_node, remove_member
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    cluster = facts.cluster
    if cluster is None or not works(facts) or not changeable(fleet, facts, known):
        return
    why = "the file does not name it any more, and it is dead: there is nothing to drain"
    for name in unnamed(fleet, cluster):
        if not is_dead(name, cluster):
            continue
        if member_of(name, cluster) is not None:
            if not bears_removal_of(name, cluster):
                continue
            yield remove_member(name, why, facts, known)
        if node_of(name, cluster) is not None:
            yield delete_node(name, why, facts, known)
