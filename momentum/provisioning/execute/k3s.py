"""K3s on the hosts: the cluster founded, joined, joined again, configured, upgraded. One server at a time.

What was begun is never trusted: each kind looks at the host and does what is not there yet, so that a kill anywhere
in between and the same step again come to the same end, without a second start of what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from momentum.adapters.etcd import EtcdError
from momentum.adapters.ssh import SshError
from momentum.errors import MomentumError
from momentum.fleet.ladder import ladder
from momentum.fleet.membership import BEGUN, RESTORED, founder, joining_without_majority
from momentum.fleet.quorum import server_names
from momentum.fleet.render.k3s import join_file, unit_of
from momentum.provisioning.execute.cluster import refuse_without_majority
from momentum.provisioning.execute.k3s_host import (
    cluster_id_on,
    configured,
    installed,
    living,
    noted,
    started,
    unready,
)
from momentum.provisioning.execute.k3s_nodes import can_come_in, not_ready, version_of, via_for
from momentum.provisioning.observe.cluster import etcd_on, named
from momentum.provisioning.rendered import host_of, put, rendered, server_of

if TYPE_CHECKING:
    from momentum.fleet.facts import EtcdMember
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

DB = "/var/lib/rancher/k3s/server/db"
REJOINING = BEGUN["k3s.rejoin"]
"""Names where the old etcd goes, too."""
SNAPSHOT_TAKES_S = 900

# Prints whether the data was moved by this very step, now or before it was killed.
_MOVE = f"""set -eu
unit=$1
mkdir -p "$(dirname {REJOINING})"
if [ ! -s {REJOINING} ]; then
  mktemp -u {DB}.before.XXXXXXXX >{REJOINING}.new
  sync {REJOINING}.new
  mv {REJOINING}.new {REJOINING}
fi
to=$(cat {REJOINING})
[ ! -e "$to" ] || exit 0
systemctl stop "$unit"
[ ! -e {DB} ] || mv -T {DB} "$to"
sync "$(dirname {DB})"
echo "$to"
"""

_SAVED = f'find {DB}/snapshots -type f -size +0 -name "$1*" | sort | tail -n 1'


def found(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Once in a fleet's life, on the one server that may. Returns the cluster's id, to be remembered."""
    server, known = step.target, outside.known.cluster_id
    if known is not None:
        if cluster_id_on(outside, server) == known:
            return {"known": {"cluster_id": {"": known}}, "founded": False}
        raise MomentumError(f"{server}: there is a cluster already ({known}); no second one is founded")
    if founder(outside.fleet, outside.facts, outside.known) != server:
        raise MomentumError(
            f"{server}: another server may have a cluster, or cannot be seen: none is founded. Plan again"
        )
    files = rendered(outside, step)
    installed(outside, server, say)
    configured(outside, server, files, say, join=not host_of(outside, server).etcd_on_disk)
    # The node itself is not ready before the network's part of the cluster runs on it, which comes after this.
    started(outside, server, lambda: unready(outside, server), say)
    if not (made := cluster_id_on(outside, server)):
        raise MomentumError(f"{server}: K3s is ready and does not tell the id of its cluster; apply again")
    never_founds_again(step, outside)
    noted(outside, server, files, say)
    return {"known": {"cluster_id": {"": made}}}


def never_founds_again(step: Step, outside: Outside) -> None:
    """Were its disk wiped and K3s started, it would find only itself to join, which does not answer."""
    own = str(server_of(outside.fleet, step.target).mesh_address)
    put(outside.hosts, step.target, [join_file(own)])


