"""Servers that the file no longer names and that have not left the cluster yet: the others keep their tunnels to them.

Who is shut out of the mesh cannot be drained, and etcd misses a member that it still counts. So they leave first, and
only when all have left are the tunnels to them shut (`operations.closing`).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Interface

from momentum.fleet.facts import Facts, Known, Machine
from momentum.fleet.membership import bears_removal_of, changeable, is_dead, member_of, unnamed, works
from momentum.fleet.schema import Fleet, Server


def with_outgoing(fleet: Fleet, facts: Facts, known: Known) -> Fleet:
    """The fleet as mesh and firewall are to be for now; the file's own where nobody is about to leave."""
    return _with(fleet, outgoing(fleet, facts, known), facts, known)


def with_named(fleet: Fleet, names: Collection[str], facts: Facts, known: Known) -> Fleet:
    """The fleet and those of `names` that it does not name."""
    there = {server.name for server in fleet.servers}
    return _with(fleet, [name for name in names if name not in there], facts, known)


def outgoing(fleet: Fleet, facts: Facts, known: Known) -> list[str]:
    """All that go, also those that have left while another has not: their tunnels are shut together."""
    return list(_machines(fleet, facts, known)) if _some_are_in(fleet, facts, known) else []


def staying(fleet: Fleet, facts: Facts, known: Known) -> list[str]:
    """Those that cannot go now, because etcd has no majority without them, or nobody can see it. None goes then."""
    if facts.cluster is None or not works(facts) or not changeable(fleet, facts, known):
        return outgoing(fleet, facts, known)
    cluster = facts.cluster
    return [
        name for name in unnamed(fleet, cluster) if member_of(name, cluster) and not bears_removal_of(name, cluster)
    ]


def _some_are_in(fleet: Fleet, facts: Facts, known: Known) -> bool:
    cluster = facts.cluster
    if cluster is None or not works(facts) or not changeable(fleet, facts, known):
        return cluster is not None or known.cluster_id is not None
    return any(not is_dead(name, cluster) for name in unnamed(fleet, cluster))


def _machines(fleet: Fleet, facts: Facts, known: Known) -> dict[str, Machine]:
    """Of servers that the file does not name and whose term was not ended yet."""
    there, machines = {server.name for server in fleet.servers}, facts.machines or {}
    ours = {name: machines.get(service) for name, service in sorted(known.services.items()) if name not in there}
    return {name: machine for name, machine in ours.items() if machine is not None and machine.renews}


def _with(fleet: Fleet, names: Collection[str], facts: Facts, known: Known) -> Fleet:
    machines = _machines(fleet, facts, known)
    more = [_server(name, machines[name], facts) for name in names if name in machines]
    found = [server for server in more if server is not None]
    return fleet.model_copy(update={"servers": (*fleet.servers, *found)}) if found else fleet


def _server(name: str, machine: Machine, facts: Facts) -> Server | None:
    """By the tunnels that lead to its machine; None where there is none, which then is nothing to keep."""
    addresses = {
        peer.allowed_ips
        for host in facts.hosts.values()
        for peer in host.mesh_peers
        if peer.endpoint.rpartition(":")[0] == machine.public_ipv4
    }
    if len(addresses) != 1 or len(networks := addresses.pop()) != 1:
        return None
    return Server(name=name, role="agent", plan=machine.plan, mesh_address=IPv4Interface(networks[0]).ip)
