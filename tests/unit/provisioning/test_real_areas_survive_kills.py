"""The areas and executors as they are, killed on their way through a bootstrap: the same end, nothing twice."""

from __future__ import annotations

import pytest

from tests.counted import Counted
from tests.kill_sweep import Company, sweep
from tests.standins.folders import in_memory
from tests.standins.world import Fuse, Killed

SAMPLED = 5
"""Each fifth boundary here, by turns before and after a change; `python -m tests.kill_sweep` does every one."""


def test_killed_at_each_fifth_boundary_and_resumed(counted: Counted) -> None:
    found = sweep(SAMPLED)
    counted(f"killed at each fifth of {found.boundaries} boundaries, real areas", found.kills, len(found.wrong))
    assert found.wrong == []
    assert found.boundaries > 600


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
        assert company.counted() == (4, 4, 4, 4)
