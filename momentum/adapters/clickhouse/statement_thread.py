"""A thread that runs statements, so that the main thread can be interrupted while it waits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_KILL_WAIT_S = 5.0


class StatementThread:
    """One thread, kept: a fresh thread costs the engine 2 ms a statement. `kill` ends what runs."""

    def __init__(self, kill: Callable[[], None]) -> None:
        self._kill = kill
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` and wait for it. Signals reach the main thread only, so others run it themselves."""
        if threading.current_thread() is not threading.main_thread():
            return work()
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="statements", daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        self._work.put((future, work))
        try:
            return future.result()
        finally:
            # Not done only if the wait was broken off, by Ctrl-C or by a signal handler that raises.
            if not future.done():
                self._kill()
                future.exception(_KILL_WAIT_S)

    def close(self) -> None:
        if self._thread is not None:
            self._work.put(None)
            self._thread.join(_KILL_WAIT_S)
            self._thread = None

    def _loop(self) -> None:
        while (item := self._work.get()) is not None:
            future, work = item
            try:
                future.set_result(work())
            except BaseException as error:  # handed over to the thread that waits
                future.set_exception(error)
