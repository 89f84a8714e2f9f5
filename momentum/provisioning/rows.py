"""What was seen beside what is wanted, a row per server or record: for the terminal and for the graph's metadata.

Values are words and numbers. What was not read is None; what was looked for and is not there says "missing".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from momentum.fleet.facts import Facts, Host, Known, Machine
    from momentum.fleet.schema import DnsRecord, Fleet, Server

Row = dict[str, Any]
MISSING = "missing"


def servers(fleet: Fleet, facts: Facts, known: Known) -> list[Row]:
    """Every server of the file, then every machine of the account that no server is."""
    rows = [
        {
            "server": server.name,
            "role": server.role,
            "plan": server.plan,
            "mesh_address": str(server.mesh_address),
            "labels": _pairs(server.labels),
            **_machine(facts, known.services.get(server.name)),
        }
        for server in fleet.servers
    ]
    ours = set(known.services.values())
    nobody = {"server": "(nobody ordered it)", "role": None, "mesh_address": None, "labels": None}
    return rows + [
        nobody | {"plan": machine.plan, **_machine(facts, service)}
        for service, machine in sorted((facts.machines or {}).items())
        if service not in ours
    ]


def _machine(facts: Facts, service: str | None) -> Row:
    if facts.machines is None:
        return dict.fromkeys(("machine", "state", "address", "paid_until", "renews"))
    machine: Machine | None = facts.machines.get(service) if service else None
    if machine is None:
        return {"machine": service or MISSING, "state": MISSING, "address": None, "paid_until": None, "renews": None}
    return {
        "machine": machine.service,
        "state": ", ".join([machine.state, *(f"{task.type} {task.state}" for task in machine.tasks)]),
        "address": machine.public_ipv4,
        "paid_until": str(machine.expires) if machine.expires else None,
        "renews": "yes" if machine.renews else "no",
    }


def mesh(fleet: Fleet, facts: Facts, _: Known) -> list[Row]:
    """For every server how many of the others answer it through the tunnel."""
    return [_tunnels(server, fleet, facts) for server in fleet.servers]


def _tunnels(server: Server, fleet: Fleet, facts: Facts) -> Row:
    host = facts.hosts.get(server.name)
    others = [one for one in fleet.servers if one.name != server.name]
    row: Row = {"server": server.name, "mesh_address": str(server.mesh_address), "wanted_peers": len(others)}
    if host is None:
        return row | {"alive": None, "silent": None}
    alive = {address.split("/")[0] for peer in host.mesh_peers if peer.alive for address in peer.allowed_ips}
    silent = [one.name for one in others if str(one.mesh_address) not in alive]
    return row | {"alive": len(others) - len(silent), "silent": ", ".join(silent) or None}


def firewall(fleet: Fleet, facts: Facts, _: Known) -> list[Row]:
    """What each server opens to the outside, by the file, and whether a rule set stands on the host."""
    return [
        {
            "server": server.name,
            "open": ", ".join(
                f"{rule.name} {rule.port}/{rule.protocol}"
                for rule in fleet.firewall.open
                if rule.on.items() <= server.labels.items()
            ),
            "rules": _of(facts, server, lambda host: "there" if host.firewall else MISSING),
        }
        for server in fleet.servers
    ]


def first_server(fleet: Fleet, facts: Facts, known: Known) -> list[Row]:
    """Which cluster each server's etcd belongs to: the journal knows one, and there must be no second.

    Whose certificates a server holds (the hash of its authority) can be seen while the API server is silent.
    """
    return [
        {
            "server": server.name,
            "k3s": _of(facts, server, lambda host: host.k3s_version or MISSING),
            "etcd_on_disk": _of(facts, server, lambda host: "yes" if host.etcd_on_disk else "no"),
            "authority": _of(facts, server, lambda host: (host.cluster_id or MISSING)[:12]),
            "cluster": (facts.cluster and facts.cluster.cluster_id) or None,
            "journal_knows": known.cluster_id,
        }
        for server in fleet.servers
        if server.role == "server"
    ]


def control_plane(fleet: Fleet, facts: Facts, _: Known) -> list[Row]:
    """Nodes and etcd members of the servers."""
    members = {member.name: member for member in facts.cluster.members} if facts.cluster else {}
    rows = []
    for server in fleet.servers:
        if server.role != "server":
            continue
        # K3s names a member after its node, with a suffix of its own
        member = next((one for name, one in members.items() if _is_of(name, server.name)), None)
        health = None if facts.cluster is None else MISSING
        if member is not None:
            health = "healthy" if member.healthy else "started, not healthy" if member.started else "not started"
        rows.append(_node(server, facts) | {"etcd_member": health})
    return rows


def agents(fleet: Fleet, facts: Facts, _: Known) -> list[Row]:
    return [_node(server, facts) for server in fleet.servers if server.role == "agent"]


def _is_of(member: str, server: str) -> bool:
    return member == server or member.rpartition("-")[0] == server


def _node(server: Server, facts: Facts) -> Row:
    names = ("ready", "schedulable", "version", "labels")
    row: Row = {"server": server.name}
    if facts.cluster is None:
        return row | dict.fromkeys(names)
    node = next((one for one in facts.cluster.nodes if one.name == server.name), None)
    if node is None:
        return row | dict.fromkeys(names, MISSING)
    wanted = {key: value for key, value in node.labels.items() if key in server.labels}
    return row | {
        "ready": "yes" if node.ready else "no",
        "schedulable": "no, cordoned" if node.cordoned else "yes",
        "version": node.version,
        "labels": _pairs(wanted),
    }


def dns(fleet: Fleet, facts: Facts, known: Known) -> list[Row]:
    """Every record of the file with what the zone says."""
    if fleet.dns is None:
        return []
    rows = []
    for record in fleet.dns.records:
        found = None
        if facts.dns is not None:
            # OVH writes the zone's own name as an empty one
            name = "" if record.name == "@" else record.name
            same = [one for one in facts.dns if one.type == record.type and one.name in (name, record.name)]
            found = ", ".join(sorted(one.value for one in same)) or MISSING
        rows.append(
            {
                "record": f"{record.name}.{fleet.dns.zone}" if record.name != "@" else fleet.dns.zone,
                "type": record.type,
                "wanted": _wanted(record, fleet, facts, known),
                "found": found,
                "ttl_s": record.ttl_s,
            }
        )
    return rows


def _wanted(record: DnsRecord, fleet: Fleet, facts: Facts, known: Known) -> str:
    if record.servers is None:
        return record.value or ""
    named = [server.name for server in fleet.servers if record.servers.items() <= server.labels.items()]
    machines = facts.machines or {}
    addresses = [
        machine.public_ipv4 for name in named if (machine := machines.get(known.services.get(name, ""))) is not None
    ]
    return ", ".join(sorted(addresses) if len(addresses) == len(named) else (f"address of {name}" for name in named))


def _of(facts: Facts, server: Server, read: Callable[[Host], str]) -> str | None:
    host = facts.hosts.get(server.name)
    return None if host is None else read(host)


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
