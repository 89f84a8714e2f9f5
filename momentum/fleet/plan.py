"""The plan: every area's steps, in the order in which they are done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from momentum.fleet.fact_hash import fact
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import (
    agents,
    base,
    closing,
    control_plane,
    dead,
    dns,
    ending,
    etcdctl,
    firewall,
    first_server,
    k3s_config,
    keys,
    labels,
    leaving,
    mesh,
    servers,
    stopped,
    upgrade,
)
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan, Step, digest

Steps = Callable[[Fleet, Facts, Known], Iterable[Step]]

# In the order of execution.
AREAS: Mapping[str, Steps] = {
    "servers": servers.steps,
    "keys": keys.steps,
    "base": base.steps,
    "mesh": mesh.steps,
    "firewall": firewall.steps,
    "etcdctl": etcdctl.steps,
    "stopped": stopped.steps,
    "first_server": first_server.steps,
    "dead": dead.steps,
    "control_plane": control_plane.steps,
    "agents": agents.steps,
    "labels": labels.steps,
    "k3s_config": k3s_config.steps,
    "upgrade": upgrade.steps,
    "dns": dns.steps,
    "leaving": leaving.steps,
    "closing": closing.steps,
    "ending": ending.steps,
}


# Areas in which something may be for a person to decide before anything is planned.
_ASKING = (servers, leaving, mesh, firewall, upgrade)


def fleet_hash(fleet: Fleet) -> str:
    """The same for every file that says the same, whatever its comments and order of keys."""
    return digest(fleet.model_dump(mode="json"))[:16]


def plan(fleet: Fleet, facts: Facts, known: Known, areas: Mapping[str, Steps] = AREAS) -> Plan:
    """What is to be done, nothing where all is as the fleet says.

    Empty as well, with the reason in `unread`, where the machines were not read: what is not seen is not missing.
    Raises ValueError when two steps have one id.
    """
    if facts.machines is None:
        return Plan(fleet_hash(fleet), (), {"machines": "not connected", **facts.unread})
    steps = tuple(step for area in areas.values() for step in area(fleet, facts, known))
    if twice := [id for id, count in Counter(step.id for step in steps).items() if count > 1]:
        raise ValueError(f"two steps are one and the same: {', '.join(twice)}")
    return Plan(fleet_hash(fleet), steps, dict(facts.unread), _questions(fleet, facts, known))


def _questions(fleet: Fleet, facts: Facts, known: Known) -> dict[str, str]:
    asked: dict[str, str] = {}
    for area in _ASKING:
        for name, question in area.questions(fleet, facts, known):
            asked[name] = f"{asked[name]}. {question}" if name in asked else question
    return asked


def basis(plan: Plan, facts: Facts, known: Known) -> dict[str, Any]:
    """The facts themselves that the plan's steps rest on, by name: kept beside it, they name later differences."""
    return {name: fact(facts, known, name) for step in plan.steps for name in step.rests_on}
