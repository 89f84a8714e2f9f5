"""FIT messages from columns: definition and data bytes, header and checksum.

Here does not belong: what an activity file consists of (`fit_writer`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from momentum.demo.fit_fields import MESSAGES, UINT16

FIT_EPOCH_S = 631_065_600  # 1989-12-31 00:00 UTC, as seconds since 1970
_PROTOCOL, _PROFILE = 0x20, 21_218
_HRV, _HRV_TIMES = 78, 5


def fit_times(ms: NDArray | int) -> NDArray:
    """FIT's date_time (whole seconds, rounded down) of milliseconds since 1970."""
    return np.asarray(ms, np.int64) // 1000 - FIT_EPOCH_S


def pack(name: str, local: int, **columns: Any) -> tuple[bytes, NDArray[np.uint8]]:
    """Definition bytes and data rows of a message.

    columns: field names of MESSAGES with an array (n,), or a number for all rows, in the field's unit;
    the first column says how many rows. NaN becomes "nothing sent", and so does what the base type
    cannot hold.
    Returns the definition and an array (n, 1 + size) of bytes, one row a message.
    """
    number, fields = MESSAGES[name]
    chosen = [(fields[column], values) for column, values in columns.items()]
    rows = np.size(chosen[0][1])
    definition = struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(chosen))
    table = np.empty(rows, [("header", "u1"), *((str(f[0]), f[1][1]) for f, _ in chosen)])
    table["header"] = local
    for (field, (code, dtype, nothing), scale, offset), values in chosen:
        definition += struct.pack("<BBB", field, np.dtype(dtype).itemsize, code)
        table[str(field)] = _raw(np.asarray(values), dtype, nothing, scale, offset)
    return definition, table.view(np.uint8).reshape(rows, table.dtype.itemsize)


def _raw(values: NDArray, dtype: str, nothing: int, scale: float, offset: float) -> NDArray:
    if scale == 1 and not offset and values.dtype.kind in "iub":
        return values
    limits = np.iinfo(dtype)
    scaled = np.rint((values + offset) * scale)
    with np.errstate(invalid="ignore"):
        held = (scaled >= limits.min) & (scaled <= limits.max)
    return np.where(held, scaled, nothing).astype(np.int64)


def hrv(local: int, ts: NDArray, rr_ms: NDArray) -> tuple[bytes, NDArray[np.uint8], NDArray]:
    """`hrv` messages of five intervals each, the last one padded: definition, rows, moment of each row."""
    rows = -(-len(rr_ms) // _HRV_TIMES)
    times = np.full(rows * _HRV_TIMES, UINT16[2], np.int64)
    times[: len(rr_ms)] = np.rint(rr_ms)
    table = np.empty(rows, [("header", "u1"), ("time", "<u2", _HRV_TIMES)])
    table["header"], table["time"] = local, times.reshape(rows, _HRV_TIMES)
    definition = struct.pack("<BBBHBBBB", 0x40 | local, 0, 0, _HRV, 1, 0, 2 * _HRV_TIMES, UINT16[0])
    last = np.minimum(np.arange(1, rows + 1) * _HRV_TIMES, len(rr_ms)) - 1
    return definition, table.view(np.uint8).reshape(rows, table.dtype.itemsize), ts[last]


def in_order_of_time(parts: Sequence[tuple[NDArray[np.uint8], NDArray]]) -> bytes:
    """The rows of all parts as one run of bytes, by moment; of equal moments the earlier part comes first.

    parts: pairs of rows (n, size) and their moments (n,).
    """
    sizes = np.concatenate([np.full(len(rows), rows.shape[1]) for rows, _ in parts])
    order = np.argsort(np.concatenate([moments for _, moments in parts]), kind="stable")
    starts = np.empty(len(order), np.int64)
    starts[order] = np.cumsum(sizes[order]) - sizes[order]
    out = np.empty(sizes.sum(), np.uint8)
    done = 0
    for rows, _ in parts:
        mine = starts[done : done + len(rows)]
        out[mine[:, None] + np.arange(rows.shape[1])] = rows
        done += len(rows)
    return out.tobytes()


def wrap(parts: Sequence[bytes]) -> bytes:
    """A whole FIT file around its messages: 14-byte header, both checksums."""
    body = b"".join(parts)
    header = struct.pack("<BBHI4s", 14, _PROTOCOL, _PROFILE, len(body), b".FIT")
    whole = header + _checksum(header) + body
    return whole + _checksum(whole)


def _checksum(data: bytes) -> bytes:
    from momentum.activity_files.fit.kernels import CRC_TABLES, crc16

    return struct.pack("<H", crc16(np.frombuffer(data, np.uint8), 0, len(data), CRC_TABLES))


def message(name: str, local: int, **columns: Any) -> bytes:
    """`pack` as one run of bytes."""
    definition, rows = pack(name, local, **columns)
    return definition + rows.tobytes()
