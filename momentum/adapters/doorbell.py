"""A small file that is rung when something changes, so that sensors need not open the store.

Beside the number of the last ring it holds what a sensor needs to ask for a run: the first day that is
open, and the day to which every athlete's series reach.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Rung:
    """What the bell says. `number` grows with every ring (nanoseconds since 1970 if clocks are well).

    damaged: the file could not be read, so that everything counts as open.
    """

    number: int = 0
    open_from: date | None = None
    dense_to: date | None = None
    damaged: bool = False


class Doorbell:
    """The bell at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self, from_date: date) -> None:
        """Say that something changes from a day on. Ring before it can be seen, so that none goes unheard."""
        with self._locked() as write:
            last = self.last()
            earliest = min(from_date, last.open_from or from_date)
            # the clock may be set back, and two may ring at once
            number = max(time.time_ns(), last.number + 1)
            write(replace(last, number=number, open_from=earliest, damaged=False))

    def settle(self, heard: int, open_from: date | None, dense_to: date | None) -> None:
        """Say what is still open after a run that heard ring `heard`; a later ring stays as it is."""
        with self._locked() as write:
            last = self.last()
            still_open = last.open_from if last.number > heard else open_from
            write(replace(last, open_from=still_open, dense_to=dense_to, damaged=False))

    def last(self) -> Rung:
        """What the bell says now; nothing open if it never rang. A damaged file counts as rung from the start.

        Its number is then the time of the damage, so that it is one ring however often it is looked at.
        """
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return Rung(int(said["number"]), _day(said["open_from"]), _day(said["dense_to"]))
        except FileNotFoundError:
            return Rung()
        except (ValueError, KeyError, TypeError):
            return Rung(self._path.stat().st_mtime_ns, date(2000, 1, 1), None, damaged=True)

    @contextmanager
    def _locked(self) -> Iterator[Callable[[Rung], None]]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._write

    def _write(self, rung: Rung) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            said = {"number": rung.number, "open_from": rung.open_from, "dense_to": rung.dense_to}
            json.dump(said, file, default=date.isoformat)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
