"""What of the world is not as the fleet file says: named by server and field, whatever a plan would do about it."""

from __future__ import annotations

from dataclasses import dataclass

from momentum.fleet import cluster_drift
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import base, dns, etcdctl, firewall, k3s_config, keys, labels, mesh, servers
from momentum.fleet.schema import Fleet

# Those of momentum.fleet.operations that compare, in the order in which they are done.
AREAS = (servers, keys, base, mesh, firewall, etcdctl, k3s_config, labels, dns)


@dataclass(frozen=True)
class Difference:
    """`server` is a server's name, or that of what stands in its place: a zone, a machine, a node, "cluster"."""

    server: str
    part: str
    field: str
    wanted: str
    found: str


def drift(fleet: Fleet, facts: Facts, known: Known) -> list[Difference]:
    """Every difference in what was read; what was not read is no difference. By area, the cluster last.

    An area tells them by `differences(fleet, facts, known)`, rows of these five fields, each a text.
    """
    told = (area.differences(fleet, facts, known) for area in (*AREAS, cluster_drift))
    return [Difference(*row) for rows in told for row in rows]
