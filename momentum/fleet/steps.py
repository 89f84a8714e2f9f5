"""A plan is data: steps in order, each with its reason, price, risk and what it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Risk = Literal["reversible", "restart", "binds money", "destroys data"]


@dataclass(frozen=True)
class Price:
    """EUR without tax: what a step adds to the month, and what is to be paid today."""

    monthly: float = 0.0
    today: float = 0.0


@dataclass(frozen=True)
class Step:
    """One side effect.

    `kind` names the operation that executes it, `target` the server, zone or cluster it changes. `wants` is what
    the target is to become, without secrets, and enough to execute the step. `rests_on` maps the name of each
    fact that the step was planned from to its hash; `changes` names the facts that it may change itself.
    """

    kind: str
    target: str
    reason: str
    risk: Risk = "reversible"
    price: Price = Price()
    wants: Mapping[str, Any] = field(default_factory=dict)
    rests_on: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """The same for the same effect on the same target, whatever else the plan holds."""
        return f"{self.kind}:{self.target}:{digest(dict(self.wants))[:12]}"

    def values(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "kind": self.kind,
            "target": self.target,
            "reason": self.reason,
            "risk": self.risk,
            "price": {"monthly": self.price.monthly, "today": self.price.today},
            "wants": dict(self.wants),
            "rests_on": dict(self.rests_on),
            "changes": self.changes,
        }


@dataclass(frozen=True)
class Plan:
    """Steps in the order of execution. `unread` is what could not be seen, and why.

    `questions` is what a person has to decide before anything can be planned for it, by the name of the server.
    """

    fleet: str
    steps: tuple[Step, ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """What a person says yes to: the file, every step and every fact that a step rests on."""
        return digest({"fleet": self.fleet, "steps": [step.values() for step in self.steps]})[:16]

    @property
    def price(self) -> Price:
        """The sum of all steps, without tax."""
        return Price(
            monthly=round(sum(step.price.monthly for step in self.steps), 2),
            today=round(sum(step.price.today for step in self.steps), 2),
        )

    def to_json(self) -> str:
        """The plan as text, with its hash; `from_json` gives back a plan of the same hash."""
        values = {"hash": self.hash, "fleet": self.fleet, "steps": [step.values() for step in self.steps]}
        beside = {"unread": dict(self.unread), "questions": dict(self.questions)}
        return json.dumps(values | beside, indent=1, default=str)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Raises ValueError when the text is no plan, or not the one that its hash says."""
        try:
            values = json.loads(text)
            steps = tuple(_step(step) for step in values["steps"])
            plan = cls(values["fleet"], steps, values["unread"], values.get("questions", {}))
            told = values["hash"]
        except (KeyError, TypeError) as problem:
            raise ValueError(f"this is no plan: {problem!r}") from problem
        if plan.hash != told:
            raise ValueError(f"the plan was changed after it was made: it says {told} and is {plan.hash}")
        return plan


def _step(values: dict[str, Any]) -> Step:
    return Step(**values | {"price": Price(**values["price"]), "changes": tuple(values["changes"])})


def digest(value: Any) -> str:
    """SHA-256 over the value as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str, separators=(",", ":")).encode()).hexdigest()
