"""At most so many calls in any minute.

A plain token bucket of 60 that fills at one a second lets 119 calls through within one minute of a full bucket;
the API counts calls in a window, so tokens here come back exactly one window after they were taken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class CallBudget:
    def __init__(
        self, *, calls: int, window_s: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._taken: deque[float] = deque(maxlen=calls)
        self._window_s = window_s
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def take(self) -> None:
        """Returns when a call may be made; threads are served one after the other."""
        with self._lock:
            if len(self._taken) == self._taken.maxlen:
                back_in_s = self._taken[0] + self._window_s - self._clock()
                if back_in_s > 0:
                    self._sleep(back_in_s)
            self._taken.append(self._clock())
