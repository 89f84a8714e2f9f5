"""What was approved, begun, done and learnt: an append-only list of events in SQLite, mirrored event by event.

An event is on disk (fsync) and in the mirror before the side effect that it announces. In the mirror each event is
an object of its own that may be created once, so a second applier is found out by its first write. Everything that
is known is folded from the events; nothing else is stored, and no secret is.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from momentum.adapters.object_store import ObjectStore, PreconditionFailed
from momentum.fleet.facts import Known
from momentum.fleet.steps import Plan, Step
from momentum.provisioning.events import Event, chained, from_bytes, to_bytes
from momentum.provisioning.folded import Folded, HistoryRow
from momentum.provisioning.masking import Masker
from momentum.provisioning.mirror import JournalForked, key_of, synchronise

Memory = Literal["service", "host_key", "cluster_id", "order", "dns_pending"]

_TABLE = "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, event BLOB NOT NULL)"


class Journal:
    """`mirror` None: this machine alone has the journal. `tell` hears what a person should know, such as a restore.

    Raises StoreUnreachable where the mirror cannot be written: then the side effect must not happen.
    """

    def __init__(
        self,
        path: Path,
        mirror: ObjectStore | None,
        *,
        masker: Masker | None = None,
        tell: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._mirror, self._masker, self._tell, self._now = path, mirror, masker or Masker(), tell, now
        self._guard = threading.RLock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        path.chmod(0o600)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_TABLE)
        self._folded = Folded()
        self.synchronise()

    def close(self) -> None:
        self._database.close()

    def synchronise(self) -> None:
        """Take from the mirror what is newer there, give it what it lacks. Called again once the lease is held."""
        with self._guard:
            if self._mirror is not None:
                synchronise(self._database, self._mirror, self._path, self._tell)
            self._folded = Folded()
            self._catch_up()

    # What a person saw and said.

    def propose(self, plan: Plan, basis: Mapping[str, Any]) -> None:
        """Keep a plan as it is shown, with the facts it rests on, so that later differences can be named."""
        if plan.hash not in self._state().plans:
            self._append("proposed", plan.hash, plan=plan.to_json(), basis=dict(basis))

    def approve(self, plan: Plan, who: str, basis: Mapping[str, Any] | None = None) -> None:
        """Raises ValueError for a plan that holds a secret: what is stored would no longer be what was approved."""
        self.propose(plan, basis or {})
        if self._state().plans[plan.hash].approved_by is None:
            self._append("approved", plan.hash, who=who)

    def proposed(self, plan_hash: str) -> Plan | None:
        kept = self._state().plans.get(plan_hash)
        return None if kept is None else kept.plan

    def basis(self, plan_hash: str) -> Mapping[str, Any]:
        return self._state().plans[plan_hash].basis

    def approved_by(self, plan_hash: str) -> str | None:
        kept = self._state().plans.get(plan_hash)
        return None if kept is None else kept.approved_by

    def finished_at(self, plan_hash: str) -> datetime | None:
        return self._state().plans[plan_hash].finished_at

    # What an applier does.

    def begin(self, plan_hash: str, step: Step, epoch: int = 0) -> int:
        """Returns the entry's id, once the event is on disk and in the mirror."""
        names = {"id": step.id, "kind": step.kind, "target": step.target, "reason": step.reason}
        return self._append("begun", plan_hash, step=names, changes=list(step.changes), epoch=epoch)

    def done(self, entry: int, result: Mapping[str, Any]) -> None:
        """`result["known"]`, if there, is `{memory: {target: value}}` and remembered in the same event."""
        self._append("done", self._plan_of(entry), entry=entry, result=dict(result))

    def failed(self, entry: int, reason: str) -> None:
        self._append("failed", self._plan_of(entry), entry=entry, reason=reason)

    def remember(self, memory: Memory, target: str, value: Any) -> None:
        """What must not be forgotten even if the step dies now; None forgets.

        `service`, `host_key`: target is the server. `order`: target is the server, value is `{"cart_id": str,
        "order_id": int | None, "status": str, "since": str}`. `dns_pending`: target is a set of records that was
        changed and not yet refreshed. `cluster_id`: target is "".
        """
        self._append("remembered", "", memory=memory, target=target, value=value)

    def again(self, plan_hash: str) -> None:
        """The world is once more exactly as this plan saw it: what was done for it before counts no longer."""
        self._append("again", plan_hash)

    def finish(self, plan_hash: str, fleet_json: str) -> None:
        """Nothing of the plan is left; the fleet as it stands is the one last applied."""
        self._append("finished", plan_hash, fleet=fleet_json)

    # What is known.

    def known(self) -> Known:
        """`applied_fleet` is the JSON of the Fleet that was applied last, for `Fleet.model_validate_json`."""
        return self._state().known()

    def replaced(self, fleet_json: str) -> datetime | None:
        """When this fleet was applied last, if another one was applied since."""
        state = self._state()
        return None if state.applied_fleet == fleet_json else state.applied_at.get(fleet_json)

    def open_entries(self, plan_hash: str) -> Mapping[int, str]:
        """Entries begun and neither done nor failed, with the ids of their steps."""
        return self._state().open_entries(plan_hash)

    def done_steps(self, plan_hash: str) -> frozenset[str]:
        return self._state().done_steps(plan_hash)

    def explained(self, plan_hash: str) -> frozenset[str]:
        """Facts that steps of this plan changed or may have changed: a begun step may have had its effect."""
        return self._state().explained(plan_hash)

    def history(self) -> list[HistoryRow]:
        """One row per approval, step and end of a plan, oldest first."""
        return self._state().history()

    # How it is kept.

    def _plan_of(self, entry: int) -> str:
        return self._state().begun[entry].plan

    def _state(self) -> Folded:
        with self._guard:
            self._catch_up()
            return self._folded

    def _catch_up(self) -> None:
        rows: Iterable[tuple[bytes]] = self._database.execute(
            "SELECT event FROM events WHERE seq > ? ORDER BY seq", (self._folded.seq,)
        )
        for (data,) in rows:
            self._folded.take(from_bytes(data))

    def _append(self, what: str, plan_hash: str, **body: Any) -> int:
        masked = self._masker.value(body)
        if what == "proposed" and masked["plan"] != body["plan"]:
            raise ValueError("the plan holds a secret; a plan names the places of secrets only")
        with self._guard:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._catch_up()
                event = chained(self._folded.last, Event(0, self._now(), what, plan_hash, masked))
                data = to_bytes(event)
                self._database.execute("INSERT INTO events VALUES (?, ?)", (event.seq, data))
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._mirrored(event, data)
            self._catch_up()
            return event.seq

    def _mirrored(self, event: Event, data: bytes) -> None:
        if self._mirror is None:
            return
        try:
            self._mirror.put(key_of(event.seq), data, if_none_match=True)
        except PreconditionFailed as problem:
            there = self._mirror.get(key_of(event.seq))
            if there is None or there[0] != data:  # else: it is this very write, whose answer was lost
                raise JournalForked(
                    f"Somebody else wrote event {event.seq} of the journal: two apply at once, or this machine's "
                    "journal is behind. Nothing was done for it. Run the command again: it takes what is newer first."
                ) from problem
