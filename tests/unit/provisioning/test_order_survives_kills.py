"""An order of four servers, killed anywhere: exactly four orders, four payments, four machines, and the same end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from momentum.adapters.ovh import OutcomeUnknown
from momentum.errors import MomentumError
from tests.provider_runs import ZONE, Killed, MemoryJournal, apply, fleet_of, looked, no_kill, planned
from tests.standins.ovh import Fault, OvhServer, World
from tests.standins.ovh.direct import direct_api

Event = tuple[str, str, str]


@dataclass
class Watch:
    """Counts events of calls and journal writes, and kills at one of them."""

    kill_at: int = 0
    seen: list[Event] = field(default_factory=list)

    def __call__(self, when: str, method: str, path: str) -> None:
        self.seen.append((when, method, path))
        if len(self.seen) == self.kill_at:
            raise Killed


def new_server() -> OvhServer:
    return OvhServer(World(zones=(ZONE,)), checked=False)


def unbroken(servers: int) -> tuple[dict[str, Any], list[Event]]:
    server, watch = new_server(), Watch()
    apply(fleet_of(servers), direct_api(server, watch), MemoryJournal(watch))
    return server.world.dump(), watch.seen


def after_kill(servers: int, kill_at: int) -> OvhServer:
    server, watch = new_server(), Watch(kill_at)
    journal = MemoryJournal(watch)
    with pytest.raises(Killed):
        apply(fleet_of(servers), direct_api(server, watch), journal)
    apply(fleet_of(servers), direct_api(server), journal)
    return server


def told_of(server: OvhServer, end: dict[str, Any], servers: int) -> str:
    """What is wrong with how it ended; empty where all is well."""
    world = server.world
    found = (len(world.orders), len(world.payments), len(world.machines))
    rebuilds = [task.type for vps in world.machines.values() for task in vps.tasks.values()].count("reinstallVm")
    if found != (servers,) * 3 or rebuilds != servers:
        return f"{found} orders, payments, machines, {rebuilds} installations"
    return "" if world.dump() == end else f"another end: {world.dump()}"


def test_killed_at_every_change_and_every_journal_write() -> None:
    """The process dies before and after each."""
    end, events = unbroken(4)
    points = [number for number, (_, method, _) in enumerate(events, 1) if method != "GET"]
    wrong = {number: told for number in points if (told := told_of(after_kill(4, number), end, 4))}
    assert not wrong, f"{len(wrong)} of {len(points)}: {events[min(wrong) - 1]}: {wrong[min(wrong)]}"
    writes = sum(events[number - 1][1] == "journal" for number in points) // 2
    print(f"\nkilled before and after {writes} journal writes and {len(points) // 2 - writes} changing calls: same end")
    assert len(points) > 200


def test_resumed_from_every_moment() -> None:
    """Before and after every call, reading ones too. What a kill leaves is the world and the journal: both are copied
    at each moment of one unbroken run at which they are not as at the moment before, and resumed from there."""
    server, journal = new_server(), MemoryJournal()
    moments, states = 0, dict[tuple[int, ...], tuple[Event, World, MemoryJournal]]()

    def copied(*event: str) -> None:
        nonlocal moments
        moments += 1
        state = (len(journal.events), int(server.world.clock()), server.mutating.total())
        if state not in states:
            journal.around = no_kill
            states[state] = (event, deepcopy(server.world), deepcopy(journal))  # type: ignore[assignment]
            journal.around = copied

    journal.around = copied
    apply(fleet_of(4), direct_api(server, copied), journal)
    end, wrong = server.world.dump(), {}
    for state, (event, world, left) in states.items():
        resumed = OvhServer(world, checked=False)
        apply(fleet_of(4), direct_api(resumed), left)
        if told := told_of(resumed, end, 4):
            wrong[state, event] = told
    assert not wrong, f"{len(wrong)} of {len(states)}: {next(iter(wrong.items()))}"
    print(f"\n{moments} moments of an order of four, {len(states)} different states, each resumed: 4 of everything")
    assert moments > 1000
    assert len(states) > 200


def test_killed_twice() -> None:
    """Every seventh point, and again a while into the resume."""
    end, events = unbroken(2)
    wrong, runs = [], 0
    for first in range(1, len(events), 7):
        server, journal = new_server(), MemoryJournal()
        for kill_at in (first, 23 + first % 50):
            journal.around = watch = Watch(kill_at)
            try:
                apply(fleet_of(2), direct_api(server, watch), journal)
            except Killed:
                runs += 1
        journal.around = Watch()
        apply(fleet_of(2), direct_api(server), journal)
        if told := told_of(server, end, 2):
            wrong.append((first, told))
    assert not wrong
    assert runs > 60


@pytest.mark.parametrize(
    "fault",
    [
        lambda **at: Fault("lost after", **at),
        lambda **at: Fault("lost before", **at),
        lambda **at: Fault("500", **at, changed=True),
        lambda **at: Fault("503", **at),
        lambda **at: Fault("no JSON", **at),
    ],
    ids=["lost after the change", "lost before", "500 after the change", "503 before", "no JSON after the change"],
)
def test_answer_lost_at_every_mutating_call(fault: Callable[..., Fault]) -> None:
    end, events = unbroken(4)
    calls = Counter(method for when, method, _ in events if when == "before" and method not in ("GET", "journal"))
    wrong = {}
    for method, count in calls.items():
        for number in range(1, count + 1):
            server = new_server()
            struck = server.faults.add(fault(method=method, calls=frozenset({number})))
            apply(fleet_of(4), direct_api(server), MemoryJournal())
            assert struck.hits == 1
            if told := told_of(server, end, 4):
                wrong[method, number] = told
    assert not wrong
    print(f"\n{sum(calls.values())} mutating calls ({dict(calls)}), each answer lost once: same end")
    assert calls["POST"] > 30


def test_every_answer_lost_then_killed() -> None:
    """The worst of both: the change is made, the answer lost, and the process dies of it."""
    end, events = unbroken(2)
    posts = sum(1 for when, method, _ in events if (when, method) == ("before", "POST"))
    for number in range(1, posts + 1):
        server, journal, count = new_server(), MemoryJournal(), Counter[str]()

        def die(when: str, method: str, path: str, count: Counter[str] = count, number: int = number) -> None:
            count[f"{when} {method}"] += 1
            if (when, method) == ("after", "POST") and count["after POST"] == number:
                raise Killed

        with pytest.raises(Killed):
            apply(fleet_of(2), direct_api(server, die), journal)
        assert not told_of_after_resume(server, journal, end)


def told_of_after_resume(server: OvhServer, journal: MemoryJournal, end: dict[str, Any]) -> str:
    apply(fleet_of(2), direct_api(server), journal)
    return told_of(server, end, 2)


KINDS = ("429", "429 without Retry-After", "500", "503", "lost before", "lost after")


def test_api_fault_at_every_call() -> None:
    """Of one server's whole way. A fault that passes is survived; the call is made again only where that is safe."""
    end, events = unbroken(1)
    calls = sum(1 for when, method, _ in events if when == "before" and method != "journal")
    for kind in KINDS:
        for number in range(1, calls + 1):
            server = new_server()
            struck = server.faults.add(Fault(kind, calls=frozenset({number}), seconds=7))  # type: ignore[arg-type]
            apply(fleet_of(1), direct_api(server), MemoryJournal())
            assert struck.hits == 1
            assert not told_of(server, end, 1), f"{kind} at call {number}"
    print(f"\n{calls} calls x {len(KINDS)} faults = {calls * len(KINDS)} runs: one order, one payment, one machine")


