"""The loops over bytes, compiled: the offset scan, CRC-16, the reading of fields, running sums.

Imports numba at the top and is therefore itself only imported inside the functions that use it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# How a scan ended.
WHOLE, TRUNCATED, UNDEFINED_LOCAL_MESSAGE = 0, 1, 2

# Columns of a reading plan (one row per field, float64 throughout so that one array carries all).
AT, WIDTH, BIG, KIND, SCALE, OFFSET, COLUMN = range(7)
# Kinds: which bit pattern means "nothing sent", and what the bits are.
UNSIGNED, ZERO_INVALID, SIGNED, FLOAT, BYTES = range(5)

# A device that redefines its messages all the time uses few different definitions; only so many
# are compared, to keep a hostile file's cost linear.
_DEFINITIONS_COMPARED = 64


def _crc_tables() -> np.ndarray:
    """Sixteen tables of CRC-16/ARC (FIT protocol, CRC): table k advances a byte past k zero bytes."""
    tables = np.zeros((16, 256), np.uint16)
    first = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        first = np.where(first & 1, (first >> 1) ^ 0xA001, first >> 1).astype(np.uint16)
    tables[0] = first
    for k in range(1, 16):
        tables[k] = (tables[k - 1] >> 8) ^ first[tables[k - 1] & 0xFF]
    return tables


CRC_TABLES = _crc_tables()


@njit(cache=True)
def crc16(data, start, end, tables):
    """CRC-16/ARC of data[start:end], sixteen bytes a step."""
    crc = np.uint16(0)
    at = start
    while at + 16 <= end:
        step = tables[15, data[at] ^ (crc & 0xFF)] ^ tables[14, data[at + 1] ^ (crc >> 8)]
        for k in range(2, 16):
            step ^= tables[15 - k, data[at + k]]
        crc = step
        at += 16
    while at < end:
        crc = np.uint16((crc >> 8) ^ tables[0, (crc ^ data[at]) & 0xFF])
        at += 1
    return crc


@njit(cache=True)
def _definition_end(data, p, end):
    """Offset behind the definition at p; -1 if it goes beyond the end."""
    q = p + 6
    if q > end:
        return -1
    q += 3 * np.int64(data[p + 5])
    if data[p] & 0x20 != 0:
        if q >= end:
            return -1
        q += 1 + 3 * np.int64(data[q])
    return q if q <= end else -1


@njit(cache=True)
def _content_size(data, p, q):
    """Bytes of a message's content under the definition at p to q."""
    total = np.int64(0)
    fields_end = p + 6 + 3 * np.int64(data[p + 5])
    for j in range(p + 7, fields_end, 3):
        total += data[j]
    for j in range(fields_end + 2, q, 3):
        total += data[j]
    return total


@njit(cache=True)
def _global_number(data, p):
    """Global message number of the definition at p, in the byte order that it states."""
    low, high = (p + 3, p + 4) if data[p + 2] == 0 else (p + 4, p + 3)
    return np.int64(data[low]) | np.int64(data[high]) << 8


@njit(cache=True)
def _known_definition(data, p, q, defined_at, defined_length, definitions):
    """The definition with the same content as the one at p to q, -1 if there is none."""
    for k in range(definitions - 1, max(-1, definitions - 1 - _DEFINITIONS_COMPARED), -1):
        if defined_length[k] != q - p or (data[defined_at[k]] ^ data[p]) & 0x20 != 0:
            continue
        j = 1
        while j < q - p and data[defined_at[k] + j] == data[p + j]:
            j += 1
        if j == q - p:
            return k
    return -1


@njit(cache=True)
def _grouped(values, definition, first):
    """Values of all messages, stably sorted by definition."""
    fill = first.copy()
    out = np.empty(definition.size, np.int64)
    for i in range(definition.size):
        out[fill[definition[i]]] = values[i]
        fill[definition[i]] += 1
    return out


