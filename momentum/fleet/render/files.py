"""What a rendered file is, and what of the world it is rendered with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import unseen
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.selection import is_ipv4

_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")

Part = Literal["mesh", "sysctl", "firewall", "k3s", "units"]


@dataclass(frozen=True)
class RenderedFile:
    path: str
    content: str
    part: Part
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644


@dataclass(frozen=True)
class Addresses:
    """What only the world knows of the servers, by their names."""

    public_ipv4: Mapping[str, str]
    mesh_public_keys: Mapping[str, str]

    def __post_init__(self) -> None:
        """Raises ValueError: whatever a provider or a host answers ends in files of root."""
        for address in self.public_ipv4.values():
            IPv4Address(address)
        for name, key in self.mesh_public_keys.items():
            if not _KEY.fullmatch(key):
                raise ValueError(f"the mesh key of {name} is no WireGuard key: {key!r}")


def addresses_of(fleet: Fleet, facts: Facts, known: Known) -> Addresses:
    """Those that were read; of a server that cannot be seen, what all the others' tunnels to it agree on.

    So a server that is away freezes nothing of the others and finds its tunnels when it is back. Where they do not
    agree, or none has a tunnel to it, it is not known.
    """
    machines = facts.machines or {}
    addresses, keys = dict[str, str](), dict[str, str]()
    for server in fleet.servers:
        machine, host = machines.get(known.services.get(server.name, "")), facts.hosts.get(server.name)
        address, key = machine and machine.public_ipv4, host and host.mesh_public_key
        if unseen(server.name, fleet, facts, known):
            last_address, last_key = _last_known(server, facts)
            address, key = address or last_address, key or last_key
        addresses |= {server.name: address} if address else {}
        keys |= {server.name: key} if key else {}
    return Addresses(addresses, keys)


def _last_known(server: Server, facts: Facts) -> tuple[str | None, str | None]:
    """Address and key by which the others reach a server; None for what they do not agree on."""
    tunnels = [
        peer
        for host in facts.hosts.values()
        for peer in host.mesh_peers
        if peer.allowed_ips == (f"{server.mesh_address}/32",)
    ]
    addresses = {address for peer in tunnels if is_ipv4(address := peer.endpoint.rpartition(":")[0])}
    keys = {peer.public_key for peer in tunnels if _KEY.fullmatch(peer.public_key)}
    return addresses.pop() if len(addresses) == 1 else None, keys.pop() if len(keys) == 1 else None


def unknown(fleet: Fleet, addresses: Addresses, part: Part) -> list[str]:
    """What must be known before this part can be rendered and is not, each in words. Empty where nothing is missing."""
    names = [server.name for server in fleet.servers]
    missing = []
    if part in ("mesh", "firewall"):
        missing += [f"the public address of {name}" for name in names if name not in addresses.public_ipv4]
    if part == "mesh":
        missing += [f"the mesh key of {name}" for name in names if name not in addresses.mesh_public_keys]
    return missing
