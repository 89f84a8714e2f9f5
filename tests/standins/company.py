"""What outlives an operator: the account, hosts with their cluster, the object store, the disk with the journal."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from momentum.fleet.drift import Difference, drift
from momentum.fleet.facts import Facts
from momentum.fleet.plan import basis, plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan, Step
from momentum.provisioning.apply import apply
from momentum.provisioning.kinds import all_kinds
from momentum.provisioning.lease import TTL_S, Lease
from momentum.provisioning.looking import Readers, observer
from momentum.provisioning.observe import provider
from momentum.provisioning.observe.cluster import read_cluster
from momentum.provisioning.outside import Outside
from momentum.provisioning.reaching import point_at
from tests.provider_runs import ZONE, fleet_of
from tests.standins.cluster_api_in_memory import MemoryAccess
from tests.standins.k3s_in_memory import Cluster
from tests.standins.machines_in_memory import Box, MemoryHosts, operator_gone, read_hosts
from tests.standins.objects import MemoryStore
from tests.standins.operator import WatchedJournal
from tests.standins.ovh import OvhServer, World
from tests.standins.ovh.direct import direct_api
from tests.standins.world import Fuse, Killed

SECRETS = {"k3s_token": "token-of-tests", "s3_access_key": "access-of-tests", "s3_secret_key": "secret-of-tests"}


@dataclass
class Company:
    """`plans` counts those that were approved before what is swept now."""

    folder: Path
    fleet: Fleet = field(default_factory=fleet_of)
    server: OvhServer = field(default_factory=lambda: OvhServer(World(zones=(ZONE,)), checked=False))
    cluster: Cluster = field(default_factory=lambda: Cluster({}))
    store: MemoryStore = field(default_factory=MemoryStore)
    plans: int = 0
    journal: WatchedJournal | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)

    @property
    def boxes(self) -> dict[str, Box]:
        return self.cluster.boxes

    def copied(self, folder: Path) -> Company:
        """As all of it is at this moment, which is how an operator leaves it who is killed now."""
        world, cluster = deepcopy((self.server.world, self.cluster))
        store = MemoryStore()
        store.objects, store.now_s, store._writes = dict(self.store.objects), self.store.now_s, self.store._writes
        copy = Company(folder, self.fleet, OvhServer(world, checked=False), cluster, store, self.plans)
        open_now = self.journal and self.journal._database.serialize()
        (folder / "journal.db").write_bytes(open_now or (self.folder / "journal.db").read_bytes())
        return copy

    def apply(self, fuse: Fuse) -> list[Step]:
        """One call of apply as one process; the steps it did. The plan is that of the first call."""
        with _Operator(self, fuse) as operator:
            return operator.apply()

    def planned(self) -> tuple[Step, ...]:
        with _Operator(self, Fuse()) as operator:
            return operator.planned().steps

    def looked(self) -> tuple[Plan, list[Difference]]:
        """The plan of now, and what differs from the file."""
        with _Operator(self, Fuse()) as operator:
            return operator.planned(), drift(self.fleet, operator.facts, operator.known)

    def lost(self, name: str) -> tuple[Any, Box]:
        """The machine goes from the account, its disk with it; what both were."""
        machines = self.server.world.machines
        service = next(service for service, one in machines.items() if one.display_name == name)
        machine = machines.pop(service)
        return machine, self.boxes.pop(machine.ipv4)

    def forgets(self, name: str) -> None:
        """As `momentum infra forget` does after a yes."""
        with _Operator(self, Fuse()) as operator:
            operator.journal.remember("host_key", name, None)
            operator.journal.remember("service", name, None)

    def dies(self, at: int) -> str:
        """Killed at that boundary; its name."""
        fuse = Fuse(at)
        try:
            self.apply(fuse)
        except Killed:
            return fuse.names[-1]
        raise AssertionError(f"there is no boundary {at}")

    def left_alone(self, meanwhile: str = "") -> None:
        """Until hosts have taken back what nobody confirmed, and the dead operator's lease is over."""
        operator_gone(self.boxes)
        self.store.now_s += TTL_S + 2
        if meanwhile == "it came to its end":
            while self.cluster.moves_on(lambda _: None):
                pass
        elif meanwhile.startswith("it crashed"):
            self.cluster.crash()
        if meanwhile == "it crashed long ago":
            self.cluster.give_up_learners()

    def state(self) -> Any:
        boxes = {address: box.state() for address, box in sorted(self.boxes.items())}
        return self.server.world.dump(), boxes

    def counted(self) -> Counter[str]:
        """What must not be done twice."""
        world = self.server.world
        tasks = [task.type for vps in world.machines.values() for task in vps.tasks.values()]
        of_provider = {
            "orders": len(world.orders),
            "payments": len(world.payments),
            "machines": len(world.machines),
            "installations": tasks.count("reinstallVm"),
        }
        return Counter(of_provider) + self.cluster.done

    def starts(self) -> dict[str, int]:
        """Of K3s by host, without those that a crash made necessary."""
        return {address: box.k3s.starts - box.k3s.crashes for address, box in sorted(self.boxes.items())}


class _Operator:
    def __init__(self, company: Company, fuse: Fuse) -> None:
        self.company, fleet = company, company.fleet
        company.store.around = fuse
        company.journal = self.journal = WatchedJournal(company.folder / "journal.db", company.store)
        self.journal.fuse = fuse

        def around(when: str, method: str, path: str) -> None:
            if method != "GET":
                fuse(f"{when} {method} {path}")

        hosts, api = MemoryHosts(fleet, company.cluster, fuse), direct_api(company.server, around)
        self.outside = Outside(fleet, api, hosts, MemoryAccess(hosts), self.journal, Facts(), SECRETS)
        self.observe = observer(self.outside, self._readers())

    def __enter__(self) -> _Operator:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()
        self.company.journal = None

    def planned(self) -> Plan:
        self.facts, self.known = self.observe(None, None), self.journal.known()
        return plan(self.company.fleet, self.facts, self.known)

    def apply(self) -> list[Step]:
        begun = [row.plan for row in self.journal.history() if row.outcome == "approved"][self.company.plans :]
        if not begun:
            made = self.planned()
            self.journal.propose(made, basis(made, self.facts, self.known))
            self.journal.approve(made, "ana")
            begun = [made.hash]
        lease = Lease(self.company.store, "ana")
        return apply(begun[0], self.outside, self.observe, all_kinds(), lease=lease).done

    def _readers(self) -> Readers:
        outside = self.outside

        def read(names: Any, facts: Facts) -> Any:
            point_at(outside, names, facts)
            return read_hosts(outside.hosts, names)

        return Readers(
            machines=partial(provider.read_machines, outside.provider),
            machine=partial(provider.read_machine, outside.provider),
            dns=partial(provider.read_dns, outside.provider, outside.fleet),
            hosts=read,
            cluster=lambda facts: read_cluster(outside.fleet, facts, outside.hosts, outside.cluster),
        )
