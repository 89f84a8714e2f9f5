"""What a rendered file is, and what of the world it is rendered with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from momentum.fleet.facts import Facts, Known
from momentum.fleet.schema import Fleet

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
    """Those that were read; a server that was not seen is not in them."""
    machines = facts.machines or {}
    return Addresses(
        public_ipv4={
            server.name: machines[known.services[server.name]].public_ipv4
            for server in fleet.servers
            if known.services.get(server.name) in machines
        },
        mesh_public_keys={name: host.mesh_public_key for name, host in facts.hosts.items() if host.mesh_public_key},
    )


def unknown(fleet: Fleet, addresses: Addresses, part: Part) -> list[str]:
    """What must be known before this part can be rendered and is not, each in words. Empty where nothing is missing."""
    names = [server.name for server in fleet.servers]
    missing = []
    if part in ("mesh", "firewall"):
        missing += [f"the public address of {name}" for name in names if name not in addresses.public_ipv4]
    if part == "mesh":
        missing += [f"the mesh key of {name}" for name in names if name not in addresses.mesh_public_keys]
    return missing
