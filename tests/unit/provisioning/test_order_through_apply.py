"""Machines and records through the real loop: one approved plan holds from the first look to the last step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import dns, servers
from momentum.fleet.plan import Plan, basis, plan
from momentum.fleet.schema import Fleet
from momentum.provisioning.apply import WorldMoved, apply
from momentum.provisioning.journal import Journal
from momentum.provisioning.lease import TTL_S, Lease
from momentum.provisioning.looking import Readers, observer
from momentum.provisioning.observe import provider
from momentum.provisioning.outside import Outside
from tests.counted import Counted
from tests.provider_runs import KINDS, ZONE, HostsThatShowKeys, Killed, fleet_of
from tests.standins.objects import MemoryStore
from tests.standins.ovh import Fault, OvhServer, World
from tests.standins.ovh.direct import direct_api

AREAS = {"servers": servers.steps, "dns": dns.steps, "leaving": servers.ending}
Around = Callable[[str, str, str], None]


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    """Thousands of safe writes: in memory where the system has such a folder."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


class Operator:
    """One process of the operator at a time."""

    def __init__(self, folder: Path, fleet: Fleet, server: OvhServer) -> None:
        self.path, self.fleet, self.server, self.store = folder / "journal.db", fleet, server, MemoryStore()

    def process(self, plan_hash: str | None, around: Around = lambda *_: None) -> str:
        """Plan and approve for None, else apply. A new process: the lease of a dead one has run out."""
        self.store.now_s += TTL_S + 2
        api, journal = direct_api(self.server, around), Journal(self.path, self.store)
        try:
            outside = Outside(self.fleet, api, HostsThatShowKeys(), None, journal, Facts())
            readers = Readers(
                machines=lambda: provider.read_machines(api),
                machine=lambda service: provider.read_machine(api, service),
                dns=lambda: provider.read_dns(api, outside.fleet),
                hosts=lambda names, facts: ({}, {}),
                cluster=lambda facts: None,
            )
            observe = observer(outside, readers)
            if plan_hash is not None:
                apply(plan_hash, outside, observe, KINDS, lease=Lease(self.store, "ana"), planner=planner)
                return plan_hash
            facts = observe(None, None)
            made = planner(self.fleet, facts, journal.known())
            journal.approve(made, "ana", basis(made, facts, journal.known()))
            return made.hash
        finally:
            journal.close()


def planner(fleet: Fleet, facts: Facts, known: Known) -> Plan:
    return plan(fleet, facts, known, AREAS)


def begin(folder: Path, servers_kept: int) -> tuple[Operator, str]:
    folder.mkdir(exist_ok=True)
    operator = Operator(folder, fleet_of(servers_kept), OvhServer(World(zones=(ZONE,)), checked=False))
    return operator, operator.process(None)


def test_the_plan_of_nothing_there_is_applied_to_the_end(memory_folder: Path) -> None:
    operator, approved = begin(memory_folder, 4)
    operator.process(approved)
    world = operator.server.world
    assert (len(world.orders), len(world.payments), len(world.machines)) == (4, 4, 4)
    before, mutating = world.whole(), operator.server.mutating.total()
    operator.process(approved)
    assert (world.whole(), operator.server.mutating.total()) == (before, mutating)


def test_killed_at_calls_and_resumed_under_the_same_approval(memory_folder: Path, counted: Counted) -> None:
    whole, approved = begin(memory_folder / "whole", 2)
    calls: list[str] = []
    whole.process(approved, lambda when, method, path: calls.append(f"{when} {method}"))
    end, killed = whole.server.world.dump(), 0
    points = [number for number, call in enumerate(calls) if not call.endswith("GET") or number % 11 == 0]
    for point in points:
        operator, approved = begin(memory_folder / f"{point}", 2)
        passed = iter(range(len(calls)))

        def die(*_: str, passed: Iterator[int] = passed, point: int = point) -> None:
            if next(passed) == point:
                raise Killed

        with pytest.raises(Killed):
            operator.process(approved, die)
        operator.process(approved)
        world = operator.server.world
        assert (len(world.orders), len(world.payments), len(world.machines)) == (2, 2, 2)
        assert world.dump() == end
        killed += 1
    counted("order of 2, killed in the real loop, resumed under the same approval", killed)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("500 after the change", Fault("500", changed=True)),
        ("answer lost after the change", Fault("lost after")),
        ("invalid signature", Fault("invalid signature")),
    ],
)
def test_a_fault_at_each_call_of_the_loop(name: str, fault: Fault, memory_folder: Path, counted: Counted) -> None:
    """A refusal is told, and a new process goes on under the same approval."""
    whole, approved = begin(memory_folder / "whole", 1)
    calls: list[str] = []
    whole.process(approved, lambda when, method, path: calls.append(method) if when == "before" else None)
    end, wrong, told = whole.server.world.dump(), [], 0
    for number in range(1, len(calls) + 1):
        operator, approved = begin(memory_folder / f"{number}", 1)
        struck = operator.server.faults.add(replace(fault, calls=frozenset({number})))
        try:
            operator.process(approved)
        except MomentumError as error:
            assert fault.kind == "invalid signature" and "check the application secret" in str(error)
            told += 1
        operator.process(approved)
        assert struck.hits == 1
        world = operator.server.world
        if world.dump() != end or (len(world.orders), len(world.payments), len(world.machines)) != (1, 1, 1):
            wrong.append(number)
    counted(f"API, each call of 1 server in the real loop: {name}", len(calls), len(wrong))
    assert not wrong
    assert len(calls) > 100
    # After the last step four look at the records.
    assert told == (len(calls) - 4 if fault.kind == "invalid signature" else 0)


def test_a_machine_that_appears_after_the_approval_stops_the_order(memory_folder: Path) -> None:
    operator, approved = begin(memory_folder, 2)
    other, plan_of_other = begin(memory_folder / "other", 1)
    other.process(plan_of_other)
    operator.server.world.machines |= other.server.world.machines
    with pytest.raises(WorldMoved):
        operator.process(approved)
    assert not operator.server.world.orders
