"""A process that dies anywhere in a bootstrap: the next one ends where an unbroken one would have ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from momentum.fleet.steps import Step
from momentum.provisioning.lease import TTL_S
from momentum.provisioning.outside import Outside, Progress
from tests.counted import Counted
from tests.standins.areas import KINDS
from tests.standins.folders import in_memory
from tests.standins.objects import MemoryStore
from tests.standins.operator import Operator, WatchedJournal
from tests.standins.world import Fuse, Killed, World, small_fleet

ONCE = ("order", "payment", "cluster-init", "join", "rename", "file", "mesh key", "label", "dns")


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


def _begin(folder: Path) -> tuple[Operator, str]:
    operator = Operator(folder, small_fleet(), World(), MemoryStore())
    return operator, operator.approved().hash


def _light(operator: Operator, fuse: Fuse) -> None:
    operator.world.fuse = operator.store.around = fuse
    operator.journal.fuse = fuse


def _die(folder: Path, at: int) -> tuple[Operator, str, str]:
    """A bootstrap that is killed at its boundary `at`; also its plan and the boundary's name."""
    operator, plan = _begin(folder)
    fuse = Fuse(at)
    _light(operator, fuse)
    with pytest.raises(Killed):
        operator.apply(plan)
    operator.close()
    return operator, plan, fuse.names[-1]


def _resume(dead: Operator, plan: str, folder: Path) -> Operator:
    dead.world.fuse = dead.store.around = Fuse()
    dead.store.now_s += TTL_S + 2
    operator = Operator(folder, dead.fleet, dead.world, dead.store)
    operator.apply(plan)
    return operator


def test_killed_at_every_boundary_of_a_bootstrap_and_resumed(memory_folder: Path, counted: Counted) -> None:
    """Every third time the journal's file is lost as well, and comes back from the mirror."""
    whole, plan = _begin(memory_folder)
    fuse = Fuse()
    _light(whole, fuse)
    whole.apply(plan)
    whole.close()
    assert whole.world.done["payment"] == 4
    for at in range(1, fuse.passed + 1):
        folder = memory_folder / f"{at}"
        folder.mkdir()
        dead, plan, name = _die(folder, at)
        assert name == fuse.names[at - 1]
        if at % 3 == 0:
            for file in folder.iterdir():
                file.unlink()
        after = _resume(dead, plan, folder)
        world = after.world
        assert world.state() == whole.world.state(), name
        assert all(world.done[effect] == whole.world.done[effect] for effect in ONCE), (name, world.done)
        assert after.plan().steps == ()
        assert after.journal.known().orders == ()
        after.close()
    counted("killed at each boundary, simple areas; each third time the journal's file lost", fuse.passed)


def test_an_executor_that_forgets_its_cart_is_found_out(memory_folder: Path) -> None:
    """The proof can fail: without the memory of cart and order a kill leads to a second order."""

    def forgetful(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
        world = outside.provider
        order = world.checkout(world.new_cart())
        world.pay(order)
        return {"known": {"service": {step.target: world.orders[order]["service"]}}}

    operator, plan = _begin(memory_folder)
    operator.kinds = {**KINDS, "order": forgetful}
    _light(operator, Fuse(at_name="after order"))
    with pytest.raises(Killed):
        operator.apply(plan)
    assert _resume(operator, plan, memory_folder).world.done["order"] == 5


def test_killed_twice_and_thrice(memory_folder: Path) -> None:
    """A resume that is killed too, at boundaries of its own."""
    whole, plan = _begin(memory_folder)
    whole.apply(plan)
    whole.close()
    for at in range(3, 330, 13):
        folder = memory_folder / f"{at}"
        folder.mkdir()
        operator, plan, _ = _die(folder, at)
        for more in (5, 11):
            operator.store.now_s += TTL_S + 2
            operator.world.fuse = operator.store.around = Fuse()
            operator = Operator(folder, operator.fleet, operator.world, operator.store)
            _light(operator, Fuse(more))
            try:
                operator.apply(plan)
            except Killed:
                operator.close()
        assert _resume(operator, plan, folder).world.state() == whole.world.state()
        assert operator.world.done["payment"] == 4


@pytest.mark.fault("a real SIGKILL in the middle of an event of the journal")
def test_a_real_sigkill_in_the_middle_of_an_event_leaves_a_journal_that_opens(tmp_path: Path) -> None:
    """The process itself, not a simulation of it: what it had begun is known, nothing is torn."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        os.close(reading)

        def tell(name: str) -> None:
            os.write(writing, b".")

        operator, plan = _begin(tmp_path)
        _light(operator, _Every(tell))
        operator.apply(plan)
        os._exit(0)
    os.close(writing)
    passed = 0
    while passed < 57:
        passed += len(os.read(reading, 1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    journal = WatchedJournal(tmp_path / "ana.db", None)
    outcomes = [row.outcome for row in journal.history()]
    assert outcomes[0] == "approved"
    assert outcomes.count("open") <= 1
    assert outcomes.count("done") >= 2


class _Every(Fuse):
    def __init__(self, tell: Any) -> None:
        super().__init__()
        self._tell = tell

    def __call__(self, name: str) -> None:
        super().__call__(name)
        self._tell(name)
