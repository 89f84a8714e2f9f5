"""WireGuard between the hosts, as wg-quick reads it.

wg-quick, and not systemd-networkd: it reads the private key from a file of the host at start, so that the text
that is rendered, compared and shown holds none; and a running tunnel is changed in place by `wg syncconf`.
"""

from __future__ import annotations

from momentum.fleet.render.files import Addresses, RenderedFile
from momentum.fleet.schema import Fleet, Server

INTERFACE = "wg-momentum"
KEY = f"/etc/wireguard/{INTERFACE}.key"


def mesh_files(fleet: Fleet, server: Server, addresses: Addresses) -> tuple[RenderedFile, ...]:
    """Every server is a peer of every other. Raises KeyError for one whose address or key is not known."""
    others = sorted((one for one in fleet.servers if one.name != server.name), key=lambda one: one.mesh_address)
    text = f"""# The mesh on {server.name}. The private key was born on this machine and never leaves it.
[Interface]
Address = {server.mesh_address}/{fleet.mesh.network.prefixlen}
ListenPort = {fleet.mesh.port}
MTU = {fleet.mesh.mtu}
PostUp = wg set %i private-key {KEY}
"""
    for other in others:
        text += f"""
# {other.name}
[Peer]
PublicKey = {addresses.mesh_public_keys[other.name]}
Endpoint = {addresses.public_ipv4[other.name]}:{fleet.mesh.port}
AllowedIPs = {other.mesh_address}/32
"""
        if fleet.mesh.keepalive_s:
            text += f"PersistentKeepalive = {fleet.mesh.keepalive_s}\n"
    return (RenderedFile(f"/etc/wireguard/{INTERFACE}.conf", text, "mesh", mode=0o600),)
