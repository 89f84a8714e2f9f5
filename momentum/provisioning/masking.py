"""Secrets taken out of what is written down or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"

# What looks like a secret even when nobody named it: private keys, age identities, K3s join tokens, provider keys.
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|AGE-SECRET-KEY-1[A-Z0-9]+"
    r"|K10[0-9a-f]{64}::[A-Za-z0-9:._-]+",
    re.DOTALL,
)
_SHORTEST = 6  # a shorter one would blacken ordinary words


class Masker:
    """`secrets` are the values themselves; they are held in memory only."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)
        self._named = re.compile("|".join(map(re.escape, long_enough))) if long_enough else None

    def text(self, value: str) -> str:
        value = _SHAPES.sub(MASK, value)
        return self._named.sub(MASK, value) if self._named else value

    def value(self, value: Any) -> Any:
        """The same structure with every string masked, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value
