"""One event of the journal as a value and as bytes, chained to the one before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from momentum.fleet.steps import digest


@dataclass(frozen=True)
class Event:
    """`chain` covers this event and all before it: two journals with one chain are one journal."""

    seq: int
    at: datetime
    what: str
    plan: str
    body: Mapping[str, Any]
    chain: str = ""


def chained(before: Event | None, event: Event) -> Event:
    seq = 1 if before is None else before.seq + 1
    chain = digest([before.chain if before else "", seq, event.at.isoformat(), event.what, event.plan, event.body])
    return replace(event, seq=seq, chain=chain)


def to_bytes(event: Event) -> bytes:
    values = {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "what": event.what,
        "plan": event.plan,
        "body": event.body,
        "chain": event.chain,
    }
    return json.dumps(values, sort_keys=True, default=str).encode()


def from_bytes(data: bytes) -> Event:
    values = json.loads(data)
    return Event(**values | {"at": datetime.fromisoformat(values["at"])})
