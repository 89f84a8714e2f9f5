"""Machines of servers that the file no longer names end with their term: last of all, once they left the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import servers
from momentum.fleet.outgoing import staying
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """None while one cannot leave, or the cluster cannot be seen: the machine may still be needed."""
    if not staying(fleet, facts, known):
        yield from servers.ending(fleet, facts, known)
