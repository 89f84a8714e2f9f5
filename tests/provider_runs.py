"""A journal in memory and the executor's loop cut to one area, for tests of what is done at the provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from momentum.adapters.ovh import OvhApi
from momentum.adapters.ssh import Endpoint, Unreachable
from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import dns, servers
from momentum.fleet.schema import Fleet
from momentum.fleet.source import read_fleet
from momentum.fleet.steps import Step
from momentum.fleet.template import default_fleet_text
from momentum.provisioning.events import Event
from momentum.provisioning.execute.dns import KINDS as OF_DNS
from momentum.provisioning.execute.servers import KINDS as OF_SERVERS
from momentum.provisioning.folded import Folded
from momentum.provisioning.observe.provider import read_dns, read_machines
from momentum.provisioning.outside import Outside
from tests.standins.ovh import OvhServer, World
from tests.standins.ovh.direct import direct_api

ZONE = "example.com"
Occurred = tuple[str, str, str]
"""When ("before" or "after"), method or "journal", path or kind of event."""
KINDS = {**OF_SERVERS, **OF_DNS}


class Killed(BaseException):
    """The process dies here."""


def no_kill(*_: str) -> None:
    pass


@dataclass
class MemoryJournal:
    """Events as the real journal keeps them, without disk and mirror. `around` is called around every write."""

    around: Callable[..., None] = no_kill
    events: list[Event] = field(default_factory=list)
    _folded: Folded = field(default_factory=Folded)

    def begin(self, plan_hash: str, step: Step) -> int:
        names = {"id": step.id, "kind": step.kind, "target": step.target, "reason": step.reason}
        return self._write("begun", step=names, changes=list(step.changes), epoch=0)

    def done(self, entry: int, result: Mapping[str, Any]) -> None:
        self._write("done", entry=entry, result=dict(result))

    def failed(self, entry: int, reason: str) -> None:
        self._write("failed", entry=entry, reason=reason)

    def remember(self, memory: str, target: str, value: Any) -> None:
        self._write("remembered", memory=memory, target=target, value=value)

    def known(self) -> Known:
        return self._folded.known()

    def _write(self, what: str, **body: Any) -> int:
        self.around("before", "journal", what)
        self.events.append(Event(len(self.events) + 1, datetime(2026, 11, 2, tzinfo=UTC), what, "plan", body))
        self._folded.take(self.events[-1])
        self.around("after", "journal", what)
        return len(self.events)


@cache
def _default() -> Fleet:
    return read_fleet(default_fleet_text("ssh-ed25519 AAAAtest key-of-tests", ZONE))


def fleet_of(servers_kept: int = 4, **changed: Any) -> Fleet:
    """The default fleet, cut to its first servers."""
    return _default().model_copy(update={"servers": _default().servers[:servers_kept], **changed})


@dataclass
class HostsThatShowKeys:
    """As much of the hosts over SSH as pinning asks: each address has one key. `starting` answers are none at all."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    starting: int = 0

    def shown_host_key(self, host: str) -> str:
        if self.starting > 0:
            self.starting -= 1
            raise Unreachable(host, "nothing answers")
        return f"ssh-ed25519 {self.endpoints[host].address}"

    def pin(self, host: str, host_key: str) -> None:
        self.endpoints[host] = replace(self.endpoints[host], host_key=host_key)


def planned(fleet: Fleet, facts: Facts, known: Known) -> list[Step]:
    return [*servers.steps(fleet, facts, known), *dns.steps(fleet, facts, known), *servers.ending(fleet, facts, known)]


def looked(api: OvhApi, fleet: Fleet) -> Facts:
    return Facts(machines=read_machines(api), dns=read_dns(api, fleet) if fleet.dns else None)


def apply(
    fleet: Fleet, api: OvhApi, journal: MemoryJournal, said: list[str] | None = None, hosts: Any = None
) -> list[str]:
    """The kinds and targets of the steps done. Raises what a step raises, after it was journalled as failed."""
    done: list[str] = []
    heard = said if said is not None else []
    while True:
        facts = looked(api, fleet)
        left = planned(fleet, facts, journal.known())
        if not left:
            return done
        step, outside = left[0], Outside(fleet, api, hosts or HostsThatShowKeys(), None, journal, facts)  # type: ignore[arg-type]
        entry = journal.begin("plan", step)
        try:
            result = KINDS[step.kind](step, outside, heard.append)
        except MomentumError as error:
            journal.failed(entry, str(error))
            raise
        journal.done(entry, result)
        done.append(f"{step.kind} {step.target}")
        if len(done) > 100:
            raise AssertionError(f"the steps do not end: {done[-5:]}")


@dataclass
class Watch:
    """Counts events of calls and journal writes, and kills at one of them."""

    kill_at: int = 0
    seen: list[Occurred] = field(default_factory=list)

    def __call__(self, when: str, method: str, path: str) -> None:
        self.seen.append((when, method, path))
        if len(self.seen) == self.kill_at:
            raise Killed


def new_server() -> OvhServer:
    return OvhServer(World(zones=(ZONE,)), checked=False)


def unbroken(servers: int) -> tuple[dict[str, Any], list[Occurred]]:
    server, watch = new_server(), Watch()
    apply(fleet_of(servers), direct_api(server, watch), MemoryJournal(watch))
    return server.world.dump(), watch.seen


def told_of(server: OvhServer, end: dict[str, Any], servers: int) -> str:
    """What is wrong with how it ended; empty where all is well."""
    world = server.world
    found = (len(world.orders), len(world.payments), len(world.machines))
    rebuilds = [task.type for vps in world.machines.values() for task in vps.tasks.values()].count("reinstallVm")
    if found != (servers,) * 3 or rebuilds != servers:
        return f"{found} orders, payments, machines, {rebuilds} installations"
    return "" if world.dump() == end else f"another end: {world.dump()}"
