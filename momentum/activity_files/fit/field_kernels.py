"""Bytes of fields to numbers, compiled: one column at a time over all messages of a definition.

Imports numba at the top and is therefore itself only imported inside the functions that use it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Columns of a reading plan (one row per field, float64 throughout so that one array carries all).
AT, WIDTH, BIG, KIND, SCALE, OFFSET, COLUMN = range(7)
# Kinds: which bit pattern means "nothing sent", and what the bits are.
UNSIGNED, ZERO_INVALID, SIGNED, FLOAT, BYTES = range(5)


@njit(cache=True, error_model="numpy")
def _read_narrow(data, at, row, width, big, kind, scale, offset, column):
    """Integers of one and two bytes."""
    low, high = (1, 0) if big and width == 2 else (0, 1)
    half = np.int64(1) << (8 * width - 1)
    nothing, wrap = _patterns(kind, half)
    for i in range(at.size):
        value = np.int64(data[at[i] + low])
        if width == 2:
            value |= np.int64(data[at[i] + high]) << 8
        if value == nothing:
            column[row[i]] = np.nan
        else:
            column[row[i]] = (value - (wrap if value >= half else 0)) / scale - offset


@njit(cache=True)
def _patterns(kind, half):
    """The value that means nothing was sent, and what is taken off a negative number's bits."""
    if kind == ZERO_INVALID:
        return np.int64(0), np.int64(0)
    if kind == SIGNED:
        return half - 1, 2 * half
    if kind == BYTES:
        return np.int64(-1), np.int64(0)
    return 2 * half - 1, np.int64(0)


@njit(cache=True, error_model="numpy")
def _read_32(data, at, row, big, kind, scale, offset, column):
    """Integers of four bytes."""
    b0, b1, b2, b3 = (3, 2, 1, 0) if big else (0, 1, 2, 3)
    half = np.int64(1) << 31
    nothing, wrap = _patterns(kind, half)
    for i in range(at.size):
        p = at[i]
        value = (
            np.int64(data[p + b0])
            | np.int64(data[p + b1]) << 8
            | np.int64(data[p + b2]) << 16
            | np.int64(data[p + b3]) << 24
        )
        if value == nothing:
            column[row[i]] = np.nan
        else:
            column[row[i]] = (value - (wrap if value >= half else 0)) / scale - offset


@njit(cache=True)
def _bits(data, p, width, big):
    """Bytes to an unsigned number."""
    bits = np.uint64(0)
    for k in range(width):
        shift = width - 1 - k if big else k
        bits |= np.uint64(data[p + k]) << np.uint64(8 * shift)
    return bits


@njit(cache=True, error_model="numpy")
def _read_64(data, at, row, big, kind, scale, offset, column):
    """Integers of eight bytes."""
    top = np.uint64(1) << np.uint64(63)
    nothing = ~np.uint64(0)
    if kind == ZERO_INVALID:
        nothing = np.uint64(0)
    elif kind == SIGNED:
        nothing = top - np.uint64(1)
    for i in range(at.size):
        bits = _bits(data, at[i], 8, big)
        if bits == nothing:
            column[row[i]] = np.nan
        elif kind == SIGNED and bits >= top:
            column[row[i]] = -np.float64(~bits + np.uint64(1)) / scale - offset
        else:
            column[row[i]] = np.float64(bits) / scale - offset


@njit(cache=True, error_model="numpy")
def _read_floats(data, at, row, width, big, scale, offset, column):
    """Floating point numbers; FIT's pattern for nothing sent is one of their NaNs, and infinite is no value."""
    bits32 = np.empty(1, np.uint32)
    real32 = bits32.view(np.float32)
    bits64 = np.empty(1, np.uint64)
    real64 = bits64.view(np.float64)
    for i in range(at.size):
        bits = _bits(data, at[i], width, big)
        if width == 4:
            bits32[0] = np.uint32(bits)
            value = np.float64(real32[0])
        else:
            bits64[0] = bits
            value = real64[0]
        column[row[i]] = value / scale - offset if np.isfinite(value) else np.nan


@njit(cache=True, error_model="numpy")
def read_fields(data, at, row, plan, out):
    """Reads the fields of one definition from all its messages into columns.

    at, row: header offset of each message and the row it fills. plan: see the constants above.
    out: (columns, rows) float64; value / scale - offset, NaN where nothing was sent. 64-bit
    integers are exact up to 2**53.
    """
    for f in range(plan.shape[0]):
        content = data[1 + np.int64(plan[f, AT]) :]
        width = np.int64(plan[f, WIDTH])
        big = plan[f, BIG] != 0
        kind = np.int64(plan[f, KIND])
        scale = plan[f, SCALE]
        offset = plan[f, OFFSET]
        column = out[np.int64(plan[f, COLUMN])]
        if kind == FLOAT:
            _read_floats(content, at, row, width, big, scale, offset, column)
        elif width <= 2:
            _read_narrow(content, at, row, width, big, kind, scale, offset, column)
        elif width == 4:
            _read_32(content, at, row, big, kind, scale, offset, column)
        else:
            _read_64(content, at, row, big, kind, scale, offset, column)
