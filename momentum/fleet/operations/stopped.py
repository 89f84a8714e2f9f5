"""K3s that stands still where it belongs: started again, without quorum too, for only so may a majority come back.

systemd starts again what ends by itself, so somebody has stopped it, or taken it from what a reboot starts. What is in
the midst of founding, joining, being restored, configured or upgraded is started by that, and whom etcd has put out
joins again.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import K3S_CHANGES, begun, joining_without_majority, lost_for_good, member_of, works
from momentum.fleet.operations import k3s_config, upgrade
from momentum.fleet.render.k3s import unit_of
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if known.cluster_id is None or lost_for_good(fleet, facts, known) or joining_without_majority(fleet, facts):
        return
    still = {server.name: state for server in fleet.servers if (state := _still(server, facts))}
    if still:
        areas = (k3s_config.steps(fleet, facts, known), upgrade.steps(fleet, facts, known))
        started = {step.target for steps in areas for step in steps if step.kind in ("k3s.configure", "k3s.upgrade")}
        for server in fleet.servers:
            if server.name in still and server.name not in started:
                yield _start(server, still[server.name], facts, known)


def _still(server: Server, facts: Facts) -> str:
    """The state of its unit, where that does not run, or not after a reboot, and should."""
    host = facts.hosts.get(server.name)
    if host is None or begun(server.name, facts) or not _belongs(server, host, facts):
        return ""
    state = host.units.get(unit_of(server), "")
    return state if state.startswith(("inactive", "failed")) or state.endswith("disabled") else ""


def _start(server: Server, state: str, facts: Facts, known: Known) -> Step:
    unit, name = unit_of(server), f"host:{server.name}:k3s"
    return Step(
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
