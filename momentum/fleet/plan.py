"""The plan: every area's steps, in the order in which they are done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from momentum.fleet.fact_hash import fact
from momentum.fleet.facts import Facts, Known
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan, Step, digest

Steps = Callable[[Fleet, Facts, Known], Iterable[Step]]

# In the order of execution. Each is a module of momentum.fleet.operations with `steps`.
AREAS = (
    "servers",
    "keys",
    "base",
    "mesh",
    "firewall",
    "first_server",
    "control_plane",
    "agents",
    "labels",
    "upgrade",
    "dns",
    "leaving",
)


def fleet_hash(fleet: Fleet) -> str:
    """The same for every file that says the same, whatever its comments and order of keys."""
    return digest(fleet.model_dump(mode="json"))[:16]


def areas() -> dict[str, Steps]:
    folder = "momentum.fleet.operations"
    there = [name for name in AREAS if find_spec(f"{folder}.{name}")]
    return {name: import_module(f"{folder}.{name}").steps for name in there}


def plan(fleet: Fleet, facts: Facts, known: Known, areas: Mapping[str, Steps] | None = None) -> Plan:
    """What is to be done, nothing where all is as the fleet says.

    Empty as well, with the reason in `unread`, where the machines were not read: what is not seen is not missing.
    Raises ValueError when two steps have one id.
    """
    if facts.machines is None:
        return Plan(fleet_hash(fleet), (), {"machines": "not connected", **facts.unread})
    joined = areas if areas is not None else globals()["areas"]()
    steps = tuple(step for area in joined.values() for step in area(fleet, facts, known))
    if twice := [id for id, count in Counter(step.id for step in steps).items() if count > 1]:
        raise ValueError(f"two steps are one and the same: {', '.join(twice)}")
    return Plan(fleet_hash(fleet), steps, dict(facts.unread))


def basis(plan: Plan, facts: Facts, known: Known) -> dict[str, Any]:
    """The facts themselves that the plan's steps rest on, by name: kept beside it, they name later differences."""
    return {name: fact(facts, known, name) for step in plan.steps for name in step.rests_on}
