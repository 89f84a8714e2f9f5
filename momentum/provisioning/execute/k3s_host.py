"""K3s on one host: its program, its files and secrets, its start. Each does only what is not there already."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import yaml

from momentum.adapters.kubernetes import ClusterError
from momentum.adapters.ssh import File, SshError
from momentum.errors import MomentumError
from momentum.fleet.render.k3s import PATH_JOIN, PATH_STARTED, TOKEN, unit_of
from momentum.provisioning.execute import download
from momentum.provisioning.execute.download import Release
from momentum.provisioning.reaching import point_at
from momentum.provisioning.rendered import differing, put, server_of, write

if TYPE_CHECKING:
    from momentum.provisioning.managed import Managed
    from momentum.provisioning.outside import Outside, Progress

RELEASES = "https://github.com/k3s-io/k3s/releases/download"
READY_TAKES_S = 600
BETWEEN_LOOKS_S = 1.0

S3_KEYS = "/etc/rancher/k3s/config.yaml.d/60-s3.yaml"
RESTART = "/var/lib/momentum/k3s.restart"
"""There while a new program or configuration lies in its place and K3s may still run with the old one."""

# "activating" is left alone: systemd itself starts again what ended.
_START = f"""set -eu
unit=$1
systemctl is-enabled --quiet "$unit" || {{ systemctl daemon-reload; systemctl enable --quiet "$unit"; }}
state=$(systemctl is-active "$unit" || :)
if [ "$state" = active ] && [ -e {RESTART} ]; then
  systemctl daemon-reload
  systemctl --no-block restart "$unit"
  rm -f {RESTART}
  echo restarted
elif [ "$state" = inactive ] || [ "$state" = failed ]; then
  rm -f {RESTART}
  systemctl daemon-reload
  systemctl --no-block start "$unit" || :
  echo started
fi
"""


# Enabled no more, or a reboot brings it back; one that etcd has put out joins again as soon as it starts.
_LEAVE = """set -eu
for unit in k3s.service k3s-agent.service; do
  [ ! -e "/etc/systemd/system/$unit" ] || systemctl disable --now --quiet "$unit"
done
"""

_DUE = f'mkdir -p "$(dirname {RESTART})" && touch {RESTART}'


def installed(outside: Outside, server: str, say: Progress) -> bool:
    """The file's version of K3s, downloaded on the host and checked. Whether it was put there now."""
    release = Release(
        "K3s",
        outside.fleet.k3s.version,
        RELEASES,
        "/usr/local/bin/k3s",
        "--version",
        amd64=("k3s", "sha256sum-amd64.txt"),
        arm64=("k3s-arm64", "sha256sum-arm64.txt"),
        before=_DUE,
    )
    return download.installed(outside.hosts, server, release, say)


def configured(outside: Outside, server: str, files: Managed, say: Progress, *, join: bool) -> None:
    """Configuration, unit, token and keys of the object store, the last two for root alone.

    join: also how the server comes to its cluster, which K3s reads only while it has no etcd on its disk.
    """
    secrets(outside, server, say)
    ours = files.of("k3s")
    lasting = [file for file in ours if file.path not in (PATH_JOIN, PATH_STARTED)]
    if differing(outside, server, lasting):
        outside.hosts.check(server, ["sh", "-c", _DUE], sudo=True)
    write(outside, server, lasting, say)
    if join:
        put(outside.hosts, server, [file for file in ours if file.path == PATH_JOIN])


def noted(outside: Outside, server: str, files: Managed, say: Progress) -> None:
    """That K3s runs with these files: what was killed before is seen as not configured, and done again."""
    write(outside, server, [file for file in files.of("k3s") if file.path == PATH_STARTED], say)


