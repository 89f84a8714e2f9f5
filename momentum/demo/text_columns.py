"""Text of many points at once: numbers as columns of digits, points as rows of bytes.

A point is a template with fixed columns; zero bytes stand for nothing and are taken out at the end.
So a track of any length is written without an object per point.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint8]  # (n, width)


def literal(text: str, n: int) -> Rows:
    """The same text in every row."""
    return np.broadcast_to(np.frombuffer(text.encode(), np.uint8), (n, len(text.encode())))


def number(values: NDArray, decimals: int, whole_digits: int = 7) -> Rows:
    """Numbers (n,) in decimal, without leading zeros; a NaN is written as nothing."""
    known = np.isfinite(values)
    scaled = np.rint(np.abs(np.where(known, values, 0)) * 10**decimals).astype(np.int64)
    width = whole_digits + decimals
    digits = scaled[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + ord("0")
    leading = np.cumsum(digits != ord("0"), axis=1) == 0
    leading[:, whole_digits - 1 :] = False
    digits[leading] = 0
    sign = np.where(values < 0, ord("-"), 0)[:, None]
    parts = [sign, digits[:, :whole_digits]]
    if decimals:
        parts += [np.full((len(values), 1), ord(".")), digits[:, whole_digits:]]
    return np.where(known[:, None], np.concatenate(parts, axis=1), 0).astype(np.uint8)


def moment(ms: NDArray) -> Rows:
    """Times (n,) in milliseconds since 1970 as 2026-11-24T17:05:00.000Z."""
    text = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="ms", timezone="UTC").astype("S24")
    return text.view(np.uint8).reshape(len(ms), 24)


def element(before: str, values: NDArray, decimals: int, after: str) -> Rows:
    """`before`, number, `after` in each row; where the number is NaN the row has nothing of it."""
    n = len(values)
    rows = np.concatenate([literal(before, n), number(values, decimals), literal(after, n)], axis=1)
    return np.where(np.isfinite(values)[:, None], rows, 0).astype(np.uint8)


def joined(parts: list[Rows]) -> bytes:
    """The parts side by side, row after row, without the zero bytes."""
    rows = np.concatenate(parts, axis=1)
    return rows[rows != 0].tobytes()
