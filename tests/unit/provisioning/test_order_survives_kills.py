"""An order of four servers, killed anywhere: exactly four orders, four payments, four machines, and the same end."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.counted import Counted
from tests.provider_runs import (
    Killed,
    MemoryJournal,
    Occurred,
    Watch,
    apply,
    fleet_of,
    looked,
    new_server,
    no_kill,
    planned,
    told_of,
    unbroken,
)
from tests.standins.ovh import OvhServer, World
from tests.standins.ovh.direct import direct_api


def after_kill(servers: int, kill_at: int) -> OvhServer:
    server, watch = new_server(), Watch(kill_at)
    journal = MemoryJournal(watch)
    with pytest.raises(Killed):
        apply(fleet_of(servers), direct_api(server, watch), journal)
    apply(fleet_of(servers), direct_api(server), journal)
    return server


def test_killed_at_every_change_and_every_journal_write(counted: Counted) -> None:
    """The process dies before and after each."""
    end, events = unbroken(4)
    points = [number for number, (_, method, _) in enumerate(events, 1) if method != "GET"]
    wrong = {number: told for number in points if (told := told_of(after_kill(4, number), end, 4))}
    counted("order of 4, killed at each change and journal write", len(points), len(wrong))
    assert not wrong, f"{len(wrong)} of {len(points)}: {events[min(wrong) - 1]}: {wrong[min(wrong)]}"
    assert len(points) > 200


def test_resumed_from_every_moment(counted: Counted) -> None:
    """Before and after every call, reading ones too. What a kill leaves is the world and the journal: both are copied
    at each moment of one unbroken run at which they are not as at the moment before, and resumed from there."""
    server, journal = new_server(), MemoryJournal()
    moments, states = 0, dict[tuple[int, ...], tuple[Occurred, World, MemoryJournal]]()

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
    counted("order of 4, resumed from each state that a kill can leave", len(states), len(wrong))
    assert not wrong, f"{len(wrong)} of {len(states)}: {next(iter(wrong.items()))}"
    assert moments > 1000
    assert len(states) > 200


def test_killed_twice(counted: Counted) -> None:
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
    counted("order of 2, killed, and again while it resumes", runs, len(wrong))
    assert not wrong
    assert runs > 60


def test_a_second_apply_changes_nothing() -> None:
    server, journal = new_server(), MemoryJournal()
    apply(fleet_of(4), direct_api(server), journal)
    before = server.world.whole()
    server.calls.clear()
    assert apply(fleet_of(4), direct_api(server), journal) == []
    assert server.world.whole() == before
    assert {method for method, _, _ in server.calls} == {"GET"}


def test_lost_journal_orders_nothing_beside_what_is_marked() -> None:
    server = new_server()
    apply(fleet_of(4), direct_api(server), MemoryJournal())
    facts = looked(direct_api(server), fleet_of(4))
    assert list(planned(fleet_of(4), facts, MemoryJournal().known())) == []
