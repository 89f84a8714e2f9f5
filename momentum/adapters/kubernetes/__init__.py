"""Kubernetes' API: nodes, and what is done to them.

Here belong: questions and changes of one cluster, waiting for what it answers. Here does not belong: a rule of the
fleet, or when to ask.
"""

from momentum.adapters.kubernetes.api import ClusterApi, ClusterError, NotDrained, connect, connect_in_cluster

__all__ = ["ClusterApi", "ClusterError", "NotDrained", "connect", "connect_in_cluster"]
