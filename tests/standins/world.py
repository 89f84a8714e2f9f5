"""A world in memory: an account with machines, hosts, a cluster, a zone. Every effect is counted and can be died at."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from momentum.fleet.facts import (
    Cluster,
    DnsRecordFact,
    EtcdMember,
    Facts,
    FileFact,
    Host,
    Known,
    Machine,
    Node,
    PeerFact,
)
from momentum.fleet.schema import Fleet
from momentum.provisioning.fencing import REFUSED


class Killed(BaseException):
    """The process is gone: nothing catches it, and nothing that it does afterwards has an effect."""


@dataclass
class Fuse:
    """Counts boundaries; at the one it is set to, and at each after it, the process dies."""

    at: int | None = None
    at_name: str | None = None
    passed: int = 0
    dead: bool = False
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        if self.dead:
            raise Killed(name)
        if "lease" in name:  # its beats come by the clock, so they are no boundary that can be counted
            return
        self.passed += 1
        self.names.append(name)
        if self.passed == self.at or name == self.at_name:
            self.dead = True
            raise Killed(name)


@dataclass(frozen=True)
class Answer:
    exit: int
    out: str = ""
    err: str = ""


@dataclass
class StandInHost:
    address: str
    host_key: str
    files: dict[str, str] = field(default_factory=dict)
    mesh_key: str | None = None
    peers: dict[str, str] = field(default_factory=dict)
    firewall: str | None = None
    etcd: str | None = None
    joined: str | None = None
    epoch: int = 0


class World:
    """Named by what the executors need: provider, hosts and cluster in one. `done` counts every effect by name."""

    def __init__(self, fuse: Fuse | None = None) -> None:
        self.fuse = fuse or Fuse()
        self.done: Counter[str] = Counter()
        self.carts: dict[str, int | None] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.machines: dict[str, dict[str, str]] = {}
        self.host_of: dict[str, StandInHost] = {}
        self.nodes: dict[str, dict[str, str]] = {}
        self.members: list[str] = []
        self.cluster_id: str | None = None
        self.records: dict[str, str] = {}
        self.reads: Counter[str] = Counter()

    def effect(self, name: str, change: Callable[[], Any]) -> Any:
        self.fuse(f"before {name}")
        result = change()
        self.done[name] += 1
        self.fuse(f"after {name}")
        return result

    # The provider.

    def new_cart(self) -> str:
        def change() -> str:
            cart = f"cart-{len(self.carts) + 1}"
            self.carts[cart] = None
            return cart

        return self.effect("cart", change)

    def checkout(self, cart: str) -> int:
        def change() -> int:
            assert self.carts[cart] is None, "a cart is checked out once"
            order = 1000 + len(self.orders)
            self.carts[cart] = order
            self.orders[order] = {"paid": False, "service": None}
            return order

        return self.effect("order", change)

    def pay(self, order: int) -> None:
        def change() -> None:
            assert not self.orders[order]["paid"], "an order is paid once"
            number = len(self.machines) + 1
            service = f"vps-{number:04d}"
            self.orders[order] = {"paid": True, "service": service}
            self.machines[service] = {"name": service}
            self.host_of[service] = StandInHost(f"203.0.113.{number}", f"hostkey-{number}")

        self.effect("payment", change)

    def rename(self, service: str, name: str) -> None:
        self.effect("rename", lambda: self.machines[service].update(name=name))

    def record(self, name: str, value: str | None) -> None:
        self.effect(
            "dns", lambda: self.records.pop(name, None) if value is None else self.records.update({name: value})
        )

    # Hosts, by the service's name.

    def put(self, service: str, path: str, content: str) -> None:
        self.effect("file", lambda: self.host_of[service].files.update({path: content}))

    def change_host(self, name: str, service: str, **values: Any) -> None:
        self.effect(name, lambda: vars(self.host_of[service]).update(values))

    def run(self, service: str, argv: list[str], **_: Any) -> Answer:
        """The one command that an applier runs by itself: the comparison of epochs."""
        assert argv[3] == "fence"
        host, epoch = self.host_of[service], int(argv[4])
        if epoch < host.epoch:
            return Answer(REFUSED, err=str(host.epoch))
        host.epoch = epoch
        return Answer(0)

    # The cluster.

    def found(self, service: str, server: str, labels: dict[str, str]) -> None:
        def change() -> None:
            assert self.cluster_id is None, "a second cluster"
            self.cluster_id = "cluster-1"
            self.members.append(server)
            self.nodes[server] = dict(labels)
            self.host_of[service].etcd = self.host_of[service].joined = self.cluster_id

        self.effect("cluster-init", change)

    def join(self, service: str, server: str, *, member: bool) -> None:
        def change() -> None:
            assert self.cluster_id is not None
            assert server not in self.nodes, "a server joins once"
            if member:
                assert server not in self.members, "its stale member is there"
                self.members.append(server)
                self.host_of[service].etcd = self.cluster_id
            self.nodes[server] = {}
            self.host_of[service].joined = self.cluster_id

        self.effect("join", change)

    def label(self, server: str, labels: dict[str, str]) -> None:
        self.effect("label", lambda: self.nodes.update({server: dict(labels)}))

    # What is seen.

    def observe(self, changed: Collection[str] | None, before: Facts | None, known: Known) -> Facts:
        """Reads again only what was named, as the real one does."""
        facts = before or Facts()
        wanted = (
            {name.split(":")[0] for name in changed} if changed is not None else {"machines", "host", "cluster", "dns"}
        )
        if wanted & {"machines", "machine", "order"}:
            facts = replace(facts, machines=self._machines())
        if "host" in wanted:
            named = None if changed is None else {name.split(":")[1] for name in changed if name.startswith("host:")}
            seen = {s: self._host(v) for s, v in known.services.items() if named is None or s in named}
            facts = replace(facts, hosts={**facts.hosts, **seen})
        if "cluster" in wanted:
            facts = replace(facts, cluster=self._cluster())
        if "dns" in wanted:
            facts = replace(facts, dns=tuple(DnsRecordFact(1, n, "A", v, 300) for n, v in sorted(self.records.items())))
        return facts

    def state(self) -> Any:
        """All there is but carts that were never checked out, and the appliers' epochs."""
        hosts = {
            service: {k: v for k, v in vars(host).items() if k != "epoch"} for service, host in self.host_of.items()
        }
        return self.orders, self.machines, hosts, self.nodes, self.members, self.cluster_id, self.records

    def _machines(self) -> dict[str, Machine]:
        self.reads["machines"] += 1
        return {
            service: Machine(
                service=service,
                display_name=machine["name"],
                plan="vps-2027-model3",
                datacenter="GRA",
                state="running",
                image="Debian 13",
                public_ipv4=self.host_of[service].address,
                expires=None,
                renews=True,
            )
            for service, machine in self.machines.items()
        }

    def _host(self, service: str) -> Host:
        self.reads["host"] += 1
        host = self.host_of[service]
        peers = (PeerFact(key, endpoint, (), True) for key, endpoint in sorted(host.peers.items()))
        return Host(
            host_key=host.host_key,
            files={p: FileFact(hashlib.sha256(c.encode()).hexdigest(), "root", 0o644) for p, c in host.files.items()},
            sysctl={},
            mesh_public_key=host.mesh_key,
            mesh_peers=tuple(peers),
            firewall=host.firewall,
            authorized_keys=(),
            units={},
            k3s_version="v1.36.3+k3s1" if host.joined else None,
            etcd_on_disk=host.etcd is not None,
            cluster_id=host.joined,
            reboot_needed=False,
            clock_offset_s=0.0,
        )

    def _cluster(self) -> Cluster | None:
        self.reads["cluster"] += 1
        if self.cluster_id is None:
            return None
        nodes = (Node(n, True, False, dict(labels), "v1.36.3+k3s1", "") for n, labels in sorted(self.nodes.items()))
        members = (EtcdMember(f"id-{name}", name, "", True, True) for name in sorted(self.members))
        return Cluster(self.cluster_id, tuple(nodes), tuple(members), True)