def secrets(outside: Outside, server: str, say: Progress) -> None:
    wanted = {TOKEN: f"{_secret(outside, 'k3s_token')}\n"}
    if server_of(outside.fleet, server).role == "server":
        keys = {
            "etcd-s3-access-key": _secret(outside, "s3_access_key"),
            "etcd-s3-secret-key": _secret(outside, "s3_secret_key"),
        }
        wanted[S3_KEYS] = yaml.safe_dump(keys, sort_keys=False)
    stat = ["sh", "-c", 'stat -c "%U:%G %a %n" "$@" 2>/dev/null || :', "secrets", *wanted]
    alone = set(outside.hosts.check(server, stat, sudo=True).splitlines())
    unlike = [
        File(path, text.encode(), mode=0o600)
        for path, text in wanted.items()
        if f"root:root 600 {path}" not in alone or outside.hosts.read(server, path) != text.encode()
    ]
    if unlike:
        outside.hosts.put_all(server, unlike)
        say(f"wrote {', '.join(file.path for file in unlike)}, for root alone")


def _secret(outside: Outside, name: str) -> str:
    if not (value := outside.secrets.get(name)):
        raise MomentumError(f"{name} is not set; `momentum infra secrets --help` says how to give it")
    return value


def started(outside: Outside, server: str, ready: Callable[[], str], say: Progress) -> None:
    """Enabled and running with the program that is installed; then waits until `ready` has nothing to say.

    A unit that ends is started again for as long as is waited: etcd takes nobody in ("unhealthy cluster") before it
    has seen its other members for some seconds. Raises MomentumError with what was missing last.
    """
    unit = unit_of(server_of(outside.fleet, server))
    begun, last = time.monotonic(), ""
    while True:
        told = outside.hosts.check(server, ["sh", "-c", _START, "start", unit], sudo=True, timeout_s=120).strip()
        if told:
            say(f"{unit} {told}")
        if not told and not (last := ready()):
            if (took := time.monotonic() - begun) > BETWEEN_LOOKS_S:
                say(f"{server} is ready after {took:.0f} s")
            return
        if time.monotonic() - begun > READY_TAKES_S:
            raise MomentumError(
                f"{server}: K3s is not ready after {READY_TAKES_S:g} s: {last or 'it ends again and again'}. "
                f"`journalctl -u {unit}` there says why; once it is mended, apply again."
            )
        time.sleep(BETWEEN_LOOKS_S)


def stopped_for_good(outside: Outside, server: str, say: Progress) -> None:
    """On a host that the file does not name any more; one that cannot be reached is left as it is."""
    known, facts = outside.known, outside.facts
    if known.services.get(server) not in (facts.machines or {}) or server not in known.host_keys:
        return
    point_at(outside, [server], facts)
    try:
        outside.hosts.check(server, ["sh", "-c", _LEAVE, "leave"], sudo=True, timeout_s=180)
    except SshError as error:
        say(f"K3s could not be stopped on {server}, which leaves: {error}")


def unready(outside: Outside, server: str) -> str:
    """Why Kubernetes does not tell its cluster's id on this very server; empty where it does.

    A new cluster is ready a moment before it has the namespace whose uid is the id.
    """
    try:
        outside.cluster.through([server]).cluster_id()
    except ClusterError as error:
        return str(error)
    return ""


def cluster_id_on(outside: Outside, server: str) -> str:
    """The uid of the namespace kube-system as this server tells it; empty while it does not."""
    try:
        return outside.cluster.through([server]).cluster_id()
    except ClusterError:
        return ""


def living(outside: Outside, among: Sequence[str]) -> str | None:
    """The first server whose Kubernetes is ready, of the cluster that the journal knows.

    Raises MomentumError where one answers and is another cluster.
    """
    ours = outside.known.cluster_id
    for name in among:
        host = outside.facts.hosts.get(name)
        if host is None or not host.etcd_on_disk:
            continue
        found = cluster_id_on(outside, name)
        if found and ours and found != ours:
            raise MomentumError(f"{name} is of the cluster {found}, and ours is {ours}: nothing joins it")
        if found:
            return name
    return None
