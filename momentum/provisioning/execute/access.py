"""Who gets into a host: the firewall and the keys. The host takes both back by itself if we do not get in again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.adapters.ssh import File
from momentum.fleet.render.compare import sha256_of
from momentum.provisioning.execute.undoing import change_or_undo
from momentum.provisioning.observe.host_script import FIREWALL_LOADED, RULES_HASH
from momentum.provisioning.rendered import HAVE, differing, enable, enabled_unit, host_of, put, refuse_unknown, rendered

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

CANDIDATE = "/var/lib/momentum/firewall.candidate"


def load_firewall(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Checked by nft first, then loaded; the host goes back to the old rules unless we get in again."""
    ours, hosts, server = rendered(outside, step), outside.hosts, step.target
    rules, table = ours.rules_file, ours.table
    assert rules is not None and table is not None
    sum_ = sha256_of(rules)
    others = tuple(file for file in ours.of("firewall") if file.path != rules.path)
    host, units = host_of(outside, server), [name for file in others if (name := enabled_unit(file))]
    at_boot = all(host.units.get(unit) == "active" for unit in units)
    if host.firewall == sum_ and at_boot and not differing(outside, server, ours.of("firewall")):
        return {"loaded": False}
    clean = f"table {table}\ndelete table {table}\n"
    refuse_unknown(server, [rules])
    hosts.put(server, CANDIDATE, clean + rules.content, mode=0o600)
    have = HAVE % {"program": "nft", "package": "nftables"}
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
    put(hosts, server, [*others, rules], [File(FIREWALL_LOADED, f"{sum_} {listed}\n".encode(), mode=0o600)])
    enable(hosts, server, units, "--now")
    say("the rules are loaded, and a new connection came through")
    return {"loaded": True}


def authorized_keys(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The keys of the file and no others; taken back by the host unless the key in use still opens it.

    Root keeps keys that are bound to a command: that is how images refuse a login as root.
    """
    hosts, server, ssh = outside.hosts, step.target, outside.fleet.ssh
    wanted = {" ".join(key.public_key.split()[:2]): key.name for key in ssh.keys}
    if set(host_of(outside, server).authorized_keys) == set(wanted):
        return {"written": False}
    places = {user: _keys_of(hosts, server, user) for user in dict.fromkeys((ssh.user, "root"))}
    new = {ssh.user: "".join(f"{key} {name}\n" for key, name in wanted.items())}
    if ssh.user != "root":
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
        # A file that was not replaced stays untouched: on a full disk it might not come back.
        undo.append(
            f"rm -f {path}.new; [ ! -e before.{user} ] || cmp -s before.{user} {path} || cp -p before.{user} {path}"
        )
    change_or_undo(
        hosts, server, "keys", apply="\n".join(apply), undo="\n".join(undo), within_s=step.wants.get("within_s", 30)
    )
    say(f"{len(wanted)} keys open it, the one in use among them")
    return {"written": True}


def _keys_of(hosts: Hosts, server: str, user: str) -> str:
    home = hosts.check(server, ["sh", "-c", 'getent passwd "$1" | cut -d: -f6', "home", user]).strip()
    return f"{home}/.ssh/authorized_keys"


KINDS: Mapping[str, Execute] = {"load_firewall": load_firewall, "authorized_keys": authorized_keys}
