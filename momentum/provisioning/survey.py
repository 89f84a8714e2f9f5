"""One look at everything: the fleet file, what the journal remembers, and the world as far as it can be reached."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known

if TYPE_CHECKING:
    from pathlib import Path

    from momentum.fleet.drift import Difference
    from momentum.fleet.schema import Fleet
    from momentum.fleet.steps import Plan
    from momentum.settings import Settings


class NoFleetFile(MomentumError):
    """There is no fleet file; the message says how to get one."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"no fleet file at {path}; `momentum infra init` writes one (MOMENTUM_FLEET names another place)"
        )


@dataclass(frozen=True)
class Survey:
    """`not_seen` says why the world was not looked at, with what to do; it is empty when it was.

    `fleet` is None where there is no fleet file, or one that is refused; then there is nothing to compare with.
    `alone` is what to mind where no other operator sees the journal, `older_file` where another fleet file was applied
    after this one.
    """

    fleet: Fleet | None
    facts: Facts = field(default_factory=Facts)
    known: Known = field(default_factory=Known)
    not_seen: str = ""
    alone: str = ""
    older_file: str = ""
    refused: bool = False

    @cached_property
    def plan(self) -> Plan | None:
        """What is to be done; None where the world was not seen: nobody orders what may be there already."""
        if self.fleet is None or self.not_seen:
            return None
        from momentum.fleet.plan import plan

        return plan(self.fleet, self.facts, self.known)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """What is not as the file says, of what is there."""
        if self.fleet is None or self.not_seen:
            return ()
        from momentum.fleet.drift import drift

        return tuple(drift(self.fleet, self.facts, self.known))

    def has(self, parts: Collection[str]) -> bool:
        """Whether anything of these parts of the facts (machines, host, cluster, dns) is there."""
        facts = self.facts
        there = {"machines": facts.machines, "host": facts.hosts, "cluster": facts.cluster, "dns": facts.dns}
        return any(there[part] for part in parts)


def load_fleet(settings: Settings, previous: Fleet | None = None) -> Fleet:
    """The fleet file, checked by itself and against the fleet that was applied last.

    Raises NoFleetFile, FleetFileError with every problem.
    """
    from momentum.fleet.problems import FileProblem, FleetFileError
    from momentum.fleet.refusals import accepted_fleet

    try:
        text = settings.fleet.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NoFleetFile(settings.fleet) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FleetFileError([FileProblem(line, "", "is not text in UTF-8")], str(settings.fleet)) from error
    try:
        return accepted_fleet(text, previous)
    except FleetFileError as error:
        raise FleetFileError(error.problems, str(settings.fleet)) from error


def applied_fleet(settings: Settings) -> Fleet | None:
    """The fleet that was applied last, by this machine's journal; None where it has none, or of another schema."""
    from pydantic import ValidationError

    from momentum.fleet.schema import Fleet
    from momentum.provisioning.journal import Journal

    if not settings.infra_journal_path.exists():
        return None
    journal = Journal(settings.infra_journal_path, None)
    try:
        applied = journal.known().applied_fleet
    finally:
        journal.close()
    try:
        return Fleet.model_validate_json(applied) if applied else None
    except ValidationError:  # written by an earlier version: rules about changes are not asked
        return None


def survey(settings: Settings) -> Survey:
    """Looks once; what stands in the way of looking is told in the answer."""
    from momentum.fleet.problems import FleetFileError
    from momentum.provisioning.connect import NotConnected, connected

    try:
        fleet = load_fleet(settings, applied_fleet(settings))
    except NoFleetFile as error:
        return Survey(None, not_seen=str(error))
    except FleetFileError as error:
        return Survey(None, not_seen=str(error), refused=True)
    try:
        with connected(settings, fleet) as world:
            facts = world.look()
            if world.behind:
                facts = replace(facts, unread={**facts.unread, "journal": world.behind})
            return Survey(fleet, facts, world.outside.known, alone=world.alone, older_file=world.older_file)
    except NotConnected as error:
        return Survey(fleet, not_seen=str(error))
