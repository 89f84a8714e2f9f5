"""Who holds the embedded store: a lock of the kernel, a queue of those who wait, first come first served.

An flock is freed by the kernel when its process dies, however it dies, so nothing is ever taken over.
Each waiter holds an flock on a file of its own in `waiting/`; files without one are of the dead.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from momentum.adapters.clickhouse.errors import StoreBusy, StoreError

_POLL_S = 0.03
_LOOKS = 5
_ticket_number = itertools.count()


@dataclass(frozen=True)
class Holder:
    """The process that holds the store."""

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command}), since {self.since}"


class StoreLock:
    """The lock of one store folder. Not for threads: one process uses one of these."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting = folder / "waiting"
        self._file: IO[str] | None = None

    def acquire(self, timeout_s: float | None, on_wait: Callable[[str], None]) -> None:
        """Take the lock; wait at most `timeout_s` (None: as long as it takes). Raises StoreBusy, StoreError."""
        file = self._open()
        try:
            if self._living_waiters() or not _flock(file):
                self._queue(file, timeout_s, on_wait)
        except BaseException:
            file.close()
            raise
        self._file = file
        file.seek(0)
        file.truncate()
        json.dump(asdict(this_process()), file)
        file.flush()

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def somebody_waits(self) -> bool:
        return bool(self._living_waiters())

    def _open(self) -> IO[str]:
        try:
            self._waiting.mkdir(parents=True, exist_ok=True)
            return (self._folder / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"The store folder {self._folder} cannot be written ({error.strerror}). "
                "Give this user the right to write there, or choose another place with --home or MOMENTUM_HOME."
            ) from error

    def _queue(self, file: IO[str], timeout_s: float | None, on_wait: Callable[[str], None]) -> None:
        started = time.monotonic()
        told: Holder | str | None = "nobody yet"
        with _Ticket(self._waiting) as ticket:
            while True:
                ahead = [name for name in self._living_waiters() if name < ticket.name]
                if not ahead and _flock(file):
                    return
                holder = self._holder()
                if timeout_s is not None and time.monotonic() - started >= timeout_s:
                    raise self._busy(holder, timeout_s)
                if holder != told:
                    told = holder
                    on_wait(f"Waiting for the store: it is held by {holder or 'another process'}.")
                time.sleep(_POLL_S)

    def _busy(self, holder: Holder | None, waited_s: float) -> StoreBusy:
        message = (
            f"The store {self._folder} is held by {holder or 'another process'}; waited {waited_s:g} s. "
            "Wait until it is done, end it, or allow a longer wait with MOMENTUM_LOCK_TIMEOUT_S."
        )
        if holder is None:
            return StoreBusy(message)
        return StoreBusy(message, **asdict(holder))

    def _holder(self) -> Holder | None:
        """What the holder wrote; None in the instant in which it has not written yet."""
        try:
            return Holder(**json.loads((self._folder / "lock").read_text(encoding="utf-8")))
        except (json.JSONDecodeError, TypeError):
            return None

    def _living_waiters(self) -> list[str]:
        """Tickets in the order in which they came; those of the dead are removed on the way."""
        living = []
        for path in sorted(self._waiting.glob("[0-9]*")):
            try:
                with path.open("r+", encoding="utf-8") as file:
                    if _flock(file):
                        path.unlink(missing_ok=True)
                    else:
                        living.append(path.name)
            except FileNotFoundError:
                continue
        return living


class _Ticket:
    """A place in the queue for as long as the block lasts; its name sorts by time of arrival."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{time.monotonic_ns():020d}-{os.getpid()}-{next(_ticket_number)}"
        self._path = folder / self.name

    def __enter__(self) -> _Ticket:
        # Locked under another name first: at no moment is there a ticket that looks dead.
        hidden = self._path.with_name(f".{self.name}")
        self._file = hidden.open("a+", encoding="utf-8")
        _flock(self._file)
        hidden.rename(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def is_held(folder: Path) -> bool:
    """Whether some process holds the store of this folder; asking does not open it.

    One that gives way has it again after a moment, so a free lock is looked at more than once.
    """
    for _ in range(_LOOKS):
        try:
            with (folder / "lock").open("r", encoding="utf-8") as file:
                if not _flock(file, fcntl.LOCK_SH):
                    return True
        except FileNotFoundError:
            return False
        time.sleep(_POLL_S)
    return False


def _flock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def this_process() -> Holder:
    command = " ".join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])
    return Holder(os.getpid(), command[:200], datetime.now(UTC).isoformat(timespec="seconds"))
