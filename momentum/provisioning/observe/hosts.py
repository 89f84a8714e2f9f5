"""A host as it is, read in one call."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from momentum.adapters.ssh import CommandFailed, SshError
from momentum.fleet.facts import FileFact, Host, PeerFact
from momentum.fleet.membership import BEGUN, RESTORED
from momentum.fleet.snapshots import snapshot
from momentum.provisioning.managed import Managed, expected
from momentum.provisioning.observe.host_script import LOOK

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts
    from momentum.fleet.schema import Fleet, Server

HANDSHAKE_VALID_S = 180
"""WireGuard's REJECT_AFTER_TIME: a session without a handshake for so long carries nothing any more."""

Rows = Mapping[str, list[list[str]]]


def read_host(hosts: Hosts, name: str, fleet: Fleet, server: Server) -> Host:
    """Raises SshError and its kinds. Takes one call, and up to a second more if a peer is silent."""
    ours = expected(fleet, server)
    peers = [str(one.mesh_address) for one in fleet.servers if one.name != name]
    return look_at(hosts, name, ours, user=fleet.ssh.user, peers=peers)


def read_hosts(hosts: Hosts, fleet: Fleet, names: Iterable[str]) -> tuple[dict[str, Host], dict[str, str]]:
    """Several at once: those that could be read, and for the others why not."""
    by_name = {server.name: server for server in fleet.servers}
    answers = hosts.map(names, lambda name: read_host(hosts, name, fleet, by_name[name]))
    return (
        {name: answer for name, answer in answers.items() if isinstance(answer, Host)},
        {name: str(answer) for name, answer in answers.items() if isinstance(answer, SshError)},
    )


def look_at(hosts: Hosts, name: str, ours: Managed, *, user: str, peers: Iterable[str] = ()) -> Host:
    """As `read_host`, for what is named. `peers` are mesh addresses that should answer."""
    words = [ours.interface or "", ours.mesh_key or "", ours.table or ""]
    paths = [*(file.path for file in ours.files), *BEGUN.values(), RESTORED]
    words += [" ".join(each) for each in (paths, ours.sysctls, ours.units, peers)]
    begun = time.time()
    result = hosts.run(name, ["sh", "-c", LOOK, "look", user, *words], sudo=True, timeout_s=60)
    ended = time.time()
    rows = _rows(result.out)
    if "end" not in rows:
        raise CommandFailed(name, f"the look at the host ended early, with {result.exit}: {result.err.strip()[-300:]}")
    return Host(
        host_key=hosts.endpoints[name].host_key or "",
        files={
            path: FileFact(sum_, _owner(user_, group), int(mode, 8))
            for path, sum_, user_, group, mode in _file_rows(rows)
        },
        sysctl={key: " ".join(value.split()) for key, value in rows["sysctl"]},
        mesh_public_key=_only(rows, "public"),
        mesh_peers=_peers(rows),
        firewall=_firewall(rows),
        authorized_keys=_authorized(rows, user),
        units=_units(rows),
        k3s_version=_k3s_version(rows),
        etcdctl_version=_etcdctl_version(rows),
        snapshots=tuple(one for written_s, name in rows["snapshot"] if (one := snapshot(name, int(written_s)))),
        etcd_on_disk="etcd" in rows,
        cluster_id=_only(rows, "ca"),
        reboot_needed="reboot" in rows,
        clock_offset_s=_clock_offset_s(rows, begun, ended),
    )


def _rows(out: str) -> Rows:
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for line in out.splitlines():
        what, *fields = line.split("\t")
        rows[what].append(fields)
    return rows


def _file_rows(rows: Rows) -> Iterable[list[str]]:
    return (fields for fields in rows["file"] if len(fields) == 5)


def _only(rows: Rows, what: str) -> str | None:
    return rows[what][0][0] or None if rows[what] and rows[what][0] else None


def _owner(user: str, group: str) -> str:
    """The user; with the group where it is not the user's own."""
    return user if user == group else f"{user}:{group}"


def _peers(rows: Rows) -> tuple[PeerFact, ...]:
    """A peer lives if it answered through the tunnel; where nothing can ask, if it shook hands lately."""
    endpoints, shaken = dict(rows["endpoints"]), dict(rows["latest-handshakes"])
    answered, now = {fields[0] for fields in rows["answers"]}, int(_only(rows, "now") or 0)
    found = []
    for key, allowed in rows["allowed-ips"]:
        addresses = tuple(sorted(allowed.split())) if allowed != "(none)" else ()
        if rows["pings"]:
            alive = any(address.split("/")[0] in answered for address in addresses)
        else:
            alive = now - int(shaken.get(key, "0")) <= HANDSHAKE_VALID_S
        endpoint = endpoints.get(key, "")
        found.append(PeerFact(key, "" if endpoint == "(none)" else endpoint, addresses, alive))
    return tuple(sorted(found, key=lambda peer: peer.public_key))


def _firewall(rows: Rows) -> str | None:
    """The hash of the file that was loaded, while the rules are what they were right after; else a word for it.

    What nftables lists is not the text that it was given, so rules are compared with their own listing.
    """
    rules = _only(rows, "rules")
    if rules is None:
        return None
    file, listed = rows["loaded"][0] if rows["loaded"] and len(rows["loaded"][0]) == 2 else ("", "")
    return file if listed == rules else f"changed by hand: {rules}"


def _authorized(rows: Rows, user: str) -> tuple[str, ...]:
    """Keys as "type base64" that open a shell; of root only those without a forced command (images refuse so)."""
    found = set()
    for fields in rows["key"]:
        name, line = fields[0], " ".join(fields[1:]).strip()
        if not line or line.startswith("#") or (name != user and "command=" in line):
            continue
        words = line.split()
        at = next((i for i, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-", "sk-"))), None)
        if at is not None and at + 1 < len(words):
            found.add(f"{words[at]} {words[at + 1]}")
    return tuple(sorted(found))


def _units(rows: Rows) -> dict[str, str]:
    """As `systemctl is-active` says, of units that exist; one that a reboot would not bring back is told so.

    systemctl shows one block of properties a unit, in an order of its own, with an empty line between.
    """
    found = {}
    for block in "\n".join("".join(fields) for fields in rows["unit"]).split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if shown.get("LoadState", "not-found") != "not-found":
            active = shown.get("ActiveState", "unknown")
            found[shown["Id"]] = f"{active}, disabled" if shown.get("UnitFileState") == "disabled" else active
    return found


def _k3s_version(rows: Rows) -> str | None:
    found = re.search(r"\bv\d\S*", _only(rows, "k3s") or "")
    return found[0] if found else None


def _etcdctl_version(rows: Rows) -> str | None:
    """None too for one that does not run."""
    found = re.search(r"\d+\.\d+\.\d+\S*", _only(rows, "etcdctl") or "")
    return f"v{found[0]}" if found else None


def _clock_offset_s(rows: Rows, begun: float, ended: float) -> float:
    """The host's clock minus ours in whole seconds, as little as it can be: it was read between the two."""
    clock = float(_only(rows, "clock") or begun)
    return float(round(clock - min(max(clock, begun), ended)))
