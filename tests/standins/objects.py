"""An object store in memory with the conditions of a real one, a clock of its own and a hook around each write."""

from __future__ import annotations

import threading
from collections.abc import Callable

from momentum.adapters.object_store import PreconditionFailed, Stored


class MemoryStore:
    shared = True

    def __init__(self, around: Callable[[str], None] = lambda _: None) -> None:
        self.objects: dict[str, tuple[bytes, str, float]] = {}
        self.noted: dict[str, dict[str, str]] = {}
        self.now_s = 0.0
        self.around = around
        self._writes = 0
        self._guard = threading.Lock()

    def get(self, key: str) -> tuple[bytes, str] | None:
        found = self.objects.get(key)
        return None if found is None else found[:2]

    def age_s(self, key: str) -> float | None:
        found = self.objects.get(key)
        return None if found is None else self.now_s - found[2]

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_none_match: bool = False) -> str:
        self.around(f"before {key}")
        with self._guard:
            there = self.objects.get(key)
            if (if_none_match and there) or (if_match is not None and (there is None or there[1] != if_match)):
                raise PreconditionFailed(key)
            self._writes += 1
            etag = f"e{self._writes}"
            self.objects[key] = (data, etag, self.now_s)
        self.around(f"after {key}")
        return etag

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def listed(self, prefix: str) -> list[Stored]:
        return [Stored(key, len(self.objects[key][0]), self.objects[key][2]) for key in self.keys(prefix)]

    def labels(self, key: str) -> dict[str, str] | None:
        return self.noted.get(key, {}) if key in self.objects else None

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