def small_fleet(servers: int = 3, agents: int = 1) -> Fleet:
    """A fleet of so many servers with the rest as small as the schema allows."""
    names = [("server", f"s{i + 1}") for i in range(servers)] + [("agent", f"a{i + 1}") for i in range(agents)]
    return Fleet.model_validate(
        {
            "name": "momentum",
            "provider": {"datacenter": "GRA", "image": "Debian 13", "term_months": 12},
            "budget": {
                "vat_percent": 20,
                "servers_paid_from": "servers",
                "purses": [{"name": "servers", "eur_per_month": 50, "tax": "included", "belongs_to": "Momentum"}],
            },
            "servers": [
                {
                    "name": name,
                    "role": role,
                    "plan": "vps-2027-model3",
                    "mesh_address": f"10.90.{i // 200}.{i % 200 + 1}",
                    "labels": {"role": "ingress"} if i % 2 else {"role": "data"},
                }
                for i, (role, name) in enumerate(names)
            ],
            "mesh": {"network": "10.90.0.0/16"},
            "k3s": {"version": "v1.36.3+k3s1", "channel": "v1.36", "api_name": "api.momentum.example"},
            "cilium": {},
            "firewall": {"open": [{"name": "https", "protocol": "tcp", "port": 443}]},
            "ssh": {"keys": [{"name": "ops", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ops"}]},
            "dns": {"zone": "momentum.example"},
            "backups": {"endpoint": "s3.gra.io.example", "region": "gra", "bucket": "momentum"},
        }
    )
