"""What the events of the journal say when they are taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from momentum.fleet.facts import Known, OpenOrder
from momentum.fleet.steps import Plan
from momentum.provisioning.events import Event


@dataclass
class KeptPlan:
    plan: Plan
    basis: Mapping[str, Any]
    approved_by: str | None = None
    finished_at: datetime | None = None
    since: int = 0  # events before this one are of an earlier time that the same plan was applied


@dataclass(frozen=True)
class HistoryRow:
    """`outcome`: approved, done, failed, open (begun, and its end was never written) or finished."""

    seq: int
    at: datetime
    plan: str
    what: str
    target: str
    outcome: str
    seconds: float | None
    detail: str


@dataclass
class Folded:
    """Takes events one by one, in their order."""

    seq: int = 0
    last: Event | None = None
    plans: dict[str, KeptPlan] = field(default_factory=dict)
    begun: dict[int, Event] = field(default_factory=dict)
    ended: dict[int, Event] = field(default_factory=dict)
    memories: dict[str, dict[str, Any]] = field(default_factory=dict)
    applied_fleet: str | None = None
    applied_at: dict[str, datetime] = field(default_factory=dict)  # by fleet, the last time
    _spoken: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        self.seq, self.last = event.seq, event
        body = event.body
        match event.what:
            case "proposed":
                self.plans[event.plan] = KeptPlan(Plan.from_json(body["plan"]), body["basis"])
            case "approved":
                self.plans[event.plan].approved_by = body["who"]
                self._spoken.append(event)
            case "again":
                self.plans[event.plan].finished_at = None
                self.plans[event.plan].since = event.seq
            case "begun":
                self.begun[event.seq] = event
                self._spoken.append(event)
            case "done":
                self.ended[body["entry"]] = event
                for memory, values in body["result"].get("known", {}).items():
                    self.memories.setdefault(memory, {}).update(values)
            case "failed":
                self.ended[body["entry"]] = event
            case "remembered":
                self.memories.setdefault(body["memory"], {})[body["target"]] = body["value"]
            case "finished":
                self.plans[event.plan].finished_at = event.at
                self.applied_fleet = body["fleet"]
                self.applied_at[body["fleet"]] = event.at
                self._spoken.append(event)

    def known(self) -> Known:
        orders = self._memory("order")
        return Known(
            services=self._memory("service"),
            host_keys=self._memory("host_key"),
            cluster_id=self._memory("cluster_id").get(""),
            orders=tuple(
                OpenOrder(server, order["cart_id"], order["order_id"], order["status"], order.get("since", ""))
                for server, order in sorted(orders.items())
            ),
            dns_pending=tuple(sorted(self._memory("dns_pending"))),
            applied_fleet=self.applied_fleet,
        )

    def open_entries(self, plan: str) -> dict[int, str]:
        return {
            entry: event.body["step"]["id"] for entry, event in self._entries(plan).items() if entry not in self.ended
        }

    def done_steps(self, plan: str) -> frozenset[str]:
        return frozenset(
            event.body["step"]["id"]
            for entry, event in self._entries(plan).items()
            if entry in self.ended and self.ended[entry].what == "done"
        )

    def explained(self, plan: str) -> frozenset[str]:
        return frozenset(name for event in self._entries(plan).values() for name in event.body["changes"])

    def _entries(self, plan: str) -> dict[int, Event]:
        since = self.plans[plan].since if plan in self.plans else 0
        return {entry: event for entry, event in self.begun.items() if event.plan == plan and entry > since}

    def history(self) -> list[HistoryRow]:
        return [self._row(event) for event in self._spoken]

    def _memory(self, memory: str) -> dict[str, Any]:
        return {target: value for target, value in self.memories.get(memory, {}).items() if value is not None}

    def _row(self, event: Event) -> HistoryRow:
        if event.what != "begun":
            detail = f"by {event.body['who']}" if event.what == "approved" else "nothing left to do"
            return HistoryRow(event.seq, event.at, event.plan, "plan", event.plan, event.what, None, detail)
        step, end = event.body["step"], self.ended.get(event.seq)
        seconds = (end.at - event.at).total_seconds() if end else None
        reason = end.body["reason"] if end and end.what == "failed" else step["reason"]
        outcome = end.what if end else "open"
        return HistoryRow(event.seq, event.at, event.plan, step["kind"], step["target"], outcome, seconds, reason)
