"""What a person does with the fleet: looks at the journal, says yes to a plan, has it executed."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from momentum.errors import MomentumError

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet
    from momentum.fleet.steps import Plan
    from momentum.provisioning.apply import Applied, Told
    from momentum.provisioning.connect import World
    from momentum.provisioning.folded import HistoryRow
    from momentum.provisioning.lease import Lease
    from momentum.settings import Settings


class NotAllowed(MomentumError):
    """Nothing may be changed from here, or not like this."""


def journal_rows(settings: Settings) -> list[HistoryRow]:
    """What was approved and done, oldest first, by this machine's journal; the mirror is not asked."""
    from momentum.provisioning.journal import Journal

    if not settings.infra_journal_path.exists():
        return []
    journal = Journal(settings.infra_journal_path, None)
    try:
        return journal.history()
    finally:
        journal.close()


def fleet_to_apply(settings: Settings) -> Fleet:
    """The fleet, if anything may be changed from here. Raises NotAllowed, NotConnected, FleetFileError."""
    from momentum.fleet.source import read_with_lines
    from momentum.fleet.template import still_to_fill_in
    from momentum.provisioning.connect import TO_APPLY, NotConnected, missing
    from momentum.provisioning.survey import applied_fleet, load_fleet

    if settings.profile != "production":
        raise NotAllowed(
            "the local profile changes nothing: MOMENTUM_PROFILE=production, on the operator's machine, applies"
        )
    fleet = load_fleet(settings, applied_fleet(settings))
    _, lines = read_with_lines(settings.fleet.read_text(encoding="utf-8"))
    if examples := still_to_fill_in(fleet, lines):
        raise NotAllowed(f"{settings.fleet} still has examples: {'; '.join(map(str, examples))}")
    if lacking := missing(settings, TO_APPLY):
        raise NotConnected(lacking)
    return fleet


def apply_plan(settings: Settings, plan_hash: str, destroys: Collection[str], tell: Callable[[str], None]) -> Applied:
    """Executes the plan with this hash, which a person has seen; goes on with it if it was begun before.

    destroys: servers whose data the person gave up by name. Raises NotAllowed, and what `apply` raises.
    """
    from momentum.fleet.facts import unread_lines
    from momentum.fleet.plan import basis
    from momentum.provisioning.apply import apply
    from momentum.provisioning.connect import connected
    from momentum.provisioning.kinds import all_kinds

    fleet = fleet_to_apply(settings)
    with connected(settings, fleet, to_apply=True) as world:
        for minded in filter(None, (world.alone, world.older_file)):
            tell(minded)
        approved = _approved(settings, world, plan_hash)
        at_risk = {step.target for step in approved.steps if step.risk == "destroys data"}
        if unnamed := sorted(at_risk - set(destroys)):
            raise NotAllowed(f"plan {plan_hash} destroys data on {', '.join(unnamed)}; each must be named to go on")
        refuse_without_keys(world.alone, approved)
        refuse_key_of_others(fleet, approved)
        seen, journal = basis(approved, world.outside.facts, world.outside.known), world.outside.journal
        lease = lease_on(world)

        def told(one: Told) -> None:
            tell(world.masked(in_words(one)))

        try:
            applied = apply(
                plan_hash,
                world.outside,
                world.observe,
                all_kinds(),
                lease=lease,
                approve=lambda: journal.approve(approved, who(), seen),
                told=told,
            )
        except MomentumError as error:
            if world.masked(str(error)) == str(error):
                raise
            # from None: what caused it would be shown with it
            raise MomentumError(world.masked(str(error))) from None
        for line in unread_lines(world.outside.facts.unread):
            tell(world.masked(f"not seen, so nothing is said of it: {line}"))
        return applied


def refuse_without_keys(alone: str, plan: Plan) -> None:
    """Raises NotAllowed. `alone` says that there is no object store, whose keys K3s's servers are given."""
    if alone and any(step.kind.startswith("k3s.") for step in plan.steps):
        raise NotAllowed(
            "K3s's servers need the keys of the object store, and there are none: nothing is ordered or changed "
            "for a cluster that could not be founded. `momentum infra secrets --help` says how to give them"
        )


def refuse_key_of_others(fleet: Fleet, plan: Plan) -> None:
    """Raises NotAllowed. A new machine opens to the first of ssh.keys alone, until we have logged in with it."""
    installs = [step for step in plan.steps if step.kind == "server.install"]
    if installs and (lacking := key_lacking(fleet)):
        raise NotAllowed(f"{lacking}: nobody could log in to {', '.join(step.target for step in installs)}")


def key_lacking(fleet: Fleet) -> str:
    """That this machine cannot log in to new ones, and the way out; empty where it can."""
    from momentum.adapters.ssh import own_public_keys

    first = fleet.ssh.keys[0]
    if first.public_key.split()[1] in own_public_keys():
        return ""
    return (
        f"new machines are installed with the first of ssh.keys, {first.name}'s, and neither the agent nor ~/.ssh of "
        "this machine opens with it; put your own key first, or load that one (ssh-add)"
    )


def _approved(settings: Settings, world: World, plan_hash: str) -> Plan:
    """The plan that is begun already, or that of today, if it is the one that was seen."""
    from momentum.fleet.plan import plan
    from momentum.provisioning.shown import moved_since

    journal = world.outside.journal
    kept = journal.proposed(plan_hash)
    if kept is not None:
        return kept  # apply itself compares what it rests on with the world
    facts = world.outside.facts = world.look()
    known = journal.known()
    today = plan(world.outside.fleet, facts, known)
    if today.hash != plan_hash:
        moved = moved_since(settings, plan_hash, facts, known)
        raise NotAllowed(
            "\n".join(
                [
                    f"the plan of today is {today.hash}, not {plan_hash}: the world or the file has moved since you "
                    "looked. Nothing was done; `momentum infra plan` shows today's",
                    *moved,
                ]
            )
        )
    return today


def lease_on(world: World) -> Lease:
    """For whoever writes in the journal: a write of another between two of one who applies would stop that one."""
    from momentum.provisioning.lease import Lease

    return Lease(world.store, f"{who()}, process {os.getpid()}", at_least=int(time.time()))


def who() -> str:
    """The person and the machine, as the journal and the lease name them."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def in_words(told: Told) -> str:
    """One line of progress."""
    step = f"{told.number}/{told.total} {told.step.kind} {told.step.target}"
    return {
        "begun": f"{step}: {told.step.reason}",
        "said": f"{step}: {told.text}",
        "done": f"{step}: done",
        "failed": f"{step}: failed: {told.text}",
        "found done": f"{step}: was done already",
    }[told.state]
