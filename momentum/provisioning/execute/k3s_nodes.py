"""The cluster as its servers tell it now: who can be joined through, which node runs what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from momentum.adapters.kubernetes import ClusterError
from momentum.errors import MomentumError
from momentum.fleet.quorum import server_names
from momentum.fleet.render.compare import sha256_of
from momentum.fleet.render.k3s import PATH_JOIN, join_file
from momentum.provisioning.execute.k3s_host import living, unready
from momentum.provisioning.rendered import host_of, put, server_of

if TYPE_CHECKING:
    from momentum.provisioning.outside import Outside, Progress


def via_for(outside: Outside, server: str) -> str:
    others = [name for name in server_names(outside.fleet) if name != server]
    if (name := living(outside, others)) is None:
        raise MomentumError(f"{server}: no other server's Kubernetes is ready, so there is none to join through")
    return name


def can_come_in(outside: Outside, name: str, say: Progress) -> None:
    """An agent reads at each start through which server it comes in, so that must be one of the fleet's.

    A server, with etcd on its disk, does not read it.
    """
    if server_of(outside.fleet, name).role != "agent":
        return
    addresses = [str(server_of(outside.fleet, one).mesh_address) for one in server_names(outside.fleet)]
    there = host_of(outside, name).files.get(PATH_JOIN)
    if there is None or there.sha256 not in {sha256_of(join_file(address)) for address in addresses}:
        via = server_of(outside.fleet, via_for(outside, name))
        put(outside.hosts, name, [join_file(str(via.mesh_address))])
        say(f"wrote {PATH_JOIN}: it comes in through {via.name}")


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
