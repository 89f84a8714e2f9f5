"""The first pass over a file's bytes, compiled: CRC-16, and where every message is.

Imports numba at the top and is therefore itself only imported inside the functions that use it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# How a scan ended.
WHOLE, TRUNCATED, UNDEFINED_LOCAL_MESSAGE = 0, 1, 2

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
