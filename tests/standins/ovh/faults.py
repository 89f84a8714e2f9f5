"""Faults, switched on for a method, a path and the n-th call that matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "429", "429 without Retry-After", "500", "502", "503", "no JSON", "lost before", "lost after", "invalid signature",
    "out of time", "slow",
]  # fmt: skip


@dataclass
class Fault:
    """`calls` are the numbers of matching calls it hits, from 1; None: all of them.

    "lost before": the connection ends and nothing was changed. "lost after": the change is made, then the connection
    ends. The 5xx are answered without the change, or after it with `changed=True`. "slow" answers after `seconds`,
    a 429 names them as Retry-After, or the date with `as_date`.
    """

    kind: Kind
    method: str = "*"
    path: str = ".*"
    calls: frozenset[int] | None = frozenset({1})
    changed: bool = False
    seconds: float = 0.0
    as_date: bool = False
    seen: int = 0
    hits: int = 0

    def hit(self, method: str, path: str) -> bool:
        if self.method not in ("*", method) or not re.fullmatch(self.path, path):
            return False
        self.seen += 1
        struck = self.calls is None or self.seen in self.calls
        self.hits += struck
        return struck


@dataclass
class Faults:
    """`any_call` is asked for a fault where none that is switched on strikes."""

    switched_on: list[Fault] = field(default_factory=list)
    any_call: Callable[[str, str], Fault | None] | None = None

    def add(self, fault: Fault) -> Fault:
        self.switched_on.append(fault)
        return fault

    def clear(self) -> None:
        self.switched_on.clear()

    def of(self, method: str, path: str) -> Fault | None:
        struck = [fault for fault in self.switched_on if fault.hit(method, path)]
        if struck or self.any_call is None:
            return struck[0] if struck else None
        return self.any_call(method, path)
