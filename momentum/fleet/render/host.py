"""All files of one host."""

from __future__ import annotations

from momentum.errors import MomentumError
from momentum.fleet.render.files import Addresses, RenderedFile, unknown
from momentum.fleet.render.firewall import firewall_files
from momentum.fleet.render.k3s import k3s_files
from momentum.fleet.render.kernel import sysctl_files, unit_files
from momentum.fleet.render.mesh import mesh_files
from momentum.fleet.schema import Fleet, Server


def host_files(
    fleet: Fleet,
    server: Server,
    addresses: Addresses,
    *,
    founding: bool,
    join_via: str | None,
    tunnels: Fleet | None = None,
) -> tuple[RenderedFile, ...]:
    """The same text for the same input, in whatever order it comes. `tunnels`: the fleet and those that are to leave.

    Raises MomentumError, which names the server, where an address or a key is not known.
    """
    tunnels = tunnels or fleet
    if missing := unknown(tunnels, addresses, "mesh"):
        raise MomentumError(f"the files of {server.name} cannot be made: {', '.join(missing)} is not known")
    return (
        *sysctl_files(),
        *unit_files(),
        *mesh_files(tunnels, server, addresses),
        *firewall_files(tunnels, server, addresses),
        *k3s_files(fleet, server, addresses, founding=founding, join_via=join_via),
    )
