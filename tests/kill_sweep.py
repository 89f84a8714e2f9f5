"""Every area and executor as they are, against the world in memory, killed at every boundary and resumed.

`python -m tests.kill_sweep` does all of them in each scenario; `--every 7` each seventh; words choose scenarios by what
their names contain. Boundaries are before and after each changing call of the provider, each change on a host, each
change in the cluster, each event of the journal on the disk and each in the object store, and after each thing that a
K3s does by itself. Where one was on its way when the operator died, four cases are tried: it came to its end before
the next call, it crashed and stays down, just now or so long ago that its cluster has given it up, or it goes on while
the next operator looks.

A way is right if it ends as the unbroken one: the same state, nothing left to do, nothing ordered, paid, installed,
founded, joined, registered or restored twice, and no K3s started once more than a crash made necessary.
"""

from __future__ import annotations

import argparse
import json
import os
import pprint
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any
from unittest.mock import patch

from momentum.errors import MomentumError
from momentum.fleet.render import k3s
from momentum.provisioning.execute import k3s_host
from tests.kill_scenarios import SCENARIOS, Scenario
from tests.standins.company import Company
from tests.standins.folders import in_memory
from tests.standins.world import Fuse

MEANWHILE = ("it came to its end", "it crashed", "it crashed long ago", "it goes on")


@dataclass
class Visited(Fuse):
    """Nobody dies: at each of these boundaries the world is looked at as it is."""

    at_each: frozenset[int] = frozenset()
    visit: Callable[[int, str], None] = lambda *_: None

    def __call__(self, name: str) -> None:
        before = self.passed
        super().__call__(name)
        if self.passed > before and self.passed in self.at_each:
            self.visit(self.passed, name)


@dataclass(frozen=True)
class End:
    """Where a way came to, `left` are steps of a fresh plan."""

    state: Any
    counted: Mapping[str, int]
    starts: Mapping[str, int]
    left: tuple[str, ...]

    @classmethod
    def of(cls, company: Company) -> End:
        left = tuple(f"{step.kind} {step.target}" for step in company.planned())
        return cls(company.state(), dict(company.counted()), company.starts(), left)

    def unlike(self, wanted: End) -> str:
        for name in ("left", "counted", "starts", "state"):
            if getattr(self, name) != getattr(wanted, name):
                found, should = (pprint.pformat(getattr(one, name)).splitlines() for one in (self, wanted))
                pairs = [
                    (one.strip(), other.strip()) for one, other in zip(found, should, strict=False) if one != other
                ]
                return f"{name}: " + "; ".join(f"{one}, not {other}" for one, other in pairs)[:600]
        return ""


@dataclass
class Swept:
    scenario: str
    boundaries: int
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        told = f"{self.scenario}: {self.kills} kills at {self.boundaries} boundaries, {len(self.wrong)} ended otherwise"
        return "\n  ".join([f"{told}, {self.seconds:.1f} s", *self.wrong])


def sweep(scenario: Scenario, every: int = 1, part: int = 0, parts: int = 1) -> Swept:
    """At each `every`th boundary, the last one included; of these every `parts`th, from `part` on."""
    began = time.monotonic()
    with in_memory() as folder, at_speed():
        start = scenario.ready(folder / "start")
        assert {step.kind for step in start.planned()}.issuperset(scenario.needs)
        whole, fuse = start.copied(folder / "whole"), Fuse()
        whole.apply(fuse)
        wanted, swept = End.of(whole), Swept(scenario.name, fuse.passed)
        assert not wanted.left, wanted.left

        def visit(at: int, name: str) -> None:
            for meanwhile in MEANWHILE if start.cluster.on_their_way() else ("",):
                killed = start.copied(folder / "killed")
                killed.left_alone(meanwhile)
                swept.kills += 1
                if wrong := _resumed(killed, wanted):
                    swept.wrong.append(f"{at}, {name}{meanwhile and ', ' + meanwhile}: {wrong}")
                shutil.rmtree(killed.folder)

        chosen = [*range(1, fuse.passed, every), fuse.passed][part::parts]
        start.apply(Visited(at_each=frozenset(chosen), visit=visit))
    swept.seconds = time.monotonic() - began
    return swept


def _resumed(killed: Company, wanted: End) -> str:
    """What is not as it should be."""
    try:
        killed.apply(Fuse())
        if again := killed.apply(Fuse()):
            return f"applied once more: {[f'{step.kind} {step.target}' for step in again]}"
    except (MomentumError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"
    return End.of(killed).unlike(wanted)


@contextmanager
def at_speed() -> Iterator[None]:
    """No wait between two looks at a K3s; and a configuration is put into words once, which is half of the time."""
    written: dict[str, str] = {}
    write = k3s._yaml

    def remembered(values: dict[str, Any]) -> str:
        key = json.dumps(values)
        if key not in written:
            written[key] = write(values)
        return written[key]

    with patch.object(k3s_host, "BETWEEN_LOOKS_S", 0), patch.object(k3s, "_yaml", remembered):
        yield


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("only", nargs="*")
    chosen = arguments.parse_args()
    began, all_swept = time.monotonic(), []
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for number, scenario in enumerate(SCENARIOS):
            if all(word in scenario.name for word in chosen.only):
                all_swept.append(_by_all(pool, number, chosen.every, chosen.jobs))
                print(all_swept[-1], flush=True)
    kills, wrong = sum(one.kills for one in all_swept), sum(len(one.wrong) for one in all_swept)
    seconds = time.monotonic() - began
    print(f"in all: {kills} kills in {len(all_swept)} scenarios, {wrong} ended otherwise, {seconds:.0f} s")
    return bool(wrong)


def _by_all(pool: ProcessPoolExecutor, number: int, every: int, jobs: int) -> Swept:
    began = time.monotonic()
    parts = list(pool.map(_part, repeat(number), repeat(every), range(jobs), repeat(jobs)))
    wrong = [line for part in parts for line in part.wrong]
    kills = sum(part.kills for part in parts)
    return Swept(SCENARIOS[number].name, parts[0].boundaries, kills, wrong, time.monotonic() - began)


def _part(number: int, every: int, part: int, parts: int) -> Swept:
    return sweep(SCENARIOS[number], every, part, parts)


if __name__ == "__main__":
    raise SystemExit(main())
