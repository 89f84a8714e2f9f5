"""The cluster as it is: nodes by the API server, members by etcd itself on a server that has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from momentum.adapters.etcd import Etcd, EtcdError
from momentum.adapters.ssh import SshError
from momentum.errors import MomentumError
from momentum.fleet.facts import Cluster, EtcdMember, Facts, Node
from momentum.fleet.operations.etcdctl import PROGRAM
from momentum.fleet.quorum import server_names

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet
    from momentum.provisioning.cluster_access import ClusterAccess

TLS = "/var/lib/rancher/k3s/server/tls/etcd"
CERTIFICATES = {
    "--cacert": f"{TLS}/server-ca.crt",
    "--cert": f"{TLS}/server-client.crt",
    "--key": f"{TLS}/server-client.key",
}


def etcd_on(hosts: Any, server: str) -> Etcd:
    """etcd asked from one of its servers, through K3s's own certificates, which only root reads there."""

    def run(argv: Sequence[str], *, timeout_s: float) -> Any:
        return hosts.run(server, argv, sudo=True, timeout_s=timeout_s)

    return Etcd(run, ("https://127.0.0.1:2379",), CERTIFICATES, ctl=PROGRAM)


def with_etcd(fleet: Fleet, facts: Facts) -> list[str]:
    """Servers with etcd on their disk, as far as they were read."""
    return [name for name in server_names(fleet) if (host := facts.hosts.get(name)) and host.etcd_on_disk]


def read_cluster(fleet: Fleet, facts: Facts, hosts: Any, access: ClusterAccess) -> Cluster | None:
    """None where no server has etcd on its disk. Raises MomentumError where there is one that does not answer.

    Without quorum the API server answers nothing: members are told all the same, with no node.
    """
    if not (there := with_etcd(fleet, facts)):
        return None
    members, quorum = _members(hosts, facts, there)
    if not quorum:
        return Cluster("", (), named(members, fleet, ()), False)
    api = access.through(there)
    nodes = api.nodes()
    return Cluster(api.cluster_id(), nodes, named(members, fleet, nodes), True)


def _members(hosts: Any, facts: Facts, there: Sequence[str]) -> tuple[tuple[EtcdMember, ...], bool]:
    """As the first server tells that answers; one that has quorum counts before one that has none."""
    able = [name for name in there if facts.hosts[name].etcdctl_version]
    told, failed = None, [f"{name} has no etcdctl, which the plan installs" for name in there if name not in able]
    for name in able:
        etcd = etcd_on(hosts, name)
        try:
            members, quorum = etcd.members(), etcd.has_quorum()
        except (EtcdError, SshError) as error:
            failed.append(str(error))
            continue
        if quorum:
            return members, True
        told = told or members
    if told is None:
        raise MomentumError(f"no server's etcd answers: {'; '.join(failed)}")
    return told, False


def named(members: Sequence[EtcdMember], fleet: Fleet, nodes: Sequence[Node]) -> tuple[EtcdMember, ...]:
    """Each with the name of its server, by the address of its peer URL.

    K3s calls a member after its node and a random part, and one that never started has no name at all.
    """
    by_address = {node.internal_ip: node.name for node in nodes}
    by_address |= {str(server.mesh_address): server.name for server in fleet.servers}
    return tuple(
        replace(member, name=by_address.get(urlsplit(member.peer_url).hostname or "", member.name))
        for member in members
    )
