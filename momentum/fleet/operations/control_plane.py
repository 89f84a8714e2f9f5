"""The other servers, one at a time; and any server that lost its disk, the first one included.

etcd remembers a member that is gone, and refuses it under its name: the stale member is removed, then the server
joins through any that lives. Its node object goes too: K3s keeps a password for each node and a wiped one has another.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import (
    K3S_CHANGES,
    begun,
    changeable,
    founder,
    joining_without_majority,
    lost_for_good,
    member_of,
    node_of,
    unseen,
)
from momentum.fleet.quorum import server_names
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    restored = first_restored(fleet, facts, known)
    if restored is None and not changeable(fleet, facts, known):
        if known.cluster_id is not None:
            for name in joining_without_majority(fleet, facts):
                yield _join(fleet, name, False, facts, known)
        return
    names = [
        name
        for name in server_names(fleet)
        if name != restored and name != founder(fleet, facts, known) and not unseen(name, fleet, facts, known)
    ]
    if restored is not None:
        for name in names:
            yield from _after_restore(fleet, name, facts, known)
        return
    # every stale member first: etcd takes nobody in while it misses one
    for name in names:
        yield from _stale(name, facts, known)
    for name in names:
        on_disk, member = _on_disk(name, facts), member_of(name, facts.cluster)
        if begun(name, facts) or not on_disk or member is None:
            yield _join(fleet, name, on_disk and member is None, facts, known)


def first_restored(fleet: Fleet, facts: Facts, known: Known) -> str | None:
    """The server on which a restore begins, if there must be one."""
    if not lost_for_good(fleet, facts, known):
        return None
    servers = server_names(fleet)
    return next((name for name in servers if facts.hosts[name].etcd_on_disk), servers[0])


def _stale(name: str, facts: Facts, known: Known) -> Iterator[Step]:
    """What the cluster remembers of a server whose etcd is gone; once its join was begun, that is the join itself."""
    if _on_disk(name, facts) or begun(name, facts):
        return
    if member_of(name, facts.cluster) is not None:
        yield remove_member(name, "its disk has no etcd any more, and etcd still counts it", facts, known)
    if node_of(name, facts.cluster) is not None:
        yield delete_node(name, "its disk was wiped: K3s would refuse it under the old node's password", facts, known)


def _on_disk(name: str, facts: Facts) -> bool:
    host = facts.hosts.get(name)
    return host is not None and host.etcd_on_disk


def _after_restore(fleet: Fleet, name: str, facts: Facts, known: Known) -> Iterator[Step]:
    """A restored etcd has one member and the nodes of the snapshot, whatever is told of them now."""
    on_disk = facts.hosts[name].etcd_on_disk
    if not on_disk:
        yield delete_node(name, "its disk was wiped: K3s would refuse it under the old node's password", facts, known)
    yield _join(fleet, name, on_disk, facts, known)


def _join(fleet: Fleet, name: str, stale: bool, facts: Facts, known: Known) -> Step:
    """stale: etcd on its disk is not of this cluster any more."""
    reason = "its join was begun and is not at its end" if begun(name, facts) else "it is no member of the cluster"
    kind = "k3s.rejoin" if stale or begun(name, facts) == "k3s.rejoin" else "k3s.join"
    if kind == "k3s.rejoin":
        reason += "; etcd on its disk is of before a restore or a removal, and is moved away"
    return Step(
        kind=kind,
        target=name,
        reason=reason,
        risk="destroys data" if kind == "k3s.rejoin" else "restart",
        wants={"version": fleet.k3s.version, "role": "server"},
        rests_on=rests_on(facts, known, "known:cluster_id", "cluster:members", f"host:{name}:k3s"),
        changes=(f"host:{name}:k3s", f"host:{name}:files", *K3S_CHANGES),
    )


def remove_member(name: str, why: str, facts: Facts, known: Known) -> Step:
    member = member_of(name, facts.cluster)
    return Step(
        kind="etcd.remove_member",
        target=name,
        reason=why,
        risk="destroys data",
        wants={"member": member.id if member else None},
        rests_on=rests_on(facts, known, "cluster:members"),
        changes=("cluster:members",),
    )


def delete_node(name: str, why: str, facts: Facts, known: Known) -> Step:
    return Step(
        kind="node.delete",
        target=name,
        reason=why,
        risk="restart",
        wants={"node": name},
        rests_on=rests_on(facts, known, "cluster:nodes"),
        # K3s takes the member of a deleted node away by itself where it is still there
        changes=K3S_CHANGES,
    )
