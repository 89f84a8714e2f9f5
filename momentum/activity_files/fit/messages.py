"""Every message of a FIT byte string as columns: for the eye, for tests, and for what decode_fit leaves out."""

from __future__ import annotations

import numpy as np

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile, split
from momentum.activity_files.fit.columns import read_message
from momentum.activity_files.fit.developer import describe


def messages(data: bytes) -> dict[str, Columns]:
    """Columns of all messages by the profile's name (unknown_NUMBER for others), chained files joined.

    Columns are as `columns.read_message` describes them, rows in file order. Raises Refused as
    `decode_fit` does for what is no FIT file; a damaged one gives what is whole.
    """
    found: dict[str, list[Columns]] = {}
    for fit in split(data)[0]:
        for name, columns in _messages_of(fit).items():
            found.setdefault(name, []).append(columns)
    return {name: parts[0] if len(parts) == 1 else _joined(parts) for name, parts in found.items()}


def _messages_of(fit: FitFile) -> dict[str, Columns]:
    types, _ = describe(fit)
    read = {number: read_message(fit, number, described=types) for number in fit.parts}
    return {profile.message(number).name: columns for number, columns in read.items() if columns}


def _joined(parts: list[Columns]) -> Columns:
    rows = [len(next(iter(part.values()))) for part in parts]
    out: Columns = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        blocks = [part.get(name) for part in parts]
        texts = [block if block is not None and block.dtype.kind == "U" else None for block in blocks]
        if any(text is not None for text in texts):
            # Text in one file and numbers in another happens in damaged ones only: the text counts.
            filled = [np.full(n, "") if text is None else text for text, n in zip(texts, rows, strict=True)]
            out[name] = np.concatenate(filled)
            continue
        width = max(1 if block is None or block.ndim == 1 else block.shape[1] for block in blocks)
        joined = np.full((sum(rows), width), np.nan)
        at = 0
        for block, n in zip(blocks, rows, strict=True):
            if block is not None:
                block = block.reshape(n, -1)
                joined[at : at + n, : block.shape[1]] = block
            at += n
        out[name] = joined[:, 0] if width == 1 else joined
    return out
