"""Snapshots of etcd in the object store, where K3s's servers put them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from momentum.fleet.facts import Snapshot
from momentum.fleet.snapshots import FOLDER, snapshot

if TYPE_CHECKING:
    from momentum.adapters.object_store import ObjectStore

CLUSTER_LABEL = "k3s-cluster-id"
"""Under which K3s notes the cluster's id on each object."""


def newest_stored(store: ObjectStore | None, cluster_id: str | None) -> Snapshot | None:
    """The newest that is of this cluster, as far as it is labelled; None where there is none, or no store.

    Another cluster may have had the folder before. Raises StoreUnreachable.
    """
    if store is None:
        return None
    found = []
    for stored in store.listed(f"{FOLDER}/"):
        name = stored.key.removeprefix(f"{FOLDER}/")
        if "/" not in name and stored.size and (one := snapshot(name, stored.written_s)):
            found.append(one)
    for one in sorted(found, key=lambda one: (one.taken_s, one.name), reverse=True):
        labels = store.labels(f"{FOLDER}/{one.name}")
        if labels is not None and labels.get(CLUSTER_LABEL, cluster_id) == cluster_id:
            return one
    return None
