"""Agents: joined after the servers, again where their disk was wiped."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import begun, changeable, lost_for_good, node_of, unseen
from momentum.fleet.operations.control_plane import delete_node
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if lost_for_good(fleet, facts, known) or not changeable(fleet, facts, known):
        return
    for server in fleet.servers:
        if server.role != "agent" or unseen(server.name, fleet, facts, known):
            continue
        host, node = facts.hosts.get(server.name), node_of(server.name, facts.cluster)
        installed = host is not None and host.k3s_version is not None
        joining = begun(server.name, facts) is not None
        if installed and node is not None and not joining:
            continue
        if node is not None and not joining:
            yield delete_node(
                server.name, "its disk was wiped: K3s would refuse it under the old password", facts, known
            )
        yield Step(
            kind="k3s.join",
            target=server.name,
            reason=_why(node is not None, joining),
            risk="restart",
            wants={"version": fleet.k3s.version, "role": "agent"},
            rests_on=rests_on(facts, known, "known:cluster_id", f"host:{server.name}:k3s"),
            changes=(f"host:{server.name}:k3s", f"host:{server.name}:files", "cluster:nodes"),
        )


def _why(is_node: bool, joining: bool) -> str:
    if joining:
        return "its join was begun and is not at its end"
    return "K3s is not on its disk any more" if is_node else "it is no node of the cluster"
