"""What of the world is not as the fleet file says: named by server and field, whatever a plan would do about it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan import AREAS
from momentum.fleet.schema import Fleet


@dataclass(frozen=True)
class Difference:
    """`server` is a server's name, or a zone's, or the service of a machine that no server is."""

    server: str
    part: str
    field: str
    wanted: str
    found: str


def drift(fleet: Fleet, facts: Facts, known: Known) -> list[Difference]:
    """Every difference in what was read; what was not read is no difference. In the order of the areas.

    An area tells them by `differences(fleet, facts, known)`, rows of these five fields, each a text.
    """
    folder = "momentum.fleet.operations"
    there = [import_module(f"{folder}.{name}") for name in AREAS if find_spec(f"{folder}.{name}")]
    told = [area.differences for area in there if hasattr(area, "differences")]
    return [Difference(*row) for rows in told for row in rows(fleet, facts, known)]
