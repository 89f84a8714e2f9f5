"""A plan is data: steps in order, each with its reason, price, risk and what it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Risk = Literal["reversible", "restart", "destroys data"]


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

    @property
    def id(self) -> str:
        """The same for the same effect on the same target, whatever else the plan holds."""
        return f"{self.kind}:{self.target}:{digest(dict(self.wants))[:12]}"


@dataclass(frozen=True)
class Plan:
    """Steps in the order of execution. `open_questions` is why a part could not be planned."""

    fleet: str
    steps: tuple[Step, ...]
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """What a person says yes to: the file, every step and every fact that a step rests on."""
        return digest({"fleet": self.fleet, "steps": [asdict(step) for step in self.steps]})[:16]


def digest(value: Any) -> str:
    """SHA-256 over the value as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str, separators=(",", ":")).encode()).hexdigest()
