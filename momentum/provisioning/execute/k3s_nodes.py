"""The cluster as its servers tell it now: who can be joined through, which node runs what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from momentum.adapters.kubernetes import ClusterError
from momentum.errors import MomentumError
from momentum.fleet.quorum import server_names
from momentum.provisioning.execute.k3s_host import living, unready
from momentum.provisioning.rendered import server_of

if TYPE_CHECKING:
    from momentum.provisioning.outside import Outside


def via_for(outside: Outside, server: str) -> str:
    others = [name for name in server_names(outside.fleet) if name != server]
    if (name := living(outside, others)) is None:
        raise MomentumError(f"{server}: no other server's Kubernetes is ready, so there is none to join through")
    return name


def not_ready(outside: Outside, server: str, via: str, version: str) -> str:
    """What is missing; empty when the server is a node of this version, and ready where any node can be.

    While no other node is ready either, the network's part of the cluster is not there yet and none can be.
    """
    if server_of(outside.fleet, server).role == "server" and (why := unready(outside, server)):
        return why
    nodes, why = _nodes(outside, via)
    if server not in nodes:
        return why or "it is not among the nodes"
    there, ready = nodes[server]
    if there != version:
        return f"it still runs {there}"
    any_other = any(state for name, (_, state) in nodes.items() if name != server)
    return "its node is not ready" if any_other and not ready else ""


def version_of(outside: Outside, server: str, via: str) -> str:
    return _nodes(outside, via)[0].get(server, ("", False))[0]


def _nodes(outside: Outside, via: str) -> tuple[dict[str, tuple[str, bool]], str]:
    """Version and readiness of each node, and why they could not be read."""
    try:
        return {node.name: (node.version, node.ready) for node in outside.cluster.through([via]).nodes()}, ""
    except ClusterError as error:
        return {}, str(error)