def test_api_away_from_every_call_on_is_told_and_resumed() -> None:
    end, events = unbroken(1)
    calls = sum(1 for when, method, _ in events if when == "before" and method != "journal")
    told = Counter[str]()
    for number in range(1, calls + 1, 3):
        server, journal = new_server(), MemoryJournal()
        server.faults.add(Fault("503", calls=frozenset(range(number, number + 200))))
        with pytest.raises(MomentumError, match=r"(repeat|Apply again)") as caught:
            apply(fleet_of(1), direct_api(server), journal)
        told[type(caught.value).__name__] += 1
        server.faults.clear()
        apply(fleet_of(1), direct_api(server), journal)
        assert not told_of(server, end, 1)
    print(f"\nAPI away from {sum(told.values())} calls on: {dict(told)}, each resumed to the same end")


def test_a_second_apply_changes_nothing() -> None:
    server, journal = new_server(), MemoryJournal()
    apply(fleet_of(4), direct_api(server), journal)
    before, mutating = server.world.whole(), server.mutating.total()
    server.calls.clear()
    assert apply(fleet_of(4), direct_api(server), journal) == []
    print(f"\n{mutating} mutating calls for 4 servers; an apply without a change: {len(server.calls)} calls, all read")
    assert server.world.whole() == before
    assert {method for method, _, _ in server.calls} == {"GET"}


def test_lost_journal_orders_nothing_beside_what_is_marked() -> None:
    server = new_server()
    apply(fleet_of(4), direct_api(server), MemoryJournal())
    facts = looked(direct_api(server), fleet_of(4))
    assert [step.kind for step in planned(fleet_of(4), facts, MemoryJournal().known())] == ["dns.records"] * 2


def test_lost_again_and_again_is_told() -> None:
    server = new_server()
    server.faults.add(Fault("lost before", "POST", "/order/cart", calls=None))
    with pytest.raises(OutcomeUnknown, match="what stands in the account is read first"):
        apply(fleet_of(1), direct_api(server), MemoryJournal())
    assert not server.world.orders


def test_anything_at_any_time() -> None:
    """A hundred times two servers, every twelfth call or so struck by any fault or a kill, until it is through."""
    end, _ = unbroken(2)
    strikes = Counter[str]()
    for seed in range(100):
        chance, server, journal = random.Random(seed), new_server(), MemoryJournal()

        def strike(when: str, method: str, path: str, chance: random.Random = chance) -> None:
            if chance.random() < 0.02:
                strikes["kill"] += 1
                raise Killed

        server.faults.any_call = lambda method, path, chance=chance: _struck(chance, strikes)
        for _ in range(400):
            journal.around = strike
            try:
                apply(fleet_of(2), direct_api(server, strike), journal)
                break
            except (Killed, MomentumError):
                assert len(server.world.orders) <= 2
        else:
            raise AssertionError(f"seed {seed} does not come to an end")
        assert not told_of(server, end, 2), f"seed {seed}"
    print(f"\n100 runs, {sum(strikes.values())} strikes {dict(strikes)}: two orders, payments, machines each")


def _struck(chance: random.Random, strikes: Counter[str]) -> Fault | None:
    if chance.random() > 0.06:
        return None
    kind = chance.choice([*KINDS, "no JSON", "502", "out of time"])
    strikes[kind] += 1
    return Fault(kind, seconds=5, changed=kind in ("500", "502") and chance.random() < 0.5)  # type: ignore[arg-type]
