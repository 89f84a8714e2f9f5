"""Kubernetes' API over the cluster in memory, as far as `ClusterApi` offers it. Each change is a boundary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from momentum.adapters.kubernetes import ClusterError, NotDrained
from momentum.fleet.facts import Node
from tests.standins.k3s_in_memory import Cluster, Etcd
from tests.standins.machines_in_memory import Box, MemoryHosts


class MemoryAccess:
    """As `ClusterAccess`: through the first of these servers that serves."""

    def __init__(self, hosts: MemoryHosts) -> None:
        self.hosts, self.cluster = hosts, hosts.cluster

    def through(self, servers: Sequence[str]) -> MemoryApi:
        self.cluster.moves_on(self.hosts.fuse)
        for server in servers:
            box = self.hosts.box(server)
            if self.cluster.serves(box):
                return MemoryApi(self.cluster, box, self.hosts.fuse)
        raise ClusterError(f"no server's Kubernetes answers: {', '.join(servers) or 'there is none to ask'}")


class MemoryApi:
    def __init__(self, cluster: Cluster, box: Box, fuse: Callable[[str], None]) -> None:
        self.cluster, self.box, self.fuse = cluster, box, fuse

    def not_ready(self) -> str:
        return "" if self.cluster.serves(self.box) else "it does not answer"

    def cluster_id(self) -> str:
        return self._etcd.kept.uid

    def nodes(self) -> tuple[Node, ...]:
        return self.cluster.nodes(self._etcd)

    def label(self, node: str, labels: Mapping[str, str], remove: Sequence[str] = ()) -> None:
        self._patch(node, {**labels, **dict.fromkeys(remove)})

    def cordon(self, node: str, mark: tuple[str, str]) -> None:
        self._patch(node, dict([mark]), cordoned=True)

    def uncordon(self, node: str, mark: str) -> None:
        self._patch(node, {mark: None}, cordoned=False)

    def drain(self, node: str, *, within_s: float, say: Callable[[str], None]) -> None:
        """A pod is gone once the kubelet there says so: it must run, and reach the servers."""
        assert self._etcd.kept.nodes[node]["cordoned"]
        there = self.cluster.at(self._etcd.kept.nodes[node]["address"])
        if there is None or not self.cluster.sees(self.box, there):
            raise NotDrained(f"{node} is not drained after {within_s:.0f} s")
        self._change("drain", lambda: None)

    def delete_node(self, node: str) -> bool:
        """K3s forgets its password, and takes its member out of etcd where it is still there."""
        kept = self._etcd.kept
        if node not in kept.nodes:
            return False

        def change() -> None:
            address = kept.nodes.pop(node)["address"]
            kept.passwords.pop(node, None)
            for member in [one for one in self._etcd.named() if one.address == address]:
                del self._etcd.members[member.id]

        self._change("delete node", change)
        return True

    @property
    def _etcd(self) -> Etcd:
        if not self.cluster.serves(self.box) or self.box.k3s.etcd is None:
            raise ClusterError("the API server does not answer")
        return self.box.k3s.etcd

    def _patch(self, node: str, labels: Mapping[str, str | None], **values: Any) -> None:
        kept = self._etcd.kept.nodes
        if node not in kept:
            raise ClusterError(f"the API server refused (changing {node}): 404")

        def change() -> None:
            kept[node].update(values)
            merged = {**kept[node]["labels"], **labels}
            kept[node]["labels"] = {key: value for key, value in merged.items() if value is not None}

        self._change("change node", change)

    def _change(self, name: str, change: Callable[[], None]) -> None:
        self.fuse(f"before {name}")
        change()
        self.fuse(f"after {name}")
