"""Every area and executor as they are, against the world in memory, killed at every boundary and resumed.

`python -m tests.kill_sweep` does all of them; `--every 7` each seventh. Boundaries are before and after each changing
call of the provider, each change on a host, each event of the journal on the disk and each in the object store. K3s
has no stand-in in memory: its areas are left out, and that is all that is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan import AREAS, Steps, basis, plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan
from momentum.provisioning.apply import apply
from momentum.provisioning.kinds import all_kinds
from momentum.provisioning.lease import TTL_S, Lease
from momentum.provisioning.looking import Readers, observer
from momentum.provisioning.observe import provider
from momentum.provisioning.outside import Outside
from tests.infra_command import OF_K3S
from tests.provider_runs import ZONE, fleet_of
from tests.standins.folders import in_memory
from tests.standins.machines_in_memory import Box, MemoryHosts, operator_gone, read_hosts
from tests.standins.objects import MemoryStore
from tests.standins.operator import WatchedJournal
from tests.standins.ovh import OvhServer, World
from tests.standins.ovh.direct import direct_api
from tests.standins.world import Fuse, Killed

PLANNED: Mapping[str, Steps] = {name: steps for name, steps in AREAS.items() if name not in OF_K3S}


@dataclass
class Company:
    """What outlives an operator: account, hosts, object store, the disk with the journal."""

    folder: Path
    fleet: Fleet = field(default_factory=fleet_of)
    server: OvhServer = field(default_factory=lambda: OvhServer(World(zones=(ZONE,)), checked=False))
    boxes: dict[str, Box] = field(default_factory=dict)
    store: MemoryStore = field(default_factory=MemoryStore)

    def apply(self, fuse: Fuse) -> int:
        """One call of apply as one process; how many steps it did. The plan is that of the first call."""
        self.store.around = fuse
        journal = WatchedJournal(self.folder / "journal.db", self.store)
        journal.fuse = fuse

        def around(when: str, method: str, path: str) -> None:
            if method != "GET":
                fuse(f"{when} {method} {path}")

        hosts, api = MemoryHosts(self.fleet, self.boxes, fuse), direct_api(self.server, around)
        outside = Outside(self.fleet, api, hosts, None, journal, Facts())
        observe = observer(outside, _readers(outside))
        try:
            facts, known = observe(None, None), journal.known()
            begun = [row.plan for row in journal.history() if row.outcome == "approved"]
            if not begun:
                made = _planned(self.fleet, facts, known)
                journal.propose(made, basis(made, facts, known))
                journal.approve(made, "ana")
                begun = [made.hash]
            lease = Lease(self.store, "ana")
            return len(apply(begun[0], outside, observe, all_kinds(), lease=lease, planner=_planned).done)
        finally:
            journal.close()

    def dies(self, at: int) -> str:
        """Killed at that boundary; its name."""
        fuse = Fuse(at)
        try:
            self.apply(fuse)
        except Killed:
            self.left_alone()
            return fuse.names[-1]
        raise AssertionError(f"there is no boundary {at}")

    def left_alone(self) -> None:
        """Until hosts have taken back what nobody confirmed, and the dead operator's lease is over."""
        operator_gone(self.boxes)
        self.store.now_s += TTL_S + 2

    def state(self) -> Any:
        boxes = {address: box.state() for address, box in sorted(self.boxes.items())}
        return self.server.world.dump(), boxes

    def counted(self) -> tuple[int, int, int, int]:
        world = self.server.world
        tasks = [task.type for vps in world.machines.values() for task in vps.tasks.values()]
        return len(world.orders), len(world.payments), len(world.machines), tasks.count("reinstallVm")


def _planned(fleet: Fleet, facts: Facts, known: Known) -> Plan:
    return plan(fleet, facts, known, PLANNED)


def _readers(outside: Outside) -> Readers:
    api, hosts = outside.provider, outside.hosts

    def read(names: Any, facts: Facts) -> Any:
        from momentum.provisioning.connect import _point_at

        _point_at(outside, names, facts)
        return read_hosts(hosts, names)

    return Readers(
        machines=partial(provider.read_machines, api),
        machine=partial(provider.read_machine, api),
        dns=partial(provider.read_dns, api, ZONE),
        hosts=read,
        cluster=lambda _: None,
    )


@dataclass(frozen=True)
class Swept:
    boundaries: int
    kills: int
    wrong: list[str]
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills at {self.boundaries} boundaries of a bootstrap of 4 servers (all areas but K3s's): "
            f"{len(self.wrong)} ended otherwise or with an order, payment or installation twice, {self.seconds:.1f} s"
        )


def sweep(every: int = 1, servers: int = 4) -> Swept:
    """At each `every`th boundary, the last one included."""
    began, wrong, kills = time.monotonic(), [], 0
    with in_memory() as folder:
        whole, fuse = Company(_new(folder, "whole"), fleet_of(servers)), Fuse()
        whole.apply(fuse)
        assert whole.counted() == (servers,) * 4
        for at in [*range(1, fuse.passed, every), fuse.passed]:
            killed = Company(_new(folder, str(at)), fleet_of(servers))
            name = killed.dies(at)
            kills += 1
            killed.apply(Fuse())
            if killed.counted() != whole.counted() or killed.state() != whole.state() or killed.apply(Fuse()):
                wrong.append(f"{at}: {name}: {killed.counted()}")
    return Swept(fuse.passed, kills, wrong, time.monotonic() - began)


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1)
    found = sweep(arguments.parse_args().every)
    print(found)
    print("\n".join(found.wrong))
    raise SystemExit(bool(found.wrong))
