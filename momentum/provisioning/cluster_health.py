"""May data be written? Asked by the night's schedule in its tick, and by every run before it writes.

A check in the graph stops its own run only; without quorum no pod starts, and what runs already should not write.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from momentum.settings import Settings

TIMEOUT_S = 10.0
_OF_ETCD = "/readyz/etcd"
"""For this answer the API server reads a key of etcd through a majority of its members, and remembers it for about
five seconds. Who asks must be allowed to read /readyz/*, which Kubernetes' own role system:monitoring gives."""


@dataclass(frozen=True)
class ClusterHealth:
    """`message` says how the cluster is, or why that is not asked."""

    ok: bool
    message: str


def cluster_health(settings: Settings) -> ClusterHealth:
    """Whether etcd has quorum, by the word of the API server; in production, and where a way to it is known."""
    if settings.profile != "production":
        return ClusterHealth(True, "embedded, not applicable")
    if settings.kubeconfig is None and "KUBERNETES_SERVICE_HOST" not in os.environ:
        return ClusterHealth(True, "not connected: neither a pod of the cluster, nor is MOMENTUM_KUBECONFIG set")
    lost = _etcd_trouble(settings.kubeconfig)
    return ClusterHealth(not lost, f"the cluster has no quorum: {lost}" if lost else "the cluster has quorum")


def _etcd_trouble(kubeconfig: Path | None) -> str:
    """What keeps etcd from answering, or the API server; empty where both are well."""
    from momentum.adapters.kubernetes import ClusterError, connect, connect_in_cluster

    try:
        api = connect_in_cluster() if kubeconfig is None else connect(kubeconfig.read_text(encoding="utf-8"))
    except (ClusterError, OSError) as error:
        return f"no way to its API server is known: {error}"
    return api.not_ready(_OF_ETCD, timeout_s=TIMEOUT_S)
