"""What of the cluster is not as the file and the journal say: only told; other areas do something about it.

Without quorum the API server answers nothing, so nothing is said of nodes then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from momentum.fleet.facts import Cluster, Facts, Known, Node
from momentum.fleet.membership import CORDONED_BY_US, member_of, node_of
from momentum.fleet.quorum import majority, server_names
from momentum.fleet.schema import Fleet, Server

Row = tuple[str, str, str, str, str]


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Row]:
    """(server, part, field, wanted, found): which cluster it is, then etcd's members, then nodes."""
    yield from _identity(fleet, facts, known)
    if facts.cluster is not None:
        yield from _members(fleet, facts.cluster)
        yield from _nodes(fleet, facts.cluster)


def _identity(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Row]:
    """The cluster's id against the journal's; and of which cluster the data on each server is."""
    found = facts.cluster.cluster_id if facts.cluster else ""
    if found and found != known.cluster_id:
        yield "cluster", "cluster", "id", known.cluster_id or "one that the journal knows", found
    servers = {name: facts.hosts[name] for name in server_names(fleet) if name in facts.hosts}
    there = {name: host for name, host in servers.items() if host.etcd_on_disk}
    if known.cluster_id and not there and len(servers) == len(server_names(fleet)):
        yield "cluster", "cluster", "id", known.cluster_id, "no server has etcd on its disk"
    authorities = {name: host.cluster_id for name, host in there.items() if host.cluster_id}
    if authorities:
        [(ours, _)] = Counter(authorities.values()).most_common(1)
        for name, authority in authorities.items():
            if authority != ours:
                yield name, "cluster", "certificate authority", f"{ours[:12]}, as on the others", authority[:12]


def _members(fleet: Fleet, cluster: Cluster) -> Iterator[Row]:
    names = server_names(fleet)
    if not cluster.has_quorum:
        healthy = sum(member.healthy for member in cluster.members)
        needed = f"{majority(len(cluster.members))} of {len(cluster.members)} members"
        yield "cluster", "member", "quorum", needed, f"lost: {healthy} healthy"
    for name in names:
        member = member_of(name, cluster)
        if member is None:
            yield name, "member", "of etcd", "a member", "none"
        elif not member.healthy:
            yield name, "member", "health", "healthy", "not healthy" if member.started else "never started"
    for member in cluster.members:
        if member.name not in names:
            found = f"member {member.id} at {member.peer_url or 'no address'}"
            yield member.name or member.id, "member", "of etcd", "none: the file has no such server", found


def _nodes(fleet: Fleet, cluster: Cluster) -> Iterator[Row]:
    if not cluster.has_quorum:
        return
    for server in fleet.servers:
        if (node := node_of(server.name, cluster)) is None:
            yield server.name, "node", "of the cluster", "a node", "none"
        else:
            yield from _unlike(fleet, server, node, cluster)
    names = {server.name for server in fleet.servers}
    for node in cluster.nodes:
        if node.name not in names:
            found = f"a node, {'ready' if node.ready else 'not ready'}, at {node.internal_ip or 'no address'}"
            yield node.name, "node", "of the cluster", "none: the file has no such server", found


def _unlike(fleet: Fleet, server: Server, node: Node, cluster: Cluster) -> Iterator[Row]:
    # before the network's part of the cluster is there none can be ready
    if not node.ready and any(one.ready for one in cluster.nodes):
        yield server.name, "node", "state", "ready", "not ready"
    if node.cordoned and CORDONED_BY_US not in node.labels:
        yield server.name, "node", "scheduling", "open to pods", "cordoned by hand"
    if node.version != fleet.k3s.version:
        yield server.name, "node", "version", fleet.k3s.version, node.version
    if node.internal_ip != str(server.mesh_address):
        yield server.name, "node", "address", str(server.mesh_address), node.internal_ip or "none"
