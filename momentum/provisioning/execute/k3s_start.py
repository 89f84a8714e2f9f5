"""K3s started where it stands still."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from momentum.provisioning.execute.k3s_host import secrets, started
from momentum.provisioning.execute.k3s_nodes import can_come_in, not_ready, via_for
from momentum.provisioning.rendered import host_of, server_of

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress


def start(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """All of them first, then one after the other is waited for: alone none may have a majority.

    Servers that cannot be seen, or whose disk was wiped, are left as they are.
    """
    servers = [name for name in step.wants["servers"] if _has_data(outside, name)]
    for name in servers:
        secrets(outside, name, say)  # without its token K3s would end again and again
        can_come_in(outside, name, say)
        started(outside, name, lambda: "", say)
    for name in servers:
        started(outside, name, partial(_unready, outside, name), say)
    return {"started": servers}


def _has_data(outside: Outside, name: str) -> bool:
    host, role = outside.facts.hosts.get(name), server_of(outside.fleet, name).role
    return host is not None and (host.etcd_on_disk or role == "agent")


def _unready(outside: Outside, name: str) -> str:
    via = name if server_of(outside.fleet, name).role == "server" else via_for(outside, name)
    return not_ready(outside, name, via, host_of(outside, name).k3s_version or "")


KINDS: Mapping[str, Execute] = {"k3s.start": start}
