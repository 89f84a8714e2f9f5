"""Tunnels and openings to servers that left: shut on the others once nobody is left who needs them."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import firewall, mesh
from momentum.fleet.outgoing import staying, with_outgoing
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """What mesh and firewall themselves plan as soon as all have left, so that a plan has it from its first look."""
    if with_outgoing(fleet, facts, known) is fleet or staying(fleet, facts, known):
        return
    yield from mesh.configurations(fleet, fleet, facts, known)
    yield from firewall.rules(fleet, fleet, facts, known)
