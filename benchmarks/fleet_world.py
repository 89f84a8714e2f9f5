"""What would be read of a fleet in which all is as its file says: machines, hosts, cluster and zone, of any size."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from momentum.fleet.facts import (
    Cluster,
    DnsRecordFact,
    EtcdMember,
    Facts,
    FileFact,
    Host,
    Known,
    Machine,
    Node,
    PeerFact,
)
from momentum.fleet.operations import mesh
from momentum.fleet.operations.dns import record_sets, resolved
from momentum.fleet.operations.etcdctl import VERSION
from momentum.fleet.operations.servers import mark_of
from momentum.fleet.render import Addresses, host_files
from momentum.fleet.render.firewall import PATH as RULES
from momentum.fleet.render.firewall import UNIT
from momentum.fleet.render.k3s import unit_of
from momentum.fleet.render.kernel import SETTINGS
from momentum.fleet.schema import Fleet, Server

CLUSTER = "the cluster"


def world_of(fleet: Fleet) -> tuple[Facts, Known]:
    """Facts that no step and no difference follows from, and what the journal would know of them."""
    addresses = Addresses(
        public_ipv4={server.name: f"198.51.{n // 250}.{n % 250 + 1}" for n, server in enumerate(fleet.servers)},
        mesh_public_keys={server.name: f"{f'KEY{n}':A<43}=" for n, server in enumerate(fleet.servers)},
    )
    known = Known(
        services={server.name: f"vps-{server.name}" for server in fleet.servers},
        host_keys={server.name: f"host key of {server.name}" for server in fleet.servers},
        cluster_id=CLUSTER,
    )
    facts = Facts(
        machines={known.services[one.name]: _machine(fleet, one, known, addresses) for one in fleet.servers},
        hosts={server.name: _host(fleet, server, known, addresses) for server in fleet.servers},
        cluster=_cluster(fleet),
    )
    records = [
        (wants["name"], wants["type"], value, ttl_s)
        for wants in record_sets(fleet).values()
        for value, ttl_s in resolved(wants, facts, known) or ()
    ]
    return replace(facts, dns=tuple(DnsRecordFact(number, *one) for number, one in enumerate(records))), known


def _machine(fleet: Fleet, server: Server, known: Known, addresses: Addresses) -> Machine:
    return Machine(
        service=known.services[server.name],
        display_name=server.name,
        plan=server.plan,
        datacenter=fleet.provider.datacenter,
        state="running",
        image=fleet.provider.image,
        public_ipv4=addresses.public_ipv4[server.name],
        expires=None,
        renews=True,
        renew_months=fleet.provider.term_months,
        mark=mark_of(fleet, server.name),
    )


def _host(fleet: Fleet, server: Server, known: Known, addresses: Addresses) -> Host:
    join_via = next(str(one.mesh_address) for one in fleet.servers if one.name != server.name)
    files = host_files(fleet, server, addresses, founding=False, join_via=join_via)
    sums = {file.path: hashlib.sha256(file.content.encode()).hexdigest() for file in files}
    keys, is_server = addresses.mesh_public_keys, server.role == "server"
    return Host(
        host_key=known.host_keys[server.name],
        files={file.path: FileFact(sums[file.path], file.owner, file.mode) for file in files},
        sysctl=dict(SETTINGS),
        mesh_public_key=keys[server.name],
        mesh_peers=tuple(
            PeerFact(keys[one.name], f"{addresses.public_ipv4[one.name]}:51820", (f"{one.mesh_address}/32",), True)
            for one in fleet.servers
            if one.name != server.name
        ),
        firewall=sums[RULES],
        authorized_keys=tuple(sorted(" ".join(key.public_key.split()[:2]) for key in fleet.ssh.keys)),
        units={mesh.UNIT: "active", UNIT: "active", unit_of(server): "active"},
        k3s_version=fleet.k3s.version,
        etcd_on_disk=is_server,
        cluster_id=CLUSTER,
        reboot_needed=False,
        clock_offset_s=0.0,
        etcdctl_version=VERSION if is_server else None,
    )


def _cluster(fleet: Fleet) -> Cluster:
    nodes = tuple(
        Node(one.name, True, False, dict(one.labels), fleet.k3s.version, str(one.mesh_address)) for one in fleet.servers
    )
    members = tuple(
        EtcdMember(f"id-{one.name}", one.name, f"https://{one.mesh_address}:2380", True, True)
        for one in fleet.servers
        if one.role == "server"
    )
    return Cluster(CLUSTER, nodes, members, True)
