"""Every call of a bootstrap of four at the provider, struck by every fault: four of everything, and the same end.

A fault's trial begins with world and journal as they were when the step began to which the call belongs. Where the
call changes something, it goes on to the end of the bootstrap. Where it reads, it goes on to the end of the step: the
loop keeps nothing between steps but world and journal, and where those are as in the run without a fault, so is the
rest.
"""

from __future__ import annotations

import pickle
import random
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from momentum.adapters.ovh import OutcomeUnknown
from momentum.errors import MomentumError
from tests.counted import Counted
from tests.provider_runs import Killed, MemoryJournal, apply, fleet_of, new_server, no_kill, told_of, unbroken
from tests.standins.ovh import Fault, OvhServer
from tests.standins.ovh.direct import direct_api

SERVERS = 4
PASSING: dict[str, dict[str, Any]] = {
    "429 with Retry-After": {"kind": "429", "seconds": 7},
    "429 without Retry-After": {"kind": "429 without Retry-After"},
    "500": {"kind": "500"},
    "500 after the change": {"kind": "500", "changed": True},
    "502": {"kind": "502"},
    "503": {"kind": "503"},
    "no JSON after the change": {"kind": "no JSON"},
    "answer lost before the change": {"kind": "lost before"},
    "answer lost after the change": {"kind": "lost after"},
    "another clock": {"kind": "out of time"},
}
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "invalid signature": ({"kind": "invalid signature"}, "check the application secret"),
    "429 for good": ({"kind": "429", "seconds": 7}, "wait a minute, then repeat"),
    "away for good": ({"kind": "503"}, "(repeat later|Apply again)"),
}
"""From that call on. They end an apply with such words; the next one, when they are over, goes on."""


@dataclass(frozen=True)
class Call:
    """The `number`th call of its step. `before` is world and journal as the step begins, `after` as it has ended."""

    method: str
    number: int
    before: bytes
    after: Any


@cache
def bootstrap() -> tuple[dict[str, Any], list[Call]]:
    """The end, and every call on the way to it."""
    server, journal = new_server(), MemoryJournal()
    calls: list[Call] = []
    methods: list[str] = []
    before = pickle.dumps((server.world, journal))

    def step_ended() -> None:
        calls.extend(Call(method, number, before, seen(server, journal)) for number, method in enumerate(methods, 1))
        methods.clear()

    def around(when: str, method: str, what: str) -> None:
        nonlocal before
        if when == "before" and method != "journal":
            methods.append(method)
        if (when, method, what) == ("after", "journal", "done"):
            step_ended()
            journal.around = no_kill
            before = pickle.dumps((server.world, journal))
            journal.around = around

    journal.around = around
    apply(fleet_of(SERVERS), direct_api(server, around), journal)
    step_ended()
    return server.world.dump(), calls


def seen(server: OvhServer, journal: MemoryJournal) -> Any:
    """World and journal without the time of day."""
    known = journal.known()
    done = [event.body["entry"] for event in journal.events if event.what == "done"]
    steps = [event.body["step"]["id"] for event in journal.events if event.what == "begun" and event.seq in done]
    return server.world.dump(), replace(known, orders=tuple(replace(one, since="") for one in known.orders)), steps


def until_the_step_ends(when: str, _: str, what: str) -> None:
    if (when, what) == ("after", "done"):
        raise Killed


def struck(call: Call, fault: dict[str, Any], words: str | None) -> str:
    """What is wrong with how it went on; empty where all is well. `words` are those that a lasting fault ends in."""
    world, journal = pickle.loads(call.before)  # noqa: S301 - our own bytes, and ten times as fast as a deep copy
    server = OvhServer(world, checked=False)
    numbers = range(call.number, call.number + (1 if words is None else 100))
    struck = server.faults.add(Fault(**fault, calls=frozenset(numbers)))
    journal.around = until_the_step_ends if call.method == "GET" else no_kill
    try:
        if words is not None:
            with pytest.raises(MomentumError, match=words):
                apply(fleet_of(SERVERS), direct_api(server), journal)
            server.faults.clear()
        apply(fleet_of(SERVERS), direct_api(server), journal)
    except Killed:
        pass
    assert struck.hits >= 1
    if call.method != "GET":
        return told_of(server, bootstrap()[0], SERVERS)
    found = seen(server, journal)
    return "" if found == call.after else f"the step ended otherwise: {found}"


