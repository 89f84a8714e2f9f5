"""The cluster as the earlier steps of a plan leave it: the dead out, what stands still started, joined who can join.

So that a plan is whole from its first look: what etcd bears only then is planned now, and its turn comes after.
"""

from __future__ import annotations

from dataclasses import replace

from momentum.fleet.facts import Cluster, EtcdMember, Facts, Host, Known
from momentum.fleet.membership import begun, is_dead, member_of, unnamed, unseen, works
from momentum.fleet.quorum import server_names
from momentum.fleet.render.k3s import unit_of
from momentum.fleet.schema import Fleet, Server


def foreseen(fleet: Fleet, cluster: Cluster, facts: Facts, known: Known) -> Cluster:
    joining = [name for name in server_names(fleet) if _joins(name, cluster, fleet, facts, known)]
    started = {server.name for server in fleet.servers if stands_still(server, facts)}
    out = {name for name in unnamed(fleet, cluster) if is_dead(name, cluster)} | set(joining)
    stay = (member for member in cluster.members if member.name not in out)
    members = [replace(member, healthy=member.healthy or member.name in started) for member in stay]
    members += [EtcdMember("", name, "", started=True, healthy=True) for name in joining]
    return replace(cluster, members=tuple(members))


def stands_still(server: Server, facts: Facts) -> str:
    """The state of K3s's unit, where that does not run, or not after a reboot, and should; else ""."""
    host = facts.hosts.get(server.name)
    if host is None or begun(server.name, facts) or not _belongs(server, host, facts):
        return ""
    state = host.units.get(unit_of(server), "")
    return state if state.startswith(("inactive", "failed")) or state.endswith("disabled") else ""


def _belongs(server: Server, host: Host, facts: Facts) -> bool:
    """Its data is there and of use: a server's etcd, unless others have put it out; an agent's certificates."""
    if server.role == "agent":
        return host.k3s_version is not None and host.cluster_id is not None
    put_out = works(facts) and member_of(server.name, facts.cluster) is None
    return host.etcd_on_disk and not put_out


def _joins(name: str, cluster: Cluster, fleet: Fleet, facts: Facts, known: Known) -> bool:
    if unseen(name, fleet, facts, known):
        return False
    host = facts.hosts.get(name)
    return host is None or not host.etcd_on_disk or member_of(name, cluster) is None
