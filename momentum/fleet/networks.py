"""Addresses: networks that must not overlap, addresses that must lie inside them, ports, and the one MTU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet

# Cilium's own pool where ipam is cluster-pool and none is named: it would swallow every 10.x network.
CILIUM_DEFAULT_POOL = IPv4Network("10.0.0.0/8")
# K3s gives each node a /24 of the pod network.
NODE_PREFIX = 24
# kube-apiserver takes at most 20 bits of service addresses.
SHORTEST_SERVICE_PREFIX = 12

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))

LINK_MTU = 1500
WIREGUARD_BYTES_IPV4 = 60
VXLAN_BYTES = 50
CILIUM_WIREGUARD_BYTES = 95


@dataclass(frozen=True)
class Mtu:
    """The one setting and what follows from it, in bytes.

    `mesh` is the MTU of the hosts' WireGuard interface and the Helm value `MTU` of Cilium, which names the network
    underneath; Cilium takes `overlay` and `encryption` off by itself, and `pod` is what a pod must end up with.
    """

    mesh: int
    overlay: int
    encryption: int

    @property
    def pod(self) -> int:
        return self.mesh - self.overlay - self.encryption

    @property
    def explained(self) -> str:
        parts = [f"{self.mesh} (mesh)"]
        parts += [f"{self.overlay} (VXLAN)"] if self.overlay else []
        parts += [f"{self.encryption} (Cilium's WireGuard)"] if self.encryption else []
        return f"{' - '.join(parts)} = {self.pod}"


def mtu(fleet: Fleet) -> Mtu:
    """Cilium's encryption costs 95 bytes (cilium #37919), VXLAN 50: 1420 - 50 - 95 = 1275 by default."""
    return Mtu(
        mesh=fleet.mesh.mtu,
        overlay=VXLAN_BYTES if fleet.cilium.tunnel == "vxlan" else 0,
        encryption=CILIUM_WIREGUARD_BYTES if fleet.cilium.wireguard else 0,
    )


def named_networks(fleet: Fleet) -> dict[str, IPv4Network]:
    """Every network of the fleet by the key that names it. Cilium's pool is one only where Cilium hands out of it."""
    networks = {
        "mesh.network": fleet.mesh.network,
        "k3s.pod_cidr": fleet.k3s.pod_cidr,
        "k3s.service_cidr": fleet.k3s.service_cidr,
    }
    if fleet.cilium.ipam == "cluster-pool":
        networks["cilium.pool_cidr"] = fleet.cilium.pool_cidr or CILIUM_DEFAULT_POOL
    return networks


def refusals(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    yield from _networks(fleet, lines)
    yield from _sizes(fleet, lines)
    yield from _mesh_addresses(fleet, lines)
    yield from _cluster_dns(fleet, lines)
    yield from _ports(fleet, lines)
    if fleet.cilium.tunnel == "none" and not fleet.cilium.wireguard:
        yield problem(
            lines,
            "cilium.tunnel",
            "is none, and so is Cilium's encryption: the mesh carries the machines' own addresses only, so pods of "
            "two machines could not talk; use vxlan",
        )
    largest = LINK_MTU - WIREGUARD_BYTES_IPV4
    if fleet.mesh.mtu > largest:
        yield problem(
            lines,
            "mesh.mtu",
            f"is {fleet.mesh.mtu}, but WireGuard takes {WIREGUARD_BYTES_IPV4} bytes of the link's {LINK_MTU}: "
            f"at most {largest}, and 1420 where a peer may be reached over IPv6",
        )


def _networks(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    networks = named_networks(fleet)
    for key, network in networks.items():
        if not any(network.subnet_of(private) for private in _PRIVATE):
            yield problem(lines, key, f"is {network}, which is not a private network (10/8, 172.16/12, 192.168/16)")
    for (key, network), (other_key, other) in combinations(networks.items(), 2):
        if network.overlaps(other):
            default = other_key == "cilium.pool_cidr" and fleet.cilium.pool_cidr is None
            what = f"{other_key} {other}, Cilium's default pool," if default else f"{other_key} {other}"
            way_out = "; use ipam: kubernetes, or name a pool" if default else ""
            yield problem(
                lines, other_key if default else key, f"overlaps: {key} {network} and {what} share addresses{way_out}"
            )
    if fleet.cilium.ipam == "kubernetes" and fleet.cilium.pool_cidr is not None:
        yield problem(lines, "cilium.pool_cidr", "has no effect with ipam: kubernetes, which uses k3s.pod_cidr")


def _sizes(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    pods, nodes = fleet.k3s.pod_cidr, len(fleet.servers)
    room = 2 ** (NODE_PREFIX - pods.prefixlen) if pods.prefixlen <= NODE_PREFIX else 0
    if nodes > room:
        yield problem(
            lines, "k3s.pod_cidr", f"is {pods}: room for {room} machines of a /{NODE_PREFIX} each, the file has {nodes}"
        )
    if fleet.k3s.service_cidr.prefixlen < SHORTEST_SERVICE_PREFIX:
        yield problem(
            lines,
            "k3s.service_cidr",
            f"is {fleet.k3s.service_cidr}; the API server takes no network larger than a /{SHORTEST_SERVICE_PREFIX}",
        )


def _mesh_addresses(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    network, holders = fleet.mesh.network, dict[IPv4Address, str]()
    for index, server in enumerate(fleet.servers):
        key, address = f"servers[{index}].mesh_address", server.mesh_address
        if address not in network:
            yield problem(lines, key, f"is {address}, outside of mesh.network {network}")
        elif address in (network.network_address, network.broadcast_address):
            yield problem(lines, key, f"is {address}, which names the network {network} itself or everybody in it")
        if address in holders:
            yield problem(lines, key, f"is {address}, which {holders[address]} has already")
        holders.setdefault(address, server.name)


def _cluster_dns(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    dns, services = fleet.k3s.cluster_dns, fleet.k3s.service_cidr
    if dns not in services:
        yield problem(lines, "k3s.cluster_dns", f"is {dns}, outside of k3s.service_cidr {services}")
    elif int(dns) == int(services.network_address) + 1:
        yield problem(lines, "k3s.cluster_dns", f"is {dns}, the first service address, which the API server takes")
    elif dns in (services.network_address, services.broadcast_address):
        yield problem(lines, "k3s.cluster_dns", f"is {dns}, an end of k3s.service_cidr {services}")


def _ports(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    """The mesh, Cilium's encryption and its tunnel listen on UDP of the same host."""
    ports = {"mesh.port": fleet.mesh.port}
    if fleet.cilium.wireguard:
        ports["cilium.wireguard_port"] = fleet.cilium.wireguard_port
    if fleet.cilium.tunnel == "vxlan":
        ports["cilium.tunnel_port"] = fleet.cilium.tunnel_port
    for (key, port), (other_key, other) in combinations(ports.items(), 2):
        if port == other:
            yield problem(lines, other_key, f"is {other}, the UDP port of {key} on the same machine")
