"""A snapshot of etcd restored, when the majority is lost for good.

It lies on the server's own disk or in the object store, from where K3s fetches it by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum.fleet.membership import RESTORED, lost_for_good
from momentum.fleet.quorum import server_names
from momentum.fleet.render.k3s import PATH_JOIN, TOKEN
from momentum.fleet.snapshots import FOLDER, NEWEST, newest, told
from momentum.provisioning.execute.k3s import DB, never_founds_again
from momentum.provisioning.execute.k3s_host import cluster_id_on, configured, installed, noted, started, unready
from momentum.provisioning.observe.snapshots import newest_stored
from momentum.provisioning.rendered import host_of, rendered

if TYPE_CHECKING:
    from momentum.fleet.facts import Snapshot
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

RESTORE_TAKES_S = 900
SNAPSHOTS = f"{DB}/snapshots"

# K3s leaves the flag behind when a reset went well, and takes it away when it starts in earnest. On an empty disk it
# wants the token itself, not the name of its file. A compressed snapshot is unpacked to where K3s was started.
_RESET = f"""set -eu
chosen=$1
shift
noted() {{ mkdir -p "$(dirname {RESTORED})"; printf %s "$chosen" >{RESTORED}.new; mv {RESTORED}.new {RESTORED}; }}
[ ! -e {DB}/reset-flag ] || {{ noted; exit 0; }}
if [ -e {DB}/etcd ]; then
  before=$(mktemp -d {DB}.before.XXXXXXXX)
  cp -a {DB}/etcd "$before/"
fi
rm -f {PATH_JOIN}
mkdir -p -m 700 {SNAPSHOTS}
cd {SNAPSHOTS}
K3S_TOKEN=$(cat {TOKEN})
export K3S_TOKEN
k3s server --cluster-reset "$@" >&2
[ -e {DB}/reset-flag ] || {{ echo "K3s left no sign that it was reset" >&2; exit 1; }}
noted
echo reset
"""


def restore(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """A snapshot becomes the cluster's only member, as docs/restore.md says. Never while a majority could come back."""
    server, hosts, known = step.target, outside.hosts, outside.known.cluster_id
    if known and cluster_id_on(outside, server) == known:
        return {"restored": None}
    if not lost_for_good(outside.fleet, outside.facts, outside.known):
        raise MomentumError(f"{server}: the majority is not lost for good, so nothing is restored. Plan again")
    chosen, options = _chosen(step, outside, say)
    installed(outside, server, say)
    files = rendered(outside, step)
    configured(outside, server, files, say, join=False)
    reset = hosts.read(server, RESTORED) != chosen.encode() and _reset(outside, server, chosen, options)
    never_founds_again(step, outside)
    # Before the start: once the cluster works this step is not planned again, and K3s is stopped until then.
    noted(outside, server, files, say)
    started(outside, server, lambda: unready(outside, server), say)
    hosts.check(server, ["rm", "-f", RESTORED], sudo=True)
    if (there := cluster_id_on(outside, server)) != known:
        raise MomentumError(f"{server}: the snapshot is of the cluster {there}, and ours is {known}; nothing joins it")
    return {"restored": chosen if reset else None}


def _reset(outside: Outside, server: str, chosen: str, options: Sequence[str]) -> bool:
    """Whether it was done now; False where it was, and K3s has not run since."""
    hosts = outside.hosts
    for name in server_names(outside.fleet):
        stop = "systemctl is-active --quiet k3s.service && systemctl stop k3s.service || :"
        hosts.check(name, ["sh", "-c", stop, "stop K3s"], sudo=True, timeout_s=180)
    argv = ["sh", "-c", _RESET, "restore", chosen, *options]
    result = hosts.run(server, argv, sudo=True, timeout_s=RESTORE_TAKES_S)
    if result.exit:
        said = (result.err.strip().splitlines() or ["nothing was said"])[-1][-300:]
        raise MomentumError(f"{server}: K3s did not restore {chosen}: {said}. The data of before lies beside {DB}")
    return bool(result.out.strip())


def _chosen(step: Step, outside: Outside, say: Progress) -> tuple[str, Sequence[str]]:
    """The snapshot that was said yes to, the newest where none was named, and K3s's options for it.

    With an object store in its configuration K3s takes a path for an object's name, unless it is told otherwise.
    """
    server, wanted = step.target, step.wants["snapshot"]
    host, stored = host_of(outside, server), newest_stored(outside.backups, outside.known.cluster_id)
    found = newest(one for one in (*host.snapshots, stored) if one and wanted in (NEWEST, one.name))
    if found is None:
        raise MomentumError(f"{server}: {_lacking(wanted, stored, outside)}")
    age_h = (time.time() + host.clock_offset_s - found.taken_s) / 3600
    on_disk = found in host.snapshots
    say(f"{told(found)}, {age_h:.1f} hours old, from {'its own disk' if on_disk else 'the object store'}")
    if on_disk:
        return found.name, ["--etcd-s3=false", f"--cluster-reset-restore-path={SNAPSHOTS}/{found.name}"]
    return found.name, [f"--cluster-reset-restore-path={found.name}"]


def _lacking(wanted: str, stored: Snapshot | None, outside: Outside) -> str:
    if stored is not None:
        return f"{wanted} is gone, and the newest in the object store is {told(stored)}. Plan again"
    what = "no snapshot of etcd" if wanted == NEWEST else f"no {wanted}"
    store = f"{outside.fleet.backups.folder}/{FOLDER} of the bucket {outside.fleet.backups.bucket}"
    looked = f"none of this cluster in {store}" if outside.backups else "the object store's keys are not set"
    return (
        f"there is {what} in {SNAPSHOTS}, and {looked}. If one lies elsewhere, put it into that folder, for root "
        "alone, and plan again (docs/restore.md)"
    )


KINDS: Mapping[str, Execute] = {"k3s.restore": restore}
