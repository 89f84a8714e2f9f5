"""A fleet on test hosts with K3s's stand-in: what an executor of K3s sees, and what a test may do to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from momentum.adapters.ssh import Hosts
from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations.etcdctl import PROGRAM
from momentum.provisioning.cluster_access import OverSsh
from momentum.provisioning.observe.cluster import read_cluster
from tests.cluster import build
from tests.hosts.machine import TestHost
from tests.hosts.network import Network
from tests.hosts.small_fleet import Memory, Operator, fleet_of

CANARY = "canary-a-secret-that-must-not-be-seen"
SECRETS = {"k3s_token": f"{CANARY}-token", "s3_access_key": f"{CANARY}-s3", "s3_secret_key": f"{CANARY}-s3-secret"}


@dataclass
class K3sOperator(Operator):
    cluster_id: str | None = None
    secrets: Mapping[str, str] = field(default_factory=lambda: dict(SECRETS))

    def __post_init__(self) -> None:
        self.cluster = OverSsh(self.hosts)  # type: ignore[assignment]

    @property
    def journal(self) -> Any:
        services = {name: f"vps-{name}" for name in self.names}
        memory = Memory(services)
        memory.known = lambda: Known(services=services, cluster_id=self.cluster_id)  # type: ignore[method-assign]
        return memory

    def look(self) -> Facts:
        facts = self.facts = super().look()
        try:
            cluster, unread = read_cluster(self.fleet, facts, self.hosts, self.cluster), {}  # type: ignore[arg-type]
        except MomentumError as error:
            cluster, unread = None, {"cluster": str(error)}
        self.facts = Facts(
            machines=facts.machines, hosts=facts.hosts, cluster=cluster, unread={**facts.unread, **unread}
        )
        return self.facts

    def step(self, kind: str, target: str, **wants: Any) -> Mapping[str, Any]:
        """After a look at all; what is to be remembered is."""
        self.look()
        result = self.do(kind, target, version=self.fleet.k3s.version, **wants)
        if "known" in result:
            self.cluster_id = result["known"]["cluster_id"][""]
        return result

    def host(self, name: str) -> Any:
        return self.network.hosts[name]

    def wipe(self, name: str) -> None:
        wipe(self.host(name))


def wipe(host: TestHost) -> None:
    """K3s and all that it had is gone, as with an empty disk; mesh and firewall are there."""
    host.sh(
        "systemctl stop k3s; systemctl stop k3s-agent; "
        "rm -rf /var/lib/rancher/k3s /etc/rancher /usr/local/bin/k3s /etc/systemd/system/k3s*.service "
        "/var/lib/momentum/k3s.*"
    )


def fit_for_k3s(host: TestHost, disk: Path, address: str, store: str) -> None:
    """A real disk, for etcd takes 64 MB at once, twice; and the object store's name, with where it is in a test."""
    disk.mkdir(parents=True)
    host.sh(f"mkdir -p /var/lib/rancher; mount --bind {disk} /var/lib/rancher; echo '{address} {store}' >>/etc/hosts")


def k3s_operator(network: Network, reach: Callable[..., Hosts], number: int, disk: Path) -> K3sOperator:
    """Mesh and firewall up, no K3s."""
    names = [f"core-{each}" for each in range(number)]
    for name in names:
        host = network.add(name)
        fit_for_k3s(host, disk / name, network.address(1), "s3.example.org")
        host.sh(f"ln -sf {build.folder() / 'etcdctl'} {PROGRAM}")
    operator = K3sOperator(fleet_of(network, names), network, reach())
    operator.bring_up()
    return operator
