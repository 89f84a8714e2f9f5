"""Where hosts are reached: at the public addresses of their machines, with the keys that were pinned."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from momentum.fleet.facts import Facts
    from momentum.provisioning.outside import Outside


def point_at(outside: Outside, names: Collection[str], facts: Facts) -> None:
    """`names` are servers with a machine in these facts."""
    from momentum.adapters.ssh import Endpoint

    known, ssh = outside.known, outside.fleet.ssh
    for name in names:
        address = (facts.machines or {})[known.services[name]].public_ipv4
        there = Endpoint(address, ssh.user, ssh.port, known.host_keys.get(name))
        if outside.hosts.endpoints.get(name) != there:
            outside.hosts.endpoints[name] = there
            outside.hosts.forget_connection(name)
