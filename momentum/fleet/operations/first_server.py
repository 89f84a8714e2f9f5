"""The first server, while there is no cluster; and the way back when there is none any more.

Once the journal knows a cluster no second one is founded, whatever became of the first server: it joins as any other,
or, with the majority lost for good, a snapshot is restored after a person said yes to exactly that.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known, Snapshot
from momentum.fleet.membership import K3S_CHANGES, founder, lost_for_good, works
from momentum.fleet.quorum import server_names
from momentum.fleet.schema import Fleet
from momentum.fleet.snapshots import NEWEST, newest_for, told
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if lost_for_good(fleet, facts, known):
        yield _restore(fleet, facts, known)
    elif known.cluster_id is None and (first := founder(fleet, facts, known)):
        yield _found(fleet, first, facts, known)
    elif known.cluster_id is None and works(facts):
        yield Step(
            kind="cluster.remember",
            target="cluster",
            reason="there is a cluster that the journal does not know; from then on no other is founded",
            wants={"cluster_id": facts.cluster.cluster_id if facts.cluster else ""},
            rests_on=rests_on(facts, known, "known:cluster_id", "cluster:id"),
            changes=("known:cluster_id",),
        )


def _found(fleet: Fleet, first: str, facts: Facts, known: Known) -> Step:
    return Step(
        kind="k3s.found",
        target=first,
        reason="there is no cluster: the journal knows none, and no server has etcd on its disk or cannot be seen",
        risk="restart",
        wants={"version": fleet.k3s.version, "founding": True, "join_via": None},
        rests_on=rests_on(facts, known, "known:cluster_id", "cluster:members", *_disks(fleet)),
        changes=(f"host:{first}:k3s", f"host:{first}:files", "cluster:id", "known:cluster_id", *K3S_CHANGES),
    )


def _restore(fleet: Fleet, facts: Facts, known: Known) -> Step:
    """On a server that still has etcd, whose snapshots are on its disk; else on the first, from the object store.

    Named is when the snapshot was taken: with its age it would be another plan every minute.
    """
    servers = server_names(fleet)
    there = [name for name in servers if facts.hosts[name].etcd_on_disk]
    target = (there or servers)[0]
    fact = f"snapshot:{target}"
    snapshot = None if "snapshot" in facts.unread else newest_for(target, facts)
    return Step(
        kind="k3s.restore",
        target=target,
        reason=f"{len(there)} of {len(servers)} servers have etcd on their disk: the majority is lost for good. "
        f"{_which(snapshot, facts)}; what was written after it is gone. Then the others join (docs/restore.md)",
        risk="destroys data",
        wants={"version": fleet.k3s.version, "snapshot": snapshot.name if snapshot else NEWEST},
        rests_on=rests_on(facts, known, "known:cluster_id", "cluster:members", fact, *_disks(fleet)),
        # K3s is stopped on every server
        changes=(fact, *_disks(fleet), f"host:{target}:files", "cluster:id", *K3S_CHANGES),
    )


def _which(snapshot: Snapshot | None, facts: Facts) -> str:
    if snapshot is not None:
        return f"{told(snapshot)}, the newest on its disk and in the object store, is restored here"
    if why := facts.unread.get("snapshot"):
        return f"The newest on its disk and in the object store is to be restored here, which is not seen now: {why}"
    return "A snapshot is to be restored here, and there is none, on its disk or in the object store: put one there"


def _disks(fleet: Fleet) -> list[str]:
    return [f"host:{name}:k3s" for name in server_names(fleet)]
