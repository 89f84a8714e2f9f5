"""A snapshot of etcd restored, when the majority is lost for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum.fleet.membership import lost_for_good
from momentum.fleet.quorum import server_names
from momentum.fleet.render.k3s import PATH_JOIN
from momentum.provisioning.execute.k3s import DB, never_founds_again
from momentum.provisioning.execute.k3s_host import cluster_id_on, configured, installed, noted, started, unready
from momentum.provisioning.rendered import rendered

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

RESTORE_TAKES_S = 900

# K3s leaves the flag behind when a reset went well, refuses another, and takes it away when it starts in earnest.
_RESET = f"""set -eu
snapshot=$1
[ ! -e {DB}/reset-flag ] || exit 0
if [ "$snapshot" = newest ]; then
  snapshot=$(find {DB}/snapshots -type f -size +0 -printf '%T@ %p\\n' 2>/dev/null | sort -n |
    tail -n 1 | cut -d' ' -f2-)
fi
[ -n "$snapshot" ] && [ -s "$snapshot" ] || exit 44
if [ -e {DB}/etcd ]; then
  before=$(mktemp -d {DB}.before.XXXXXXXX)
  cp -a {DB}/etcd "$before/"
fi
rm -f {PATH_JOIN}
k3s server --cluster-reset --cluster-reset-restore-path="$snapshot" >&2
[ -e {DB}/reset-flag ] || {{ echo "K3s left no sign that it was reset" >&2; exit 1; }}
echo "$snapshot"
"""


def restore(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """A snapshot becomes the cluster's only member, as docs/restore.md says. Never while a majority could come back."""
    server, hosts, known = step.target, outside.hosts, outside.known.cluster_id
    if known and cluster_id_on(outside, server) == known:
        return {"restored": None}
    if not lost_for_good(outside.fleet, outside.facts, outside.known):
        raise MomentumError(f"{server}: the majority is not lost for good, so nothing is restored. Plan again")
    installed(outside, server, say)
    files = rendered(outside, step)
    configured(outside, server, files, say, join=False)
    for name in server_names(outside.fleet):
        stop = "systemctl is-active --quiet k3s.service && systemctl stop k3s.service || :"
        hosts.check(name, ["sh", "-c", stop, "stop K3s"], sudo=True, timeout_s=180)
    argv = ["sh", "-c", _RESET, "restore", step.wants["snapshot"]]
    result = hosts.run(server, argv, sudo=True, timeout_s=RESTORE_TAKES_S)
    if result.exit == 44:
        raise MomentumError(
            f"{server}: no snapshot of etcd lies in {DB}/snapshots. Fetch the newest from the object store "
            "to that folder (docs/restore.md), then apply again."
        )
    if result.exit:
        said = (result.err.strip().splitlines() or ["nothing was said"])[-1][-300:]
        raise MomentumError(f"{server}: K3s did not restore: {said}. The data of before lies beside {DB}")
    if restored := result.out.strip():
        say(f"restored from {restored}")
    never_founds_again(step, outside)
    started(outside, server, lambda: unready(outside, server), say)
    if (there := cluster_id_on(outside, server)) != known:
        raise MomentumError(f"{server}: the snapshot is of the cluster {there}, and ours is {known}; nothing joins it")
    noted(outside, server, files, say)
    return {"restored": restored or None}


KINDS: Mapping[str, Execute] = {"k3s.restore": restore}
