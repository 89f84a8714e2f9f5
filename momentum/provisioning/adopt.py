"""Taking over a machine that exists: the journal learns which server it is, and its host key.

Nothing is changed on the machine; the next plan shows what would be. Without this the server would be ordered anew.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from momentum.errors import MomentumError

if TYPE_CHECKING:
    from momentum.fleet.facts import Machine
    from momentum.provisioning.connect import World
    from momentum.settings import Settings


class NotAdopted(MomentumError):
    """The machine cannot be this server; nothing was remembered."""


@dataclass(frozen=True)
class Adoption:
    """What a person is asked to agree to. `fingerprint` is of the key that the host shows, as ssh-keygen tells it;
    `cluster_id` as its own files say, None without K3s."""

    server: str
    machine: Machine
    host_key: str
    cluster_id: str | None

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(base64.b64decode(self.host_key.split()[1])).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def adopt(settings: Settings, server: str, service: str, agreed: Callable[[Adoption], bool]) -> Adoption:
    """Looks at the machine, asks, remembers. Raises NotAdopted, and what stands in the way of looking."""
    from momentum.provisioning.connect import connected
    from momentum.provisioning.session import fleet_to_apply, lease_on

    fleet = fleet_to_apply(settings)
    with connected(settings, fleet, to_apply=True) as world:
        journal = world.outside.journal
        found = _looked_at(world, server, service)
        if not agreed(found):
            raise NotAdopted("no yes; nothing was remembered")
        with lease_on(world):
            journal.synchronise()
            journal.remember("host_key", server, found.host_key)
            if any(order.server == server for order in world.outside.known.orders):
                journal.remember("order", server, None)  # or the machine would be installed anew as one just delivered
            journal.remember("service", server, service)  # last: until it is known which server it is, nothing counts
        return found


def _looked_at(world: World, server: str, service: str) -> Adoption:
    from momentum.adapters.ssh import Endpoint
    from momentum.provisioning.observe.hosts import read_host

    fleet, hosts, facts = world.outside.fleet, world.outside.hosts, world.look()
    if facts.machines is None:
        raise NotAdopted(f"the provider's machines cannot be read: {facts.unread['machines']}")
    machine = _machine(world, facts.machines, server, service)
    hosts.endpoints[server] = Endpoint(machine.public_ipv4, fleet.ssh.user, fleet.ssh.port)
    host_key = hosts.shown_host_key(server)
    hosts.pin(server, host_key)
    wanted = next(one for one in fleet.servers if one.name == server)
    cluster_id = read_host(hosts, server, fleet, wanted).cluster_id
    others = {host.cluster_id for name, host in facts.hosts.items() if name != server and host.cluster_id}
    if cluster_id and others and cluster_id not in others:
        raise NotAdopted(
            f"{service} belongs to another cluster than the servers of this fleet: it would be a second one. Take K3s "
            "off it first, or leave it out"
        )
    return Adoption(server, machine, host_key, cluster_id)


def _machine(world: World, machines: Mapping[str, Machine], server: str, service: str) -> Machine:
    """Raises NotAdopted where the machine is not there, or is another server."""
    fleet, known = world.outside.fleet, world.outside.known
    if server not in {one.name for one in fleet.servers}:
        raise NotAdopted(
            f"the fleet file has no server {server!r}; there are {', '.join(s.name for s in fleet.servers)}"
        )
    if service not in machines:
        raise NotAdopted(f"the account has no machine {service!r}; there are {', '.join(sorted(machines)) or 'none'}")
    if others := [name for name, of in known.services.items() if of == service and name != server]:
        raise NotAdopted(f"{service} is {others[0]} already")
    now = known.services.get(server)
    if now not in (None, service) and now in machines:
        raise NotAdopted(f"{server} is {now} already, which is still there")
    return machines[service]
