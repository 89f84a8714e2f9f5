"""Labels of nodes: those of the file, and without those that the file named when it was applied last.

Other labels are Kubernetes' and K3s's own and stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import changeable, lost_for_good, node_of
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if lost_for_good(fleet, facts, known) or not changeable(fleet, facts, known):
        return
    applied = _applied(known)
    for server in fleet.servers:
        node = node_of(server.name, facts.cluster)
        if node is None:  # it comes with the labels of its configuration
            continue
        there = node.labels
        wanted = {key: value for key, value in sorted(server.labels.items()) if there.get(key) != value}
        gone = sorted((applied.get(server.name, set()) - server.labels.keys()) & there.keys())
        if wanted or gone:
            yield Step(
                kind="node.label",
                target=server.name,
                reason="; ".join(
                    [f"{key} is to be {value}, is {there.get(key, 'not there')}" for key, value in wanted.items()]
                    + [f"{key} is not in the file any more" for key in gone]
                ),
                wants={"labels": wanted, "remove": gone},
                rests_on=rests_on(facts, known, "cluster:nodes"),
                changes=("cluster:nodes",),
            )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    """Of nodes that are there: labels of the file that are not on them, or say something else."""
    for server in fleet.servers:
        if node := node_of(server.name, facts.cluster):
            for key, value in sorted(server.labels.items()):
                if (found := node.labels.get(key, "not there")) != value:
                    yield server.name, "node", f"label {key}", value, found


def _applied(known: Known) -> dict[str, set[str]]:
    """Labels of each server in the file that was applied last."""
    if known.applied_fleet is None:
        return {}
    return {server["name"]: set(server.get("labels", {})) for server in json.loads(known.applied_fleet)["servers"]}
