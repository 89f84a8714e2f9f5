"""A fleet whose servers are hosts of a test's network, and the outside world as an executor sees it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from momentum.adapters.ssh import Hosts, SshError
from momentum.fleet.facts import Facts, Known, Machine
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step
from momentum.provisioning.kinds import all_kinds
from momentum.provisioning.observe.hosts import read_hosts
from tests.hosts.network import Network


def fleet_of(network: Network, names: Iterable[str]) -> Fleet:
    """At most three are servers, so that their number is odd. The one key is the network's."""
    key = network.key.with_suffix(".pub").read_text().strip()
    names = list(names)
    servers = min(len(names), 3) - (len(names) == 2)
    return Fleet.model_validate(
        {
            "name": "test",
            "provider": {"datacenter": "GRA", "image": "Debian 12", "term_months": 12},
            "budget": {
                "vat_percent": 20,
                "servers_paid_from": "platform",
                "purses": [{"name": "platform", "eur_per_month": 50, "tax": "included", "belongs_to": "us"}],
            },
            "servers": [
                {
                    "name": name,
                    "role": "server" if number < servers else "agent",
                    "plan": "vps-2027-model3",
                    "mesh_address": f"10.90.0.{number + 1}",
                    "labels": {"role": "ingress"} if number == 0 else {},
                }
                for number, name in enumerate(names)
            ],
            "mesh": {"network": "10.90.0.0/24", "keepalive_s": 5},
            "k3s": {"version": "v1.36.3+k3s1", "channel": "v1.36", "api_name": "api.example.org"},
            "cilium": {},
            "firewall": {
                "open": [
                    {"name": "ssh", "protocol": "tcp", "port": 22},
                    {"name": "https", "protocol": "tcp", "port": 443, "on": {"role": "ingress"}},
                ]
            },
            "ssh": {"keys": [{"name": "operator", "public_key": key}]},
            "backups": {"endpoint": "s3.example.org", "region": "gra", "bucket": "momentum-test"},
        }
    )


def machines_of(network: Network, names: Iterable[str]) -> dict[str, Machine]:
    """As the provider would tell of these hosts."""
    addresses = {name: network.hosts[name].address for name in names}
    return {
        f"vps-{name}": Machine(f"vps-{name}", name, "", "", "running", "", address, None, True)
        for name, address in addresses.items()
    }


@dataclass
class Memory:
    """What an executor asks of the journal."""

    services: Mapping[str, str]
    remembered: dict[tuple[str, str], Any] = field(default_factory=dict)

    def known(self) -> Known:
        return Known(services=self.services)

    def remember(self, memory: str, target: str, value: Any) -> None:
        self.remembered[memory, target] = value


@dataclass
class Operator:
    """Looks and does single steps, as the executor's loop does; `said` is what the steps told."""

    fleet: Fleet
    network: Network
    hosts: Hosts
    said: list[str] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)

    @property
    def names(self) -> list[str]:
        return [server.name for server in self.fleet.servers]

    @property
    def journal(self) -> Memory:
        return Memory({name: f"vps-{name}" for name in self.names})

    provider, cluster, backups = None, None, None

    @property
    def known(self) -> Known:
        return self.journal.known()

    def look(self) -> Facts:
        read, unread = read_hosts(self.hosts, self.fleet, self.names)
        machines = machines_of(self.network, self.names)
        self.facts = Facts(machines=machines, hosts=read, unread={f"host:{name}": why for name, why in unread.items()})
        return self.facts

    def do(self, kind: str, target: str, **wants: Any) -> Mapping[str, Any]:
        return all_kinds()[kind](Step(kind, target, "a test", wants=wants), self, self.said.append)  # type: ignore[arg-type]

    def everywhere(self, kind: str, **wants: Any) -> list[Mapping[str, Any]]:
        """On all hosts at once."""
        answers = self.hosts.map(self.names, lambda name: self.do(kind, name, **wants))
        for answer in answers.values():
            if isinstance(answer, SshError):
                raise answer
        return [answer for answer in answers.values() if not isinstance(answer, SshError)]

    def bring_up(self, *kinds: str) -> None:
        """Each kind of step on every host after a look at all, as a bootstrap does; none named: all of the base."""
        for kind in kinds or ("load_sysctl", "mesh_key", "mesh_config", "load_firewall"):
            self.look()
            self.everywhere(kind)
        self.look()


def operator(network: Network, reach: Callable[..., Hosts], number: int, **options: Any) -> Operator:
    """With so many hosts, none of them touched yet; `options` are of Hosts."""
    names = [f"core-{each}" for each in range(number)]
    for name in names:
        network.add(name)
    return Operator(fleet_of(network, names), network, reach(**options))
