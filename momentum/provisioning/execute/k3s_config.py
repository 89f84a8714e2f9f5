"""K3s's configuration where it runs: written, and the server started again with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.fleet.render.k3s import PATH_JOIN, PATH_STARTED, unit_of
from momentum.provisioning.execute.cluster import READY_TAKES_S, refuse_without_majority
from momentum.provisioning.rendered import rendered, server_of, write

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

_RESTART = 'systemctl daemon-reload && exec systemctl restart "$1"'


def configure(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Refused while etcd cannot do without this server. Raises WouldLoseQuorum, and SshError and its kinds."""
    hosts, server = outside.hosts, server_of(outside.fleet, step.target)
    refuse_without_majority(outside, server.name)
    files = {file.path: file for file in rendered(outside, step).of("k3s") if file.path != PATH_JOIN}
    started = files.pop(PATH_STARTED)
    written = write(outside, server.name, files.values(), say)
    hosts.check(server.name, ["sh", "-c", _RESTART, "restart", unit_of(server)], sudo=True, timeout_s=READY_TAKES_S)
    if outside.cluster is not None:
        outside.cluster.wait_ready(server.name, within_s=READY_TAKES_S, say=say)
    write(outside, server.name, [started], say)
    return {"written": written}


KINDS: Mapping[str, Execute] = {"k3s.configure": configure}
