"""K3s started where it stands still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.fleet.membership import works
from momentum.fleet.quorum import server_names
from momentum.provisioning.execute.k3s_host import living, started
from momentum.provisioning.execute.k3s_nodes import not_ready
from momentum.provisioning.rendered import host_of

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress


def start(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Enabled and started; waits until it is ready where the cluster can write without it.

    Where it cannot, this server alone may not be enough for a majority, and waiting for it would keep the others down.
    """
    server = step.target
    others = [name for name in server_names(outside.fleet) if name != server]
    version = host_of(outside, server).k3s_version or ""
    via = living(outside, others) or server if works(outside.facts) else None
    started(outside, server, lambda: not_ready(outside, server, via, version) if via else "", say)
    return {"waited": via is not None}


KINDS: Mapping[str, Execute] = {"k3s.start": start}
