"""One operator's machine: a journal on its disk, the store that all share, one call of apply as one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan import Steps, basis, plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan
from momentum.provisioning.apply import Applied, Told, apply
from momentum.provisioning.journal import Journal
from momentum.provisioning.lease import Lease
from momentum.provisioning.outside import Execute, Outside
from tests.standins.areas import AREAS, KINDS
from tests.standins.objects import MemoryStore
from tests.standins.world import Fuse, World


class WatchedJournal(Journal):
    """Dies before and after each event, as the fuse says; the mirror's writes lie between."""

    fuse: Fuse | None = None

    def _append(self, what: str, plan_hash: str, **body: Any) -> int:
        if self.fuse:
            self.fuse(f"before journal {what}")
        seq = super()._append(what, plan_hash, **body)
        if self.fuse:
            self.fuse(f"after journal {what}")
        return seq


class _HostsByServer:
    def __init__(self, world: World, journal: Journal) -> None:
        self._world, self._journal = world, journal

    def run(self, server: str, argv: list[str], **options: Any) -> Any:
        return self._world.run(self._journal.known().services[server], argv, **options)


class Operator:
    """`areas` and `kinds` are what is proved; the simple ones of the tests by default."""

    def __init__(
        self,
        folder: Path,
        fleet: Fleet,
        world: World,
        store: MemoryStore,
        *,
        name: str = "ana on laptop",
        areas: Mapping[str, Steps] = AREAS,
        kinds: Mapping[str, Execute] = KINDS,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.fleet, self.world, self.store, self.name, self.areas, self.kinds = fleet, world, store, name, areas, kinds
        self.path = folder / f"{name.split(maxsplit=1)[0]}.db"
        self.journal = WatchedJournal(self.path, store, tell=tell)

    def plan(self) -> Plan:
        facts, known = self._observe(None, None), self.journal.known()
        made = plan(self.fleet, facts, known, self.areas)
        self.journal.propose(made, basis(made, facts, known))
        return made

    def approved(self) -> Plan:
        made = self.plan()
        self.journal.approve(made, self.name)
        return made

    def apply(self, plan_hash: str, told: Callable[[Told], None] = lambda _: None) -> Applied:
        hosts = _HostsByServer(self.world, self.journal)
        outside = Outside(self.fleet, self.world, hosts, self.world, self.journal, Facts())
        lease = Lease(self.store, self.name)
        return apply(plan_hash, outside, self._observe, self.kinds, lease=lease, planner=self._planner, told=told)

    def close(self) -> None:
        self.journal.close()

    def _planner(self, fleet: Fleet, facts: Facts, known: Known) -> Plan:
        return plan(fleet, facts, known, self.areas)

    def _observe(self, changed: Any, before: Facts | None) -> Facts:
        return self.world.observe(changed, before, self.journal.known())
