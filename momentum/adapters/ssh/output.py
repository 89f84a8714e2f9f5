"""Output as it comes, line by line, without secrets."""

from __future__ import annotations

import codecs
from collections.abc import Callable

Mask = Callable[[str], str]
LONGEST_LINE = 64_000


class Lines:
    """Takes bytes in any pieces, gives whole lines that went through `mask`: a secret never falls between two."""

    def __init__(self, mask: Mask, emit: Callable[[str], None] | None) -> None:
        self._mask, self._emit, self._rest = mask, emit, ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> None:
        if self._emit is None:
            return
        *whole, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        for line in whole:
            self._emit(self._mask(line.rstrip("\r")))
        if len(self._rest) > LONGEST_LINE:
            self.end()

    def end(self) -> None:
        if self._emit is not None and self._rest:
            self._emit(self._mask(self._rest))
        self._rest = ""
