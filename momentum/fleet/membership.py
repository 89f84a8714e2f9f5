"""Who is a member of the cluster, and what may be done to it: pure decisions over the facts.

What was not read is never taken for missing: a server that does not answer is neither joined again nor replaced.
"""

from __future__ import annotations

from momentum.fleet.facts import EXPIRED, Cluster, EtcdMember, Facts, Host, Known, Node
from momentum.fleet.quorum import majority, server_names
from momentum.fleet.schema import Fleet

K3S_CHANGES = ("cluster:nodes", "cluster:members")
CORDONED_BY_US, DRAINED = "momentum/cordoned", "drained"
"""A node's label and its value: which nodes we cordoned, so that one which a person cordoned stays so."""

BEGUN = {"k3s.join": "/var/lib/momentum/k3s.joining", "k3s.rejoin": "/var/lib/momentum/k3s.rejoining"}
"""On a host from before such a step has an effect until all of it is done: K3s goes on by itself, and what the cluster
looks like meanwhile does not tell that the step is at its end."""
RESTORED = "/var/lib/momentum/k3s.restored"
"""Names the snapshot that this host's etcd was made of, until K3s runs with it: the same is not restored twice."""


def unseen(server: str, fleet: Fleet, facts: Facts, known: Known) -> bool:
    """There is such a host, and it could not be read: whatever it is, nothing may be done about it."""
    if f"host:{server}" in facts.unread or (server in known.host_keys and server not in facts.hosts):
        return True
    return bool(claims(fleet, server, facts, known))


def mark_of(fleet: Fleet, server: str) -> str:
    """The value of the tag on a server's machine."""
    return f"{fleet.name}/{server}"


def claims(fleet: Fleet, server: str, facts: Facts, known: Known) -> list[str]:
    """Machines that say they are this server while the journal knows none: it was lost, or is another operator's.

    Nothing is ordered beside them, nor is anything on them known; `adopt` takes them over.
    """
    if server in known.services:
        return []
    others = set(known.services.values())
    return sorted(
        service
        for service, machine in (facts.machines or {}).items()
        if service not in others and (machine.mark == mark_of(fleet, server) or machine.display_name == server)
    )


def just_delivered(server: str, known: Known) -> bool:
    """By an order of ours, with nothing of anybody's on it so far."""
    return any(order.server == server and order.status in ("delivered", "installing") for order in known.orders)


def lost(server: str, facts: Facts, known: Known) -> bool:
    """The journal knows its machine, and the provider has it no more, or has ended it.

    Nobody but a person can say whether it comes back (paid late, taken from the list by mistake) or another is bought.
    """
    service = known.services.get(server)
    if service is None or facts.machines is None or just_delivered(server, known):
        return False
    machine = facts.machines.get(service)
    return machine is None or machine.state == EXPIRED


def begun(server: str, facts: Facts) -> str | None:
    """The kind of the join that this host is in the midst of."""
    host = facts.hosts.get(server)
    return next((kind for kind, mark in BEGUN.items() if host and mark in host.files), None)


def joining_without_majority(fleet: Fleet, facts: Facts) -> list[str]:
    """Servers whose joins have come to etcd on their disks and that etcd now has no majority without."""
    if facts.cluster is not None and facts.cluster.has_quorum:
        return []
    return [name for name in server_names(fleet) if begun(name, facts) and facts.hosts[name].etcd_on_disk]


def member_of(server: str, cluster: Cluster | None) -> EtcdMember | None:
    return next((member for member in cluster.members if member.name == server), None) if cluster else None


def node_of(server: str, cluster: Cluster | None) -> Node | None:
    return next((node for node in cluster.nodes if node.name == server), None) if cluster else None


def founder(fleet: Fleet, facts: Facts, known: Known) -> str | None:
    """The server that may found the cluster, or None where there may be one already.

    Never once the journal knows a cluster, and never while another server has etcd on its disk, another member is
    known, or a server cannot be seen. etcd on the founder's own disk is its founding, cut short: K3s goes on with what
    is on the disk and ignores the setting that founds, so no second cluster can come of it.
    """
    servers = server_names(fleet)
    if known.cluster_id is not None or any(unseen(name, fleet, facts, known) for name in servers):
        return None
    first, *others = servers
    if any(_has_cluster(facts.hosts.get(name)) for name in others):
        return None
    members = {member.name for member in facts.cluster.members} if facts.cluster else set()
    return first if members <= {first} else None


def _has_cluster(host: Host | None) -> bool:
    return host is not None and (host.etcd_on_disk or host.cluster_id is not None)


def works(facts: Facts) -> bool:
    """The cluster was read and can write."""
    return facts.cluster is not None and facts.cluster.has_quorum


def changeable(fleet: Fleet, facts: Facts, known: Known) -> bool:
    """Whether nodes may come, go and change: the cluster works, or this very plan founds it."""
    if known.cluster_id is None:
        return founder(fleet, facts, known) is not None or works(facts)
    return works(facts) and (facts.cluster is None or facts.cluster.cluster_id == known.cluster_id)


def lost_for_good(fleet: Fleet, facts: Facts, known: Known) -> bool:
    """No majority, and none to come back: every server was seen, and most have no etcd on their disk any more.

    A cluster that only does not answer, whose data is there, is no reason for a restore: it needs its servers started.
    """
    servers = server_names(fleet)
    if known.cluster_id is None or works(facts) or not all(name in facts.hosts for name in servers):
        return False
    return sum(facts.hosts[name].etcd_on_disk for name in servers) < majority(len(servers))


def unnamed(fleet: Fleet, cluster: Cluster) -> list[str]:
    """Nodes and members that no server of the file is. A member whose node is gone already is still to be taken out."""
    there = {node.name for node in cluster.nodes} | {member.name for member in cluster.members}
    return sorted(there - {server.name for server in fleet.servers})


def is_dead(name: str, cluster: Cluster) -> bool:
    """Its node does not answer, while others do, and its etcd, if it has one, does not either."""
    node, member = node_of(name, cluster), member_of(name, cluster)
    silent = node is None or (not node.ready and any(one.ready for one in cluster.nodes))
    return silent and (member is None or not member.healthy)


def bears_loss_of(server: str, cluster: Cluster) -> bool:
    """Whether etcd keeps its majority while this server is away for a while; an agent is always borne."""
    if member_of(server, cluster) is None:
        return True
    healthy = [member for member in cluster.members if member.healthy and member.name != server]
    return len(cluster.members) == 1 or len(healthy) >= majority(len(cluster.members))


def bears_removal_of(server: str, cluster: Cluster) -> bool:
    """Whether the members that stay are enough among themselves; the last member never goes."""
    stay = [member for member in cluster.members if member.name != server]
    return bool(stay) and sum(member.healthy for member in stay) >= majority(len(stay))
