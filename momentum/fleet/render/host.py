"""All files of one host."""

from __future__ import annotations

from momentum.fleet.render.files import Addresses, RenderedFile, unknown
from momentum.fleet.render.firewall import firewall_files
from momentum.fleet.render.k3s import k3s_files
from momentum.fleet.render.kernel import sysctl_files, unit_files
from momentum.fleet.render.mesh import mesh_files
from momentum.fleet.schema import Fleet, Server


def host_files(
    fleet: Fleet, server: Server, addresses: Addresses, *, founding: bool, join_via: str | None
) -> tuple[RenderedFile, ...]:
    """Those that can be rendered: a part that rests on an address or key nobody knows yet is left out.

    `unknown` says what is missing for a part. The same text for the same input, in whatever order it comes.
    """
    files = [*sysctl_files(), *unit_files()]
    if not unknown(fleet, addresses, "mesh"):
        files += mesh_files(fleet, server, addresses)
    if not unknown(fleet, addresses, "firewall"):
        files += firewall_files(fleet, server, addresses)
    if server.name in addresses.public_ipv4:
        files += k3s_files(fleet, server, addresses, founding=founding, join_via=join_via)
    return tuple(files)
