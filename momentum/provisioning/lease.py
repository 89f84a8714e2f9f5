"""Who may apply: one holder at a time, by an object that is only ever replaced under a condition.

Each holder has an epoch, higher than any holder's before it. It renews its claim and shows, before each step, that
it still can; hosts remember the highest epoch they have seen and refuse an older one (`fencing.py`). Ages are by the
store's clock, so operators' clocks may differ. A holder counts itself out well before another may step in.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from momentum.adapters.object_store import ObjectStore, PreconditionFailed, StoreUnreachable
from momentum.errors import MomentumError

TTL_S = 60.0
_KEY = "lease.json"
_BEATS = 4  # renewals in this time
_SLACK_S = 1.0  # an object's age is told to a second
_ROUNDS = 10  # a round is lost only to somebody who won


class LeaseHeld(MomentumError):
    """Somebody else applies."""


class LeaseLost(MomentumError):
    """This process must not change anything any more."""


@dataclass(frozen=True)
class _Claim:
    holder: str
    claim: str
    epoch: int
    beat: int
    ttl_s: float
    released: bool = False

    def data(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()


class Lease:
    """`with Lease(...) as lease:` or acquire and release. `holder` tells a person who and where.

    `at_least`: the lowest epoch. A store that is new, or was put back from a backup, counts from below what the hosts
    have seen, and they would refuse every epoch of it; the time of day in seconds never does.
    """

    def __init__(
        self,
        store: ObjectStore,
        holder: str,
        ttl_s: float = TTL_S,
        *,
        at_least: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._holder, self._ttl_s, self._clock = store, holder, ttl_s, clock
        self._at_least = at_least
        self._guard = threading.Lock()
        self._mine: _Claim | None = None
        self._etag = ""
        self._proved_at = 0.0
        self._lost = ""
        self._stopped = threading.Event()
        self._beats: threading.Thread | None = None

    @property
    def epoch(self) -> int:
        """The fencing token. Raises LeaseLost where no lease is held."""
        if self._mine is None:
            raise LeaseLost("The lease is not held.")
        return self._mine.epoch

    def acquire(self) -> int:
        """Take it and return the epoch. Raises LeaseHeld, which names the holder."""
        for _ in range(_ROUNDS):
            found = self._store.get(_KEY)
            there = None if found is None else _Claim(**json.loads(found[0]))
            if there and not there.released:
                self._refuse_while_alive(there)
            epoch = max(there.epoch + 1 if there else 1, self._at_least)
            claim = _Claim(self._holder, uuid.uuid4().hex, epoch, 0, self._ttl_s)
            asked_at = self._clock()
            etag = self._write(claim, None if found is None else found[1])
            if etag is not None:
                self._start(claim, etag, asked_at)
                return claim.epoch
        raise LeaseHeld("The lease changes hands all the time: others are applying. Try again in a minute.")

    def check(self) -> None:
        """Before each step: a renewal that must succeed. Raises LeaseLost."""
        with self._guard:
            if self._mine is None:
                raise LeaseLost("This process does not hold the lease.")
            if self._lost:
                raise LeaseLost(self._lost)
            try:
                self._renew()
            except StoreUnreachable as problem:
                if self._clock() - self._proved_at > self._ttl_s / 2:
                    self._lost = "The lease could not be renewed in time, so another may have taken it."
                raise LeaseLost(f"The lease cannot be shown to hold: {problem}") from problem
            if self._lost:
                raise LeaseLost(self._lost)

    def release(self) -> None:
        self._stopped.set()
        if self._beats is not None:
            self._beats.join()
        with self._guard:
            if self._mine is not None and not self._lost:
                freed = _Claim(**asdict(self._mine) | {"released": True})
                with suppress(StoreUnreachable):  # it runs out by itself; why the work ended must not be hidden
                    self._write(freed, self._etag)
            self._mine = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _refuse_while_alive(self, there: _Claim) -> None:
        age_s = self._store.age_s(_KEY)
        left_s = there.ttl_s + _SLACK_S - max(age_s or 0.0, 0.0)
        if age_s is not None and left_s >= 0:
            raise LeaseHeld(
                f"{there.holder} is applying (epoch {there.epoch}). If that process is gone, its lease ends in "
                f"{left_s:.0f} s; then run this again."
            )

    def _start(self, claim: _Claim, etag: str, asked_at: float) -> None:
        self._mine, self._etag, self._proved_at, self._lost = claim, etag, asked_at, ""
        self._stopped.clear()
        self._beats = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beats.start()

    def _beat(self) -> None:
        while not self._stopped.wait(self._ttl_s / _BEATS):
            with self._guard:
                try:
                    self._renew()
                except StoreUnreachable:  # a missed beat; the next may come through, and `check` says when it is late
                    continue
                if self._lost:
                    return

    def _renew(self) -> None:
        """Write the next beat, if the object is still ours and the last proof is young enough. Sets `_lost`."""
        mine = self._mine
        if mine is None or self._lost:
            return
        asked_at = self._clock()
        if asked_at - self._proved_at > self._ttl_s:
            self._lost = (
                f"This process gave no sign of life for {self._ttl_s:g} s (was it stopped?): the lease is over."
            )
            return
        following = _Claim(**asdict(mine) | {"beat": mine.beat + 1})
        etag = self._write(following, self._etag)
        if etag is None:
            self._lost = "Another has taken the lease."
            return
        self._mine, self._etag, self._proved_at = following, etag, asked_at

    def _write(self, claim: _Claim, over: str | None) -> str | None:
        """The new etag, or None where another's write came first. A write whose answer was lost is found again."""
        try:
            return self._store.put(_KEY, claim.data(), if_match=over, if_none_match=over is None)
        except PreconditionFailed:
            found = self._store.get(_KEY)
            return found[1] if found is not None and found[0] == claim.data() else None
