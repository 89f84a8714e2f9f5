"""K3s that stands still where it belongs: started again, without quorum too, for only so may a majority come back.

systemd starts again what ends by itself, so somebody has stopped it, or taken it from what a reboot starts. What is in
the midst of founding, joining, being restored, configured or upgraded is started by that, and whom etcd has put out
joins again. All servers are one step: without a majority none of them can be waited for alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.foreseen import stands_still
from momentum.fleet.membership import K3S_CHANGES, joining_without_majority, lost_for_good
from momentum.fleet.operations import k3s_config, upgrade
from momentum.fleet.quorum import server_names
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if known.cluster_id is None or lost_for_good(fleet, facts, known) or joining_without_majority(fleet, facts):
        return
    still = {server.name: state for server in fleet.servers if (state := stands_still(server, facts))}
    if not still:
        return
    areas = (k3s_config.steps(fleet, facts, known), upgrade.steps(fleet, facts, known))
    started = {step.target for steps in areas for step in steps if step.kind in ("k3s.configure", "k3s.upgrade")}
    told = {name: f"{name} is {state}" for name, state in still.items() if name not in started}
    servers = server_names(fleet)
    if of_servers := [name for name in servers if name in told]:
        why = f"K3s stands still where its data is: {', '.join(told[name] for name in of_servers)}"
        yield _start("cluster", why, servers, of_servers, facts, known)
    for name in sorted(told.keys() - set(servers)):
        yield _start(name, f"K3s stands still: {told[name]}", [name], [name], facts, known)


def _start(target: str, why: str, servers: Sequence[str], still: Sequence[str], facts: Facts, known: Known) -> Step:
    """`servers` are the same for a plan and for what is left of it after a kill; `still` are those that need it now."""
    names = [f"host:{name}:k3s" for name in servers]
    return Step(
        kind="k3s.start",
        target=target,
        reason=why,
        risk="restart",
        wants={"servers": list(servers)},
        rests_on=rests_on(facts, known, "known:cluster_id", *(f"host:{name}:k3s" for name in still)),
        changes=(*names, *K3S_CHANGES),
    )
