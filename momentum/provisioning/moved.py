"""How facts differ from those that a plan was made from, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from momentum.fleet.fact_hash import fact
from momentum.fleet.facts import Facts, Known, unread_lines

_MOST = 4  # differences told of one fact


def differences(names: Sequence[str], basis: Mapping[str, Any], facts: Facts, known: Known) -> list[str]:
    """A line per difference: the fact, what of it, what it was when the plan was made and what it is."""
    lines = []
    for name in names:
        now = json.loads(json.dumps(fact(facts, known, name), default=str))
        if name not in basis:
            lines.append(f"- {name}: the plan was not made from it; it is {_short(now)}")
            continue
        found = list(_compared("", basis[name], now))
        lines += [f"- {name}{path}: was {_short(was)}, is {_short(is_)}" for path, was, is_ in found[:_MOST]]
        if len(found) > _MOST:
            lines.append(f"- {name}: and {len(found) - _MOST} more")
    return lines + [f"- not read: {line}" for line in unread_lines(facts.unread)]


def _compared(path: str, was: Any, is_: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(is_, dict):
        for key in sorted(was.keys() | is_.keys()):
            yield from (
                _compared(f" {key}", was.get(key), is_.get(key))
                if not path
                else _compared(f"{path}.{key}", was.get(key), is_.get(key))
            )
    elif was != is_:
        yield path, was, is_


def _short(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
