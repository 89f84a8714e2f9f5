"""The mesh on one host: its key is born there, its configuration follows the keys of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum.fleet.operations.base import CLOCK_TOLERANCE_S
from momentum.provisioning.managed import expected
from momentum.provisioning.rendered import HAVE, host_of, rendered, server_of, write

if TYPE_CHECKING:
    from momentum.fleet.facts import Host
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

# cat tells of a full disk, wg does not.
_BORN = (
    "set -eu\n"
    + HAVE % {"program": "wg", "package": "wireguard-tools"}
    + """umask 077
key=$1
mkdir -p "$(dirname "$key")"
if [ ! -s "$key" ]; then
  trap 'rm -f "$key.new"' EXIT
  wg genkey | cat >"$key.new"
  [ -s "$key.new" ]
  sync "$key.new"
  mv "$key.new" "$key"
fi
wg pubkey <"$key"
"""
)

# A running mesh is changed in place, tunnels that stay keep running. The key never is an argument of a command, and
# it must be in what syncconf gets: left out means taken away.
_MESH = """set -eu
interface=$1 key=$2 unit=wg-quick@$1.service
systemctl daemon-reload
systemctl enable --quiet "$unit"
if ! wg show "$interface" >/dev/null 2>&1; then
  systemctl restart "$unit"
  exit
fi
wg-quick strip "$interface" |
  awk -v key="$key" '/^PrivateKey/ { next } { print } /^\\[Interf/ { getline it <key; print "PrivateKey = " it }' |
  wg syncconf "$interface" /dev/stdin
mtu=$(sed -n 's/^MTU = //p' "/etc/wireguard/$interface.conf")
[ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
wg show "$interface" allowed-ips | while read -r _ networks; do
  for network in $networks; do [ "$network" = "(none)" ] || ip route replace "$network" dev "$interface"; done
done
"""


class ClockOff(MomentumError):
    """A host's clock is too far from ours: certificates and WireGuard's handshakes would be refused later."""


def refuse_wrong_clock(host: Host, server: str) -> None:
    """Raises ClockOff."""
    if abs(host.clock_offset_s) > CLOCK_TOLERANCE_S:
        way = "ahead of" if host.clock_offset_s > 0 else "behind"
        raise ClockOff(
            f"{server}: its clock is {abs(host.clock_offset_s):g} s {way} this machine's. "
            "Set the clock (timedatectl set-ntp true there, or this machine's), then apply again."
        )


def mesh_key(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The private key is born on the host and stays there; one that is there stays. Returns the public key."""
    if there := host_of(outside, step.target).mesh_public_key:
        return {"public_key": there}
    path = expected(outside.fleet, server_of(outside.fleet, step.target)).mesh_key
    assert path is not None
    public = outside.hosts.check(step.target, ["sh", "-c", _BORN, "born", path], sudo=True, timeout_s=300).strip()
    say(f"its public key is {public}")
    return {"public_key": public}


def mesh_config(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Writes the configuration; a mesh that runs is changed in place, without a restart."""
    host, ours = host_of(outside, step.target), rendered(outside, step)
    refuse_wrong_clock(host, step.target)
    written = write(outside, step.target, ours.of("mesh"), say)
    there = {peer.public_key: set(peer.allowed_ips) for peer in host.mesh_peers}
    if not written and there == ours.peers and host.units.get(f"wg-quick@{ours.interface}.service") == "active":
        return {"written": []}
    script = ["sh", "-c", _MESH, "mesh", str(ours.interface), str(ours.mesh_key)]
    outside.hosts.check(step.target, script, sudo=True, timeout_s=120, on_output=say)
    return {"written": written}


KINDS: Mapping[str, Execute] = {"mesh_key": mesh_key, "mesh_config": mesh_config}
