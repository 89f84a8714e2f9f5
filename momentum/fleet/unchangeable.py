"""What a cluster is founded with and cannot change while it lives."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet

# K3s keeps its networks and names in certificates, in etcd and in every node's pod range, and wants them the same on
# all servers; Cilium keeps its pool in every node. Hosts change one after the other, and those with the mesh's new port
# would reach none with the old one: etcd would lose its majority in between.
FOUNDED_WITH = {
    "k3s": ("pod_cidr", "service_cidr", "cluster_dns", "cluster_domain"),
    "cilium": ("ipam", "pool_cidr"),
    "mesh": ("port",),
}


def refusals(fleet: Fleet, previous: Fleet | None, lines: Lines | None) -> Iterator[FileProblem]:
    if previous is None:
        return
    for section, names in FOUNDED_WITH.items():
        for name in names:
            was, now = (getattr(getattr(one, section), name) for one in (previous, fleet))
            if was != now:
                yield problem(
                    lines,
                    f"{section}.{name}",
                    f"changes from {was or 'none'} to {now or 'none'}; a living cluster cannot change it: put it back, "
                    "or found a new one",
                )
    before = {server.name: server for server in previous.servers}
    for index, server in enumerate(fleet.servers):
        old = before.get(server.name)
        if old is None:
            continue
        if old.mesh_address != server.mesh_address:
            yield problem(
                lines,
                f"servers[{index}].mesh_address",
                f"changes from {old.mesh_address} to {server.mesh_address}; {server.name} is known to the cluster by "
                "it: put it back, or replace the machine by one of another name",
            )
        if old.role != server.role:
            yield problem(
                lines,
                f"servers[{index}].role",
                f"changes from {old.role} to {server.role}; a machine keeps its role: replace {server.name} by one of "
                "another name",
            )
