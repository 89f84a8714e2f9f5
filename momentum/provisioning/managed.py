"""What of a host is ours, taken from the files that are rendered for it: paths, kernel settings, names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from momentum.fleet.render import RenderedFile
    from momentum.fleet.schema import Fleet, Server

_SETTING = re.compile(r"^\s*([a-z0-9_.-]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
_WG_SETTING = re.compile(r"^\s*(PublicKey|AllowedIPs)\s*=\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_TABLE = re.compile(r"^(?:add )?table (?P<table>\w+ \w+)", re.MULTILINE)
_KEY = re.compile(r"\bprivate-key (/\S+)")

# Stand for what is not known yet; what holds one of them is compared by path only, and never written to a host.
NO_KEY, NO_ADDRESS = "A" * 43 + "=", "192.0.2.1"


@dataclass(frozen=True)
class Managed:
    """`files` are as rendered; the properties are None or empty where no such file is rendered."""

    files: tuple[RenderedFile, ...]

    def of(self, part: str) -> tuple[RenderedFile, ...]:
        return tuple(file for file in self.files if file.part == part)

    @cached_property
    def sysctls(self) -> dict[str, str]:
        text = "\n".join(file.content for file in self.of("sysctl"))
        return {key: " ".join(value.split()) for key, value in _SETTING.findall(text)}

    @cached_property
    def mesh_file(self) -> RenderedFile | None:
        return next((file for file in self.of("mesh") if file.path.endswith(".conf")), None)

    @cached_property
    def interface(self) -> str | None:
        return None if self.mesh_file is None else PurePosixPath(self.mesh_file.path).stem

    @cached_property
    def mesh_key(self) -> str | None:
        """Where the private key lies on the host, as the mesh's file says."""
        if self.mesh_file is None:
            return None
        found = _KEY.search(self.mesh_file.content)
        return found[1] if found else f"/etc/wireguard/{self.interface}.key"

    @cached_property
    def peers(self) -> dict[str, set[str]]:
        """Networks that go to each peer, by its public key."""
        _, *sections = (self.mesh_file.content if self.mesh_file else "").split("[Peer]")
        settings = [{key.lower(): value for key, value in _WG_SETTING.findall(section)} for section in sections]
        return {one["publickey"]: set(re.split(r"[,\s]+", one["allowedips"])) for one in settings}

    @cached_property
    def rules_file(self) -> RenderedFile | None:
        return next((file for file in self.of("firewall") if _TABLE.search(file.content)), None)

    @cached_property
    def table(self) -> str | None:
        """Family and name of our table of nftables."""
        found = self.rules_file and _TABLE.search(self.rules_file.content)
        return found["table"] if found else None

    @cached_property
    def units(self) -> tuple[str, ...]:
        names = {
            PurePosixPath(file.path).name
            for file in self.files
            if file.path.startswith("/etc/systemd/system/") and file.path.endswith((".service", ".timer"))
        }
        if self.interface:
            names.add(f"wg-quick@{self.interface}.service")
        return tuple(sorted(names | {"k3s.service", "k3s-agent.service"}))


def managed(files: Iterable[RenderedFile]) -> Managed:
    return Managed(tuple(files))


def expected(fleet: Fleet, server: Server) -> Managed:
    """Which files a host of this fleet has, before anything is known of it: addresses in them are placeholders."""
    from momentum.fleet.render import Addresses, host_files

    names = [one.name for one in fleet.servers]
    nowhere = Addresses(dict.fromkeys(names, NO_ADDRESS), dict.fromkeys(names, NO_KEY))
    return managed(host_files(fleet, server, nowhere, founding=False, join_via=NO_ADDRESS))
