"""Steps on one host: files, kernel settings, mesh, firewall, keys, reboot. Contents are resolved when it is done.

`target` is the server; `wants` names the part of the rendered files where one is meant.
"""

from __future__ import annotations

import hashlib
import shlex
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from momentum.adapters.ssh import File, SshError
from momentum.errors import MomentumError
from momentum.provisioning.execute.undoing import change_or_undo
from momentum.provisioning.managed import Managed, expected, managed
from momentum.provisioning.observe.host_script import FIREWALL_LOADED, RULES_HASH

if TYPE_CHECKING:
    from momentum.fleet.facts import Host
    from momentum.fleet.render import RenderedFile
    from momentum.fleet.schema import Fleet, Server
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

CLOCK_TOLERANCE_S = 30
REBOOT_TAKES_S = 600
CANDIDATE = "/var/lib/momentum/firewall.candidate"

_HAVE = """command -v %(program)s >/dev/null || {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update && apt-get -q -y install --no-install-recommends %(package)s
} >&2
"""

_BORN = (
    "set -eu\n"
    + _HAVE % {"program": "wg", "package": "wireguard-tools"}
    + """umask 077
key=$1
mkdir -p "$(dirname "$key")"
if [ ! -s "$key" ]; then
  wg genkey >"$key.new"
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
wg show "$interface" allowed-ips | while read -r _ networks; do
  for network in $networks; do [ "$network" = "(none)" ] || ip route replace "$network" dev "$interface"; done
done
"""

_SYSCTL = """set -eu
for file; do sysctl -q -p "$file"; done
"""

_BOOT_ID = ["cat", "/proc/sys/kernel/random/boot_id"]


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


def write_files(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Files of `wants["part"]` that are not as rendered; units are made known. Returns the paths written."""
    files = _rendered(outside, step).of(step.wants["part"])
    written = _write(outside, step.target, files, say)
    if any(path.startswith("/etc/systemd/system/") for path in written):
        outside.hosts.check(step.target, ["systemctl", "daemon-reload"], sudo=True)
    return {"written": written}


def load_sysctl(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Writes the file, loads it, and reads back what the kernel made of it."""
    ours = _rendered(outside, step)
    written = _write(outside, step.target, ours.of("sysctl"), say)
    if not written and not _unlike(_host(outside, step.target).sysctl, ours.sysctls):
        return {"written": [], "loaded": False}
    hosts = outside.hosts
    hosts.check(step.target, ["sh", "-c", _SYSCTL, "load", *(file.path for file in ours.of("sysctl"))], sudo=True)
    keys = list(ours.sysctls)
    values = hosts.check(step.target, ["sysctl", "-n", *keys], sudo=True).splitlines()
    there = {key: " ".join(value.split()) for key, value in zip(keys, values, strict=True)}
    if unlike := _unlike(there, ours.sysctls):
        raise MomentumError(f"{step.target}: the kernel did not take {', '.join(unlike)}")
    say(f"{len(keys)} kernel settings loaded")
    return {"written": written, "loaded": True}


def mesh_key(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The private key is born on the host and stays there; one that is there stays. Returns the public key."""
    if there := _host(outside, step.target).mesh_public_key:
        return {"public_key": there}
    path = expected(outside.fleet, _server(outside.fleet, step.target)).mesh_key
    assert path is not None
    public = outside.hosts.check(step.target, ["sh", "-c", _BORN, "born", path], sudo=True, timeout_s=300).strip()
    say(f"its public key is {public}")
    return {"public_key": public}


def mesh_config(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Writes the configuration; a mesh that runs is changed in place, without a restart."""
    host, ours = _host(outside, step.target), _rendered(outside, step)
    refuse_wrong_clock(host, step.target)
    written = _write(outside, step.target, ours.of("mesh"), say)
    there = {peer.public_key: set(peer.allowed_ips) for peer in host.mesh_peers}
    if not written and there == ours.peers and host.units.get(f"wg-quick@{ours.interface}.service") == "active":
        return {"written": []}
    script = ["sh", "-c", _MESH, "mesh", str(ours.interface), str(ours.mesh_key)]
    outside.hosts.check(step.target, script, sudo=True, timeout_s=120, on_output=say)
    return {"written": written}


def load_firewall(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Checked by nft first, then loaded; the host goes back to the old rules unless we get in again."""
    ours, hosts, server = _rendered(outside, step), outside.hosts, step.target
    rules, table = ours.rules_file, ours.table
    assert rules is not None and table is not None
    sum_ = hashlib.sha256(rules.content.encode()).hexdigest()
    others = tuple(file for file in ours.of("firewall") if file.path != rules.path)
    if _host(outside, server).firewall == sum_ and not _differing(outside, server, ours.of("firewall")):
        return {"loaded": False}
    clean = f"table {table}\ndelete table {table}\n"
    hosts.put(server, CANDIDATE, clean + rules.content, mode=0o600)
    have = _HAVE % {"program": "nft", "package": "nftables"}
    hosts.check(server, ["sh", "-c", f"set -eu\n{have}nft -c -f {CANDIDATE}"], sudo=True, timeout_s=300)
    before = f"{{ printf '%s\\n' 'table {table}' 'delete table {table}'; nft list table {table} || :; }} >before"
    listed = change_or_undo(
        hosts,
        server,
        "firewall",
        apply=f"{before}\nnft -f {CANDIDATE}",
        undo="nft -f before",
        keep=f"table='{table}'\n{RULES_HASH}",
        within_s=step.wants.get("within_s", 30),
    ).strip()
    _put(hosts, server, [*others, rules], [File(FIREWALL_LOADED, f"{sum_} {listed}\n".encode(), mode=0o600)])
    if units := [file.path.rpartition("/")[2] for file in others if file.path.endswith(".service")]:
        hosts.check(server, ["systemctl", "daemon-reload"], sudo=True)
        hosts.check(server, ["systemctl", "enable", "--quiet", *units], sudo=True)
    say("the rules are loaded, and a new connection came through")
    return {"loaded": True}


def authorized_keys(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The keys of the file and no others; taken back by the host unless the key in use still opens it.

    Root keeps keys that are bound to a command: that is how images refuse a login as root.
    """
    hosts, server, ssh = outside.hosts, step.target, outside.fleet.ssh
    wanted = {" ".join(key.public_key.split()[:2]): key.name for key in ssh.keys}
    if set(_host(outside, server).authorized_keys) == set(wanted):
        return {"written": False}
    home = hosts.check(server, ["sh", "-c", 'getent passwd "$1" | cut -d: -f6', "home", ssh.user]).strip()
    places = {ssh.user: f"{home}/.ssh/authorized_keys"}
    new = {ssh.user: "".join(f"{key} {name}\n" for key, name in wanted.items())}
    if ssh.user != "root":
        places["root"] = "/root/.ssh/authorized_keys"
        there = (hosts.read(server, places["root"]) or b"").decode(errors="replace").splitlines(keepends=True)
        new["root"] = "".join(line for line in there if "command=" in line or any(key in line for key in wanted))
    apply, undo = ["umask 077"], list[str]()
    for user, path in places.items():
        if user == "root" != ssh.user and not new[user]:
            apply.append(f"[ ! -s {path} ] || cp -p {path} before.root; rm -f {path}")
            undo.append(f"[ ! -e before.root ] || cp -p before.root {path}")
            continue
        folder = path.rpartition("/")[0]
        apply += [
            f"[ ! -e {path} ] || cp -p {path} before.{user}",
            f"mkdir -p {folder}; chown {user}: {folder}; chmod 700 {folder}",
            f"printf %s {shlex.quote(new[user])} >new.{user}; chown {user}: new.{user}; cp -p new.{user} {path}.new",
            f"sync {path}.new; mv {path}.new {path}",
        ]
        undo.append(f"[ ! -e before.{user} ] || cp -p before.{user} {path}")
    change_or_undo(
        hosts, server, "keys", apply="\n".join(apply), undo="\n".join(undo), within_s=step.wants.get("within_s", 30)
    )
    say(f"{len(wanted)} keys open it, the one in use among them")
    return {"written": True}


def reboot(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Only where a reboot is needed; waits until the host is up again with another boot id."""
    hosts, server = outside.hosts, step.target
    if not _host(outside, server).reboot_needed:
        return {"rebooted": False}
    before = hosts.check(server, _BOOT_ID)
    begun = time.monotonic()
    try:
        hosts.run(server, ["systemctl", "reboot"], sudo=True, timeout_s=20)
    except SshError as error:
        say(f"the connection ended: {error}")
    while time.monotonic() - begun < REBOOT_TAKES_S:
        hosts.forget_connection(server)
        try:
            if hosts.check(server, _BOOT_ID, timeout_s=10) != before:
                say(f"up again after {time.monotonic() - begun:.0f} s")
                return {"rebooted": True}
        except SshError:
            pass  # it is down, that is what we wait through
        time.sleep(1)
    raise MomentumError(
        f"{server}: not back {REBOOT_TAKES_S} s after its reboot; look at its console at the provider, then apply again"
    )


def _server(fleet: Fleet, name: str) -> Server:
    return next(server for server in fleet.servers if server.name == name)


def _host(outside: Outside, server: str) -> Host:
    if (host := outside.facts.hosts.get(server)) is None:
        raise MomentumError(outside.facts.unread.get(f"host:{server}", f"{server}: it was not read"))
    return host


def _rendered(outside: Outside, step: Step) -> Managed:
    """The files of the target, with addresses and keys as they were read just before."""
    from momentum.fleet.render import Addresses, host_files

    machines, services = outside.facts.machines or {}, outside.known.services
    public = {
        server.name: machines[services[server.name]].public_ipv4
        for server in outside.fleet.servers
        if services.get(server.name) in machines
    }
    keys = {name: host.mesh_public_key for name, host in outside.facts.hosts.items() if host.mesh_public_key}
    server = _server(outside.fleet, step.target)
    founding, join_via = step.wants.get("founding", False), step.wants.get("join_via")
    files = host_files(outside.fleet, server, Addresses(public, keys), founding=founding, join_via=join_via)
    return managed(files)


def _differing(outside: Outside, server: str, files: Iterable[RenderedFile]) -> list[RenderedFile]:
    there = _host(outside, server).files
    return [
        file
        for file in files
        if (fact := there.get(file.path)) is None
        or (fact.sha256, fact.owner, fact.mode)
        != (hashlib.sha256(file.content.encode()).hexdigest(), file.owner, file.mode)
    ]


def _write(outside: Outside, server: str, files: Iterable[RenderedFile], say: Progress) -> list[str]:
    differing = _differing(outside, server, files)
    if differing:
        _put(outside.hosts, server, differing)
        say(f"wrote {', '.join(file.path for file in differing)}")
    return [file.path for file in differing]


def _put(hosts: Any, server: str, files: Iterable[RenderedFile], more: Iterable[File] = ()) -> None:
    ready = [File(file.path, file.content.encode(), file.owner, file.group, file.mode) for file in files]
    hosts.put_all(server, [*ready, *more])


def _unlike(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [f"{key} = {value} (it is {there.get(key)})" for key, value in wanted.items() if there.get(key) != value]


KINDS: Mapping[str, Execute] = {
    "write_files": write_files,
    "load_sysctl": load_sysctl,
    "mesh_key": mesh_key,
    "mesh_config": mesh_config,
    "load_firewall": load_firewall,
    "authorized_keys": authorized_keys,
    "reboot": reboot,
}