@njit(cache=True)
def scan(data, start, end):
    """Finds every message between two offsets.

    Returns (status, where it stopped, offset of each distinct definition, its length in bytes,
    its global message number, first message of each definition in the next two arrays, offset of
    each message grouped by definition, its rank among the messages of the same global number in
    file order, whether any message has a compressed timestamp). Offsets are those of a message's
    header byte.
    """
    # Upper bounds, not expectations: the system hands out pages only when they are touched.
    most, most_defined = end - start + 1, (end - start) // 6 + 2
    at, rank, definition = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int32)
    defined_at, defined_length = np.empty(most_defined, np.int64), np.empty(most_defined, np.int64)
    number, content_size = np.empty(most_defined, np.int64), np.empty(most_defined, np.int64)
    first = np.zeros(most_defined, np.int64)
    seen_of_number = np.zeros(65536, np.int64)
    current = np.full(16, -1, np.int64)
    messages = definitions = 0
    compressed = False
    status = WHOLE
    p = start
    while p < end:
        header = data[p]
        if header & 0xC0 == 0x40:
            q = _definition_end(data, p, end)
            if q < 0:
                status = TRUNCATED
                break
            d = _known_definition(data, p, q, defined_at, defined_length, definitions)
            if d < 0:
                d = definitions
                definitions += 1
                defined_at[d], defined_length[d] = p, q - p
                number[d], content_size[d] = _global_number(data, p), _content_size(data, p, q)
            current[header & 0x0F] = d
            p = q
            continue
        local = header & 0x0F
        if header & 0x80 != 0:
            local = (header >> 5) & 0x03
            compressed = True
        d = current[local]
        if d < 0:
            status = UNDEFINED_LOCAL_MESSAGE
            break
        after = p + 1 + content_size[d]
        if after > end:
            status = TRUNCATED
            break
        at[messages] = p
        definition[messages] = d
        rank[messages] = seen_of_number[number[d]]
        seen_of_number[number[d]] += 1
        first[d + 1] += 1
        messages += 1
        p = after
    for d in range(definitions):
        first[d + 1] += first[d]
    first = first[: definitions + 1].copy()
    definition = definition[:messages]
    return (
        status,
        p,
        defined_at[:definitions].copy(),
        defined_length[:definitions].copy(),
        number[:definitions].copy(),
        first,
        _grouped(at, definition, first),
        _grouped(rank, definition, first),
        compressed,
    )


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


@njit(cache=True)
def accumulate(parts, known, bits):
    """Widens a counter of few bits to a running sum, rollover included.

    parts: the counter (NaN where not sent). known: the full value where the message carries it
    (NaN elsewhere), in the counter's unit; the count goes on from there. Both in sending order.
    """
    out = np.empty(parts.size, np.float64)
    mask = (np.int64(1) << bits) - 1
    total = np.int64(0)
    for i in range(parts.size):
        if not np.isnan(known[i]):
            total = np.int64(known[i])
        if np.isnan(parts[i]):
            out[i] = np.nan
        else:
            total += (np.int64(parts[i]) - total) & mask
            out[i] = total
    return out


@njit(cache=True)
def compressed_times(data, at, time_at, time_big, out):
    """Timestamps of messages whose header carries the low five bits only (FIT protocol, 4.2).

    at: header offset of every message, in file order. time_at: offset of field 253 within the
    message's content, -1 without one. out: FIT seconds of messages with such a header, else NaN.
    """
    last = np.int64(0)
    for i in range(at.size):
        header = np.int64(data[at[i]])
        if header & 0x80 != 0:
            last += ((header & 0x1F) - last) & 0x1F
            out[i] = last
        if time_at[i] >= 0:
            p = at[i] + 1 + time_at[i]
            value = np.int64(0)
            for k in range(4):
                shift = 3 - k if time_big[i] else k
                value |= np.int64(data[p + k]) << (8 * shift)
            if value != 0xFFFFFFFF:
                last = value


@njit(cache=True)
def beat_times(near_ms, rr_ms, slack_ms):
    """When each beat fell, in ms, ascending: intervals are added up, and set right by the record sent
    next to them when the sum drifts further than the slack (beats lost, recording paused)."""
    out = np.empty(rr_ms.size, np.int64)
    now = latest = np.int64(0)
    for i in range(rr_ms.size):
        now += np.int64(rr_ms[i])
        if abs(now - near_ms[i]) > slack_ms:
            now = near_ms[i]
        latest = max(latest, now)
        out[i] = latest
    return out
