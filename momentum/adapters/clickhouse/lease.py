"""Who may write on a server: one holder at a time, for as long as it gives signs of life.

A server locks nothing for a process, so the table `leases` does: a row for each sign of life, never
changed. Every holder has an epoch, one more than the holder's before. A claim of an epoch is an insert
with the epoch as its deduplication token, of which the engine keeps the first and drops all others in
one step, so two can never both have it. Times are the server's: clocks of machines may differ. Who
falls silent for TTL_S has lost its lease, for good, and finds out before it publishes the next month.

On a cluster the table lies on one server, for there must be one order of claims.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from momentum.adapters.clickhouse.errors import LeaseLost, StoreBusy, StoreError
from momentum.adapters.clickhouse.lock import this_process

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client as Connection

T = TypeVar("T")

TTL_S = 60.0  # a machine that swaps or a server that merges may be silent for some seconds, not for a minute
BEATS = 4  # signs of life in this time
POLL_S = 0.5

# As the migration makes it; who comes to a new database needs it before there are migrations.
_TABLE = """
CREATE TABLE IF NOT EXISTS leases
(
    `epoch` UInt64 COMMENT 'Which holder of the store, counted from 1; 0 while it waits.',
    `claim_id` String COMMENT 'One holder or waiter.',
    `holder` String COMMENT 'Process, machine and command, for a person.',
    `released` Bool COMMENT 'True in the last row of a claim that was given back.',
    `at` DateTime64(3, 'UTC') COMMENT 'When, by the clock of the server.',
    `expires_at` DateTime64(3, 'UTC') COMMENT 'Until when the claim counts without another row.'
)
ENGINE = MergeTree
ORDER BY (claim_id, epoch, at)
SETTINGS non_replicated_deduplication_window = 100
COMMENT 'One row per sign of life of a process that writes to a server, or waits to.'
"""

_SIGN = """
INSERT INTO leases (epoch, claim_id, holder, released, at, expires_at) VALUES
({epoch:UInt64}, {claim:String}, {holder:String}, {released:Bool}, now64(3),
now64(3) + toIntervalMillisecond({ttl:UInt32}))
"""

# Never brings back what has run out: another may have seen that already.
_RENEWAL = """
INSERT INTO leases (epoch, claim_id, holder, released, at, expires_at)
SELECT max(epoch), claim_id, any(holder), false, now64(3), now64(3) + toIntervalMillisecond({ttl:UInt32})
FROM leases WHERE claim_id = {claim:String} GROUP BY claim_id HAVING max(expires_at) > now64(3) AND NOT max(released)
"""

_LIVING = """
SELECT claim_id, max(epoch) AS newest, any(holder) FROM leases GROUP BY claim_id
HAVING max(expires_at) > now64(3) AND NOT max(released)
ORDER BY newest DESC, min(at), claim_id
"""

_NEWEST = "SELECT epoch, argMin(claim_id, (at, claim_id)) FROM leases GROUP BY epoch ORDER BY epoch DESC LIMIT 1"


class Lease:
    """The right of one session to write. `call` runs work on a connection, see HttpSession.call."""

    def __init__(self, call: Callable[..., Any], on_wait: Callable[[str], None]) -> None:
        self._call, self._on_wait = call, on_wait
        self._holder = str(this_process()).replace(" (", f" on {socket.gethostname()} (", 1)
        self._claim = ""
        self._epoch = 0
        self._stopped = threading.Event()
        self._beats: threading.Thread | None = None

    @property
    def held(self) -> bool:
        """Whether it was taken and not given back; `check` says whether it still counts."""
        return self._epoch > 0

    def acquire(self, timeout_s: float | None) -> None:
        """Take the lease, first come first served. Waits at most `timeout_s` (None: as long as it takes).

        Raises StoreBusy, which names the holder.
        """
        self._run(_TABLE)
        self._claim = uuid.uuid4().hex
        self._sign(0)
        try:
            self._epoch = self._wait(timeout_s)
        except BaseException:
            self._sign(0, released=True)
            raise
        self._stopped.clear()
        self._beats = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beats.start()

    def check(self) -> None:
        """Raises LeaseLost if another has taken the lease, or might have: it ran out, or was never taken."""
        living = self._ask(_LIVING)
        if self.held and living and living[0][:2] == (self._claim, self._epoch):
            return
        other = f"; it is held by {living[0][2]}" if living and living[0][1] else ""
        raise LeaseLost(
            f"This process may not write to the server any more{other}. It gave no sign of life for {TTL_S:g} s: "
            "was it stopped, or the network away? What it published stays; run the same command again for the rest."
            if self.held
            else f"This process may not write to the server: it does not hold the lease{other}."
        )

    def somebody_waits(self) -> bool:
        return any(claim != self._claim for claim, _, _ in self._ask(_LIVING))

    def release(self) -> None:
        """Give it back, so that the next need not wait until it runs out. Twice does no harm."""
        if not self.held:
            return
        self._stopped.set()
        if self._beats is not None:
            self._beats.join()
        epoch, self._epoch = self._epoch, 0
        with contextlib.suppress(StoreError):  # the server is away: it runs out by itself
            self._sign(epoch, released=True)

    def _wait(self, timeout_s: float | None) -> int:
        """The epoch, once it is ours."""
        started = renewed = time.monotonic()
        told = ""
        while True:
            living = self._ask(_LIVING)
            holder = next((holder for _, epoch, holder in living if epoch), "")
            if not holder and living and living[0][0] == self._claim and (epoch := self._claimed()):
                return epoch
            now = time.monotonic()
            if timeout_s is not None and now - started >= timeout_s:
                raise StoreBusy(
                    f"The server is being written to by {holder or 'another process'}; waited {timeout_s:g} s. "
                    "Wait until it is done, end it, or allow a longer wait with MOMENTUM_LOCK_TIMEOUT_S."
                )
            if holder and holder != told:
                told = holder
                self._on_wait(f"Waiting for the store: it is held by {holder}.")
            if now - renewed >= TTL_S / BEATS:
                renewed = now
                self._sign(0)
            time.sleep(POLL_S)

    def _claimed(self) -> int:
        """The next epoch, if this claim of it came first; else 0."""
        [(newest, _)] = self._ask(_NEWEST)
        epoch = newest + 1
        once = {"insert_deduplicate": 1, "insert_deduplication_token": f"epoch {epoch}", "async_insert": 0}
        self._sign(epoch, settings=once)
        return epoch if self._ask(_NEWEST) == [(epoch, self._claim)] else 0

    def _beat(self) -> None:
        while not self._stopped.wait(TTL_S / BEATS):
            with contextlib.suppress(
                StoreError
            ):  # tried again at the next beat; `check` finds out if none came through
                self._run(_RENEWAL, {"claim": self._claim, "ttl": round(TTL_S * 1000)})

    def _sign(self, epoch: int, *, released: bool = False, settings: dict[str, Any] | None = None) -> None:
        parameters = {
            "epoch": epoch,
            "claim": self._claim,
            "holder": self._holder,
            "released": released,
            "ttl": round(TTL_S * 1000),
        }
        self._run(_SIGN, parameters, settings)

    def _run(self, sql: str, parameters: dict[str, Any] | None = None, settings: dict[str, Any] | None = None) -> None:
        # Twice does no harm: a sign of life more, and of a claim the first counts.
        self._call(lambda connection: connection.command(sql, parameters, settings=settings), repeatable=True)

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        def work(connection: Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.query(sql).result_rows]

        return self._call(work, repeatable=True)
