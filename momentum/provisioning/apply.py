"""The executor's loop: look, plan, do the first step, look again at what it changed, until no step is left.

A resume after a kill is the same loop. What a step may do was approved with its plan: a step that is not in the
approved plan, or that rests on a fact that moved and that no step of this plan moved itself, stops everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from momentum.adapters.object_store import StoreUnreachable
from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Known, unread_lines
from momentum.fleet.plan import fleet_hash
from momentum.fleet.plan import plan as plan_of_all_areas
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan, Step
from momentum.provisioning.fencing import fence
from momentum.provisioning.lease import Lease
from momentum.provisioning.moved import differences
from momentum.provisioning.outside import Execute, Outside, Progress

Planner = Callable[[Fleet, Facts, Known], Plan]


class Observe(Protocol):
    """Reads the world; `changed` names the facts to read again over `before`, None: everything."""

    def __call__(self, changed: Collection[str] | None, before: Facts | None) -> Facts: ...


@dataclass(frozen=True)
class Told:
    """One sign of progress. `number` counts the steps of the approved plan from 1."""

    state: Literal["begun", "said", "done", "failed", "found done"]
    step: Step
    number: int
    total: int
    text: str = ""


@dataclass
class Applied:
    """What this call did; `found` are steps of an earlier call whose effect was there already."""

    plan: str
    done: list[Step] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


class NotApproved(MomentumError):
    """Nobody said yes to this plan, or it is no longer the plan of this fleet file."""


class WorldMoved(MomentumError):
    """What the plan rests on is not so any more."""


class StepFailed(MomentumError):
    """A step could not be done. What was done before it stays, and a new call goes on from there."""

    def __init__(self, step: Step, reason: str, applied: Applied, total: int) -> None:
        done = ", ".join(f"{one.kind} {one.target}" for one in applied.done[-5:]) or "nothing"
        more = f" and {len(applied.done) - 5} before" if len(applied.done) > 5 else ""
        super().__init__(
            f"{step.kind} {step.target} failed: {reason}\n"
            f"Done in this call: {done}{more} ({len(applied.done)} of {total} steps of plan {applied.plan}).\n"
            "Once the reason is mended, apply the same plan again: it goes on at this step, and nothing is done twice."
        )
        self.step, self.applied = step, applied


def apply(
    plan_hash: str,
    outside: Outside,
    observe: Observe,
    kinds: Mapping[str, Execute],
    *,
    lease: Lease,
    planner: Planner = plan_of_all_areas,
    approve: Callable[[], None] = lambda: None,
    told: Callable[[Told], None] = lambda _: None,
) -> Applied:
    """Make the world as the plan says that a person approved under this hash.

    `outside.fleet` must be the fleet of the plan; `kinds` executes each kind of step. The lease is taken only if
    there is something to do; with it, `approve` may write the yes: without it, that write could come between two of
    whoever applies. Raises NotApproved, WorldMoved, LeaseHeld, LeaseLost, Fenced, StepFailed,
    StoreUnreachable; in all cases the same call may be made again.
    """
    journal = outside.journal
    if journal.proposed(plan_hash) and journal.finished_at(plan_hash):
        outside.facts = observe(None, None)
        if not planner(outside.fleet, outside.facts, journal.known()).steps:
            return Applied(plan_hash)
    with lease:
        journal.synchronise()  # another operator may have gone on since this one looked
        approve()
        return _Run(_approved(plan_hash, outside), outside, observe, kinds, lease, planner, told).to_the_end()


def _approved(plan_hash: str, outside: Outside) -> Plan:
    approved = outside.journal.proposed(plan_hash)
    if approved is None or outside.journal.approved_by(plan_hash) is None:
        raise NotApproved(f"Nobody has approved plan {plan_hash}. Look at a fresh plan and say yes to its hash.")
    if approved.fleet != fleet_hash(outside.fleet):
        raise NotApproved(f"The fleet file was changed since plan {plan_hash} was made. Plan again.")
    return approved


@dataclass
class _Run:
    approved: Plan
    outside: Outside
    observe: Observe
    kinds: Mapping[str, Execute]
    lease: Lease
    planner: Planner
    told: Callable[[Told], None]

    def __post_init__(self) -> None:
        self.hash = self.approved.hash
        self.by_id = {step.id: (number, step) for number, step in enumerate(self.approved.steps, 1)}
        self.applied = Applied(self.hash)

    def to_the_end(self) -> Applied:
        outside = self.outside
        outside.facts = self.observe(None, None)
        plan = self._left()
        self._again(plan)
        steps = plan.steps
        self._reconcile(steps)
        for step in steps:
            self._check(step)
        while steps:
            self._check(steps[0])
            self._do(steps[0])
            outside.facts = self.observe(steps[0].changes, outside.facts)
            steps = self._left().steps
        self._refuse_half_seen()
        if outside.journal.finished_at(self.hash) is None:
            outside.journal.finish(self.hash, outside.fleet.model_dump_json())
        return self.applied

    def _refuse_half_seen(self) -> None:
        """No step is left of what can be seen. Where something cannot, that says nothing about the plan's others."""
        unread = self.outside.facts.unread
        undone = [step for id, (_, step) in self.by_id.items() if id not in self.outside.journal.done_steps(self.hash)]
        if not unread or not undone:
            return
        raise WorldMoved(
            "\n".join(
                [
                    f"Plan {self.hash} is not at its end: {len(undone)} of its {len(self.by_id)} steps were not done, "
                    f"from {undone[0].kind} {undone[0].target} on, and whether they are needed cannot be seen:",
                    *(f"- not read: {line}" for line in unread_lines(unread)),
                    "Once that answers, apply the same plan again: it goes on from here.",
                ]
            )
        )

    def _left(self) -> Plan:
        plan = self.planner(self.outside.fleet, self.outside.facts, self.outside.journal.known())
        if plan.unread and not plan.steps and self.outside.facts.machines is None:
            raise WorldMoved(f"The provider's machines cannot be read now: {plan.unread['machines']}.")
        return plan

    def _again(self, today: Plan) -> None:
        """The same hand that undid a plan's effects may do so twice: then the plan of today is that very plan."""
        journal = self.outside.journal
        if today.hash == self.hash and (journal.finished_at(self.hash) or journal.done_steps(self.hash)):
            journal.again(self.hash)

    def _reconcile(self, steps: tuple[Step, ...]) -> None:
        """A step that was begun and whose effect is seen is done; its end was only never written."""
        journal, left = self.outside.journal, {step.id for step in steps}
        done = journal.done_steps(self.hash)
        for entry, step_id in journal.open_entries(self.hash).items():
            if step_id in left or step_id not in self.by_id or step_id in done:
                continue
            journal.done(entry, {"found": "its effect was there already"})
            self.applied.found.append(step_id)
            done |= {step_id}
            self._tell("found done", self.by_id[step_id][1])

    def _check(self, step: Step) -> None:
        journal = self.outside.journal
        if finished := journal.finished_at(self.hash):
            raise WorldMoved(
                f"Plan {self.hash} was applied to its end on {finished:%Y-%m-%d %H:%M} UTC, and the world has changed "
                f"since: {step.kind} {step.target} is needed ({step.reason}). Plan again."
            )
        if step.id in journal.done_steps(self.hash):
            raise WorldMoved(
                f"{step.kind} {step.target} was done in this plan and is needed again ({step.reason}): somebody undid "
                "it, or it does not hold. Look at a fresh plan."
            )
        approved = self.by_id.get(step.id, (0, None))[1]
        explained = journal.explained(self.hash)
        moved = {
            name
            for name, now in step.rests_on.items()
            if (approved is None or approved.rests_on.get(name) != now) and not _explains(explained, name, approved)
        }
        if approved is None or moved:
            raise WorldMoved(self._words(step, approved, moved))

    def _words(self, step: Step, approved: Step | None, moved: set[str]) -> str:
        basis, outside = self.outside.journal.basis(self.hash), self.outside
        lines = differences(sorted(moved), basis, outside.facts, outside.journal.known())
        if approved is None:
            first = (
                f"The world has moved since plan {self.hash}: {step.kind} {step.target} is now needed ({step.reason})."
            )
        else:
            first = f"The world has moved since plan {self.hash}, in what {step.kind} {step.target} rests on."
        return "\n".join([first, *lines, "Nothing was done for this step. Look at a fresh plan and approve it."])

    def _do(self, step: Step) -> None:
        journal = self.outside.journal
        execute = self.kinds.get(step.kind)
        if execute is None:
            raise StepFailed(step, "no executor knows this kind of step.", self.applied, len(self.by_id))
        self.lease.check()
        try:
            entry = journal.begin(self.hash, step, self.lease.epoch)
            self._tell("begun", step)
            self._execute(execute, step, entry)
        except StoreUnreachable as problem:  # nothing can be written in the journal, this failure neither
            self._tell("failed", step, str(problem))
            raise StepFailed(step, str(problem), self.applied, len(self.by_id)) from problem
        self.applied.done.append(step)
        self._tell("done", step)

    def _execute(self, execute: Execute, step: Step, entry: int) -> None:
        journal = self.outside.journal
        try:
            for server in self._hosts_of(step):
                fence(self.outside.hosts, server, self.lease.epoch)
            result = execute(step, self.outside, self._saying(step))
        except StoreUnreachable:
            raise
        except (MomentumError, OSError) as problem:
            journal.failed(entry, str(problem))
            self._tell("failed", step, str(problem))
            raise StepFailed(step, str(problem), self.applied, len(self.by_id)) from problem
        journal.done(entry, result)

    def _saying(self, step: Step) -> Progress:
        """What is waited for is told once, not at every look."""
        last = ""

        def say(text: str) -> None:
            nonlocal last
            if text != last:
                self._tell("said", step, text)
            last = text

        return say

    def _hosts_of(self, step: Step) -> list[str]:
        """Servers whose host the step changes and that are there to be asked."""
        named = {name.split(":")[1] for name in step.changes if name.startswith("host:")}
        return sorted(named & self.outside.facts.hosts.keys())

    def _tell(
        self, state: Literal["begun", "said", "done", "failed", "found done"], step: Step, text: str = ""
    ) -> None:
        self.told(Told(state, step, self.by_id[step.id][0], len(self.by_id), text))


def _explains(explained: frozenset[str], name: str, approved: Step | None) -> bool:
    """A machine that this plan ordered had no name yet when the plan was made."""
    new = approved is not None and name.startswith("machine:") and name not in approved.rests_on
    return name in explained or (new and "machines" in explained)
