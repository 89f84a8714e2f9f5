"""A small file that is rung when something changes, so that sensors need not open the store."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class Doorbell:
    """The bell at `path`. Each ring leaves a greater number there than the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self) -> None:
        """Say that something changes. Ring before the change can be seen, so that none goes unheard."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            number = max(time.time_ns(), self.last() + 1)  # the clock may be set back, and two may ring at once
            fresh = self._path.with_suffix(".new")
            with fresh.open("w", encoding="ascii") as file:
                file.write(str(number))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)

    def last(self) -> int:
        """The number of the last ring (nanoseconds since 1970 if clocks are well); 0 if it never rang."""
        try:
            return int(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