@pytest.mark.parametrize("name", [*PASSING, *LASTING])
def test_each_fault_at_each_call(name: str, counted: Counted) -> None:
    """A fault that passes is survived without words; a call is made again only where that is safe."""
    _, calls = bootstrap()
    fault, words = LASTING[name] if name in LASTING else (PASSING[name], None)
    wrong = {number: why for number, call in enumerate(calls, 1) if (why := struck(call, fault, words))}
    counted(f"API, each call of 4 servers: {name}", len(calls), len(wrong))
    assert not wrong, f"{len(wrong)} of {len(calls)}: call {min(wrong)}: {wrong[min(wrong)]}"
    assert len(calls) > 800
    assert sum(call.method != "GET" for call in calls) > 50


def test_every_answer_lost_then_killed(counted: Counted) -> None:
    """The worst of both: the change is made, the answer lost, and the process dies of it."""
    end, events = unbroken(2)
    posts = sum(1 for when, method, _ in events if (when, method) == ("before", "POST"))
    wrong = []
    for number in range(1, posts + 1):
        server, journal, count = new_server(), MemoryJournal(), Counter[str]()

        def die(when: str, method: str, path: str, count: Counter[str] = count, number: int = number) -> None:
            count[f"{when} {method}"] += 1
            if (when, method) == ("after", "POST") and count["after POST"] == number:
                raise Killed

        with pytest.raises(Killed):
            apply(fleet_of(2), direct_api(server, die), journal)
        apply(fleet_of(2), direct_api(server), journal)
        wrong += [why] if (why := told_of(server, end, 2)) else []
    counted("API: answer lost, then killed", posts, len(wrong))
    assert not wrong


def test_lost_again_and_again_is_told() -> None:
    server = new_server()
    server.faults.add(Fault("lost before", "POST", "/order/cart", calls=None))
    with pytest.raises(OutcomeUnknown, match="what stands in the account is read first"):
        apply(fleet_of(1), direct_api(server), MemoryJournal())
    assert not server.world.orders


def test_anything_at_any_time(counted: Counted) -> None:
    """A hundred times two servers, every twelfth call or so struck by any fault or a kill, until it is through."""
    end, _ = unbroken(2)
    strikes, wrong = Counter[str](), {}
    for seed in range(100):
        chance, server, journal = random.Random(seed), new_server(), MemoryJournal()

        def strike(when: str, method: str, path: str, chance: random.Random = chance) -> None:
            if chance.random() < 0.02:
                strikes["kill"] += 1
                raise Killed

        server.faults.any_call = lambda method, path, chance=chance: any_fault(chance, strikes)
        for _ in range(400):
            journal.around = strike
            try:
                apply(fleet_of(2), direct_api(server, strike), journal)
                break
            except (Killed, MomentumError):
                assert len(server.world.orders) <= 2
        else:
            raise AssertionError(f"seed {seed} does not come to an end")
        if why := told_of(server, end, 2):
            wrong[seed] = why
    counted("API: any fault or kill at any time, 100 runs", sum(strikes.values()), len(wrong))
    assert not wrong
    assert set(strikes) == {"kill", *PASSING}


def any_fault(chance: random.Random, strikes: Counter[str]) -> Fault | None:
    if chance.random() > 0.06:
        return None
    name = chance.choice(list(PASSING))
    strikes[name] += 1
    return Fault(**PASSING[name])