def join(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """A server or an agent through any server that lives now. Raises MomentumError where a member stands in the way."""
    server, role = step.target, server_of(outside.fleet, step.target).role
    _wake(step, outside, say)
    via = via_for(outside, server)
    if role == "server":
        _refuse_stale(outside, server, via)
    if (mark := BEGUN[step.kind]) not in host_of(outside, server).files:
        outside.hosts.put(server, mark, "")
    _join(step, outside, via, say)
    return {"via": via}


def rejoin(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Its old etcd is moved aside, never deleted, and it joins as any other. Refused for a member of the cluster."""
    server, hosts = step.target, outside.hosts
    _wake(step, outside, say)
    via = via_for(outside, server)
    moved = hosts.read(server, REJOINING)
    begun = moved is not None and hosts.run(server, ["test", "-e", moved.decode().strip()], sudo=True).exit == 0
    member = _member(outside, server, via)
    if member is not None and not begun:
        state = "a healthy member" if member.healthy else "still a member, though not a healthy one,"
        raise MomentumError(f"{server} is {state} of the cluster: its data stays where it is. Plan again")
    unit = "k3s.service"
    if put_aside := hosts.check(server, ["sh", "-c", _MOVE, "move", unit], sudo=True, timeout_s=180).strip():
        say(f"its old etcd lies in {put_aside}")
    _join(step, outside, via, say)
    return {"via": via, "moved_to": put_aside or (moved or b"").decode().strip()}


def _wake(step: Step, outside: Outside, say: Progress) -> None:
    """Its join has come as far as its vote, and without it there may be no majority, and none to join through."""
    server, others = step.target, [name for name in server_names(outside.fleet) if name != step.target]
    if server in joining_without_majority(outside.fleet, outside.facts):
        started(outside, server, lambda: "" if living(outside, others) else "etcd has no majority", say)


def _join(step: Step, outside: Outside, via: str, say: Progress) -> None:
    server = step.target
    if RESTORED in host_of(outside, via).files:  # it runs: what is restored there later is another matter
        outside.hosts.check(via, ["rm", "-f", RESTORED], sudo=True)
    address = str(server_of(outside.fleet, via).mesh_address)
    files = rendered(outside, replace(step, wants={**step.wants, "join_via": address}))
    installed(outside, server, say)
    runs = host_of(outside, server).units.get(unit_of(server_of(outside.fleet, server)), "").startswith("active")
    configured(outside, server, files, say, join=not runs)
    started(outside, server, lambda: not_ready(outside, server, via, step.wants["version"]), say)
    noted(outside, server, files, say)
    outside.hosts.check(server, ["rm", "-f", *BEGUN.values()], sudo=True)


def configure(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Configuration where K3s runs: written, and started again with it. Refused while etcd cannot do without it."""
    server, files = step.target, rendered(outside, step)
    via = server if server in server_names(outside.fleet) else via_for(outside, server)
    refuse_without_majority(outside, server)
    can_come_in(outside, server, say)
    configured(outside, server, files, say, join=False)
    version = host_of(outside, server).k3s_version or ""
    started(outside, server, lambda: not_ready(outside, server, via, version), say)
    noted(outside, server, files, say)
    return {}


def upgrade(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """A snapshot of etcd first, then one node by one minor at most, then waits until it is ready."""
    server, wanted = step.target, step.wants["version"]
    via = server if step.wants["role"] == "server" else via_for(outside, server)
    node = version_of(outside, server, via)
    if node and len(ladder(node, wanted)) > 1:
        raise MomentumError(
            f"{server}: from {node} to {wanted} is more than one minor at once: " + ", ".join(ladder(node, wanted))
        )
    taken = None
    if host_of(outside, server).k3s_version != wanted:
        refuse_without_majority(outside, server)
        taken = _snapshot(outside, via, wanted, say)
        installed(outside, server, say)
    started(outside, server, lambda: not_ready(outside, server, via, wanted), say)
    return {"from": node, "snapshot": taken}


def _snapshot(outside: Outside, server: str, wanted: str, say: Progress) -> str:
    """The path of a snapshot that is there and not empty."""
    name = "before-" + wanted.replace("+", "-")
    argv = ["k3s", "etcd-snapshot", "save", f"--name={name}"]
    saved = outside.hosts.run(server, argv, sudo=True, timeout_s=SNAPSHOT_TAKES_S)
    path = outside.hosts.check(server, ["sh", "-c", _SAVED, "saved", name], sudo=True).strip()
    if saved.exit or not path:
        said = (saved.err.strip().splitlines() or ["it left no file"])[-1][-300:]
        raise MomentumError(f"{server}: no snapshot of etcd could be taken, so nothing is upgraded: {said}")
    say(f"etcd is saved in {path} on {server}")
    return path


def _member(outside: Outside, server: str, via: str) -> EtcdMember | None:
    try:
        members = named(etcd_on(outside.hosts, via).members(), outside.fleet, ())
    except (EtcdError, SshError) as error:
        raise MomentumError(f"{server}: who is a member cannot be read now: {error}") from error
    return next((member for member in members if member.name == server), None)


def _refuse_stale(outside: Outside, server: str, via: str) -> None:
    """One that was never started is this very join, cut short: K3s goes on with it.

    It may do so just now, and first counts itself a member, then has etcd on its disk: so the disk is looked at
    before etcd is asked, and after.
    """
    on_disk = ["test", "-d", f"{DB}/etcd/member"]
    was_there = outside.hosts.run(server, on_disk, sudo=True).exit == 0
    member = _member(outside, server, via)
    if member is None and was_there:
        raise MomentumError(f"{server}: it has etcd of before on its disk and is no member. Plan again")
    if member is not None and member.started and outside.hosts.run(server, on_disk, sudo=True).exit != 0:
        raise MomentumError(f"{server}: etcd still counts its member of before, {member.id}. Plan again")


KINDS: Mapping[str, Execute] = {
    "k3s.found": found,
    "k3s.join": join,
    "k3s.configure": configure,
    "k3s.rejoin": rejoin,
    "k3s.upgrade": upgrade,
}
