"""K3s that stands still where it belongs: started again, without quorum too, for only so may a majority come back.

systemd starts again what ends by itself, so somebody has stopped it, or taken it from what a reboot starts. What is in
the midst of founding, joining or being restored is started by that, and whom etcd has put out joins again.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import K3S_CHANGES, begun, lost_for_good, member_of, works
from momentum.fleet.render.k3s import unit_of
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if known.cluster_id is None or lost_for_good(fleet, facts, known):
        return
    for server in fleet.servers:
        host = facts.hosts.get(server.name)
        if host is None or begun(server.name, facts) or not _belongs(server, host, facts):
            continue
        unit, name = unit_of(server), f"host:{server.name}:k3s"
        state = host.units.get(unit, "")
        if state.startswith(("inactive", "failed")) or state.endswith("disabled"):
            yield Step(
                kind="k3s.start",
                target=server.name,
                reason=f"{unit} is {state}, and its data is there",
                risk="restart",
                wants={"unit": unit},
                rests_on=rests_on(facts, known, "known:cluster_id", name),
                changes=(name, *K3S_CHANGES),
            )


def _belongs(server: Server, host: Host, facts: Facts) -> bool:
    """Its data is there and of use: a server's etcd, unless others have put it out; an agent's certificates."""
    if server.role == "agent":
        return host.k3s_version is not None and host.cluster_id is not None
    put_out = works(facts) and member_of(server.name, facts.cluster) is None
    return host.etcd_on_disk and not put_out
