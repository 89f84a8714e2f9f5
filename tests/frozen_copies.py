"""What kill -9 leaves on disk, at as many moments of one run as a test wants.

A process that is stopped by the kernel writes nothing more, not even in a thread of the engine: a copy
of its folder made then is, byte for byte, what a kill at that moment would have left there. Opened by
another process once the first has ended, it is the store of a run that died.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from momentum.adapters.clickhouse import Client

Point = Callable[[str], None]  # told before each write: a label


def frozen_copies(home: Path, into: Path, work: Callable[[Point], None], *, seed: int, within: float) -> list[Path]:
    """Runs `work` in a child, copies `home` before each of its writes; `into/0007 label` and so on.

    With the chance `within` one more copy is made some milliseconds after a write began. The calling
    process must not have loaded the engine: its threads do not live in a child.
    """
    label = into / "label"
    child = os.fork()
    if child == 0:
        _run(work, label)
    dice = random.Random(seed)
    copies: list[Path] = []
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        copies.append(into / f"{len(copies):04d} {label.read_text()}")
        subprocess.run(["cp", "-a", home, copies[-1]], check=True)
        os.kill(child, signal.SIGCONT)
        if dice.random() < within:
            time.sleep(dice.uniform(0, 0.015))
            os.kill(child, signal.SIGSTOP)
    assert os.waitstatus_to_exitcode(status) == 0
    return copies


def _run(work: Callable[[Point], None], label: Path) -> None:
    def point(name: str) -> None:
        label.write_text(name)
        os.kill(os.getpid(), signal.SIGSTOP)

    code = 1
    try:
        work(point)
        code = 0
    finally:
        os._exit(code)


class StoppingClient(Client):
    """Tells before every statement that writes."""

    point: Point

    def command(self, sql, *more, **named) -> None:  # type: ignore[no-untyped-def]
        self.point(" ".join(sql.split()[:2]).replace("`", ""))
        super().command(sql, *more, **named)

    def insert(self, table, data) -> None:  # type: ignore[no-untyped-def]
        self.point(f"insert {table}")
        super().insert(table, data)


def stopping_client(client: Client, point: Point) -> Client:
    """The same session, with a point before every write."""
    mine = StoppingClient(client._session, client.run_id)
    mine.point = point
    return mine


@contextmanager
def stopping_renames(point: Point) -> Iterator[None]:
    """A point before every file gets its name, in this process: the archive's way to make a file count."""
    rename = Path.rename

    def told(self: Path, target: str | Path) -> Path:
        point("rename")
        return rename(self, target)

    Path.rename = told  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Path.rename = rename  # type: ignore[method-assign]
