"""The areas and executors as they are, killed in the midst of what can befall a fleet: the same end, nothing twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from tests.counted import Counted
from tests.kill_scenarios import SCENARIOS, Scenario
from tests.kill_sweep import Visited, at_speed, sweep
from tests.standins.company import Company
from tests.standins.folders import in_memory
from tests.standins.world import Fuse, Killed

SAMPLED = {"a bootstrap of 4 servers": 15, "another server in the place of one": 23}
"""Each such boundary, by turns before and after a change, else each ninth; `python -m tests.kill_sweep` does all."""


@pytest.fixture(autouse=True)
def _at_speed() -> Iterator[None]:
    with at_speed():
        yield


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[one.name for one in SCENARIOS])
def test_killed_at_sampled_boundaries_and_resumed(scenario: Scenario, counted: Counted) -> None:
    every = SAMPLED.get(scenario.name, 9)
    found = sweep(scenario, every)
    counted(f"killed, {scenario.name}, {found.boundaries} boundaries, one of {every}", found.kills, len(found.wrong))
    assert found.wrong == []
    assert found.kills >= found.boundaries / every


def test_a_change_that_nobody_confirmed_is_taken_back_and_made_again() -> None:
    """The sweep's hosts are no friendlier than real ones."""
    with in_memory() as folder:
        company = Company(folder)
        with pytest.raises(Killed):
            company.apply(Fuse(at_name="before keep firewall"))
        box = next(box for box in company.boxes.values() if box.undo is not None)
        assert box.rules is not None
        company.left_alone()
        assert box.rules is None
        company.apply(Fuse())
        assert box.rules is not None
        assert company.counted()["orders"] == company.counted()["payments"] == 4


@pytest.mark.parametrize("at", [1, 97, 640, 760])
def test_what_a_dead_process_leaves_is_the_world_as_it_was_when_it_died(at: int) -> None:
    """So the sweep may look at the world at each boundary of one run instead of running anew to each."""
    with in_memory() as folder:
        died, looked_at = Company(folder / "died"), Company(folder / "looked at")
        died.dies(at)
        copies = []
        looked_at.apply(
            Visited(at_each=frozenset({at}), visit=lambda *_: copies.append(looked_at.copied(folder / "copy")))
        )
        [copy] = copies
        assert copy.state() == died.state()
        assert copy.counted() == died.counted()
        assert _events(copy) == _events(died)


def _events(company: Company) -> tuple[int, list[str]]:
    """How many the disk has, and those of the object store."""
    with sqlite3.connect(company.folder / "journal.db") as database:
        [(kept,)] = database.execute("SELECT COUNT(*) FROM events")
    return kept, sorted(key for key in company.store.objects if "lease" not in key)
