"""FIT messages from columns: definition and data bytes, header and checksum.

The numbers are those of the official profile (garmin-fit-sdk 21.218); a test compares them.
Here does not belong: what an activity file consists of (`fit_writer`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FIT_EPOCH_S = 631_065_600  # 1989-12-31 00:00 UTC, as seconds since 1970
_SEMICIRCLES = 2**31 / 180
_PROTOCOL, _PROFILE = 0x20, 21_218

# FIT base types: code in a definition, NumPy type, the value that says "nothing sent".
ENUM, UINT8, SINT8 = (0x00, "u1", 0xFF), (0x02, "u1", 0xFF), (0x01, "i1", 0x7F)
UINT16, UINT32 = (0x84, "<u2", 0xFFFF), (0x86, "<u4", 0xFFFFFFFF)
SINT32, UINT32Z = (0x85, "<i4", 0x7FFFFFFF), (0x8C, "<u4", 0)

Field = tuple[int, tuple[int, str, int], float, float]  # number, base type, scale, offset


def _plain(number: int, base: tuple[int, str, int], scale: float = 1, offset: float = 0) -> Field:
    return (number, base, scale, offset)


def _summary(
    sport: int, sub_sport: int, speed: tuple[int, int], heart_rate: tuple[int, int], rest: dict[str, Field]
) -> dict[str, Field]:
    """What lap and session share; their numbers differ from the speeds on."""
    return {
        "message_index": _plain(254, UINT16),
        "timestamp": _plain(253, UINT32),
        "event": _plain(0, ENUM),
        "event_type": _plain(1, ENUM),
        "start_time": _plain(2, UINT32),
        "start_position_lat": _plain(3, SINT32, _SEMICIRCLES),
        "start_position_long": _plain(4, SINT32, _SEMICIRCLES),
        "total_elapsed_time": _plain(7, UINT32, 1000),
        "total_timer_time": _plain(8, UINT32, 1000),
        "total_distance": _plain(9, UINT32, 100),
        "sport": _plain(sport, ENUM),
        "sub_sport": _plain(sub_sport, ENUM),
        "avg_speed": _plain(speed[0], UINT16, 1000),
        "enhanced_avg_speed": _plain(speed[1], UINT32, 1000),
        "avg_heart_rate": _plain(heart_rate[0], UINT8),
        "max_heart_rate": _plain(heart_rate[1], UINT8),
        **rest,
    }


# Message: global number and its fields by name.
MESSAGES: dict[str, tuple[int, dict[str, Field]]] = {
    "file_id": (
        0,
        {
            "type": _plain(0, ENUM),
            "manufacturer": _plain(1, UINT16),
            "product": _plain(2, UINT16),
            "serial_number": _plain(3, UINT32Z),
            "time_created": _plain(4, UINT32),
        },
    ),
    "device_settings": (2, {"utc_offset": _plain(1, UINT32)}),
    "user_profile": (
        3,
        {
            "gender": _plain(1, ENUM),
            "age": _plain(2, UINT8),
            "height": _plain(3, UINT8, 100),
            "weight": _plain(4, UINT16, 10),
            "resting_heart_rate": _plain(8, UINT8),
        },
    ),
    "sport": (12, {"sport": _plain(0, ENUM), "sub_sport": _plain(1, ENUM)}),
    "session": (
        18,
        _summary(
            5,
            6,
            (14, 124),
            (16, 17),
            {
                "avg_power": _plain(20, UINT16),
                "max_power": _plain(21, UINT16),
                "avg_cadence": _plain(18, UINT8),
                "total_ascent": _plain(22, UINT16),
                "first_lap_index": _plain(25, UINT16),
                "num_laps": _plain(26, UINT16),
                "trigger": _plain(28, ENUM),
                "pool_length": _plain(44, UINT16, 100),
                "pool_length_unit": _plain(46, ENUM),
                "num_active_lengths": _plain(47, UINT16),
                "workout_rpe": _plain(193, UINT8, 10),
            },
        ),
    ),
    "lap": (
        19,
        _summary(
            25,
            39,
            (13, 110),
            (15, 16),
            {
                "avg_power": _plain(19, UINT16),
                "max_power": _plain(20, UINT16),
                "avg_cadence": _plain(17, UINT8),
                "lap_trigger": _plain(24, ENUM),
                "num_lengths": _plain(32, UINT16),
                "first_length_index": _plain(35, UINT16),
            },
        ),
    ),
    "record": (
        20,
        {
            "timestamp": _plain(253, UINT32),
            "lat": _plain(0, SINT32, _SEMICIRCLES),
            "lon": _plain(1, SINT32, _SEMICIRCLES),
            "distance_m": _plain(5, UINT32, 100),
            "speed_mps": _plain(73, UINT32, 1000),
            "altitude_m": _plain(78, UINT32, 5, 500),
            "power_w": _plain(7, UINT16),
            "heart_rate_bpm": _plain(3, UINT8),
            "cadence_rpm": _plain(4, UINT8),
            "fractional_cadence": _plain(53, UINT8, 128),
            "temperature_c": _plain(13, SINT8),
        },
    ),
    "event": (
        21,
        {
            "timestamp": _plain(253, UINT32),
            "event": _plain(0, ENUM),
            "event_type": _plain(1, ENUM),
            "event_group": _plain(4, UINT8),
        },
    ),
    "device_info": (
        23,
        {
            "timestamp": _plain(253, UINT32),
            "serial_number": _plain(3, UINT32Z),
            "manufacturer": _plain(2, UINT16),
            "product": _plain(4, UINT16),
            "software_version": _plain(5, UINT16, 100),
            "device_index": _plain(0, UINT8),
        },
    ),
    "activity": (
        34,
        {
            "timestamp": _plain(253, UINT32),
            "total_timer_time": _plain(0, UINT32, 1000),
            "local_timestamp": _plain(5, UINT32),
            "num_sessions": _plain(1, UINT16),
            "type": _plain(2, ENUM),
            "event": _plain(3, ENUM),
            "event_type": _plain(4, ENUM),
        },
    ),
    "length": (
        101,
        {
            "message_index": _plain(254, UINT16),
            "timestamp": _plain(253, UINT32),
            "event": _plain(0, ENUM),
            "event_type": _plain(1, ENUM),
            "start_time": _plain(2, UINT32),
            "total_elapsed_time": _plain(3, UINT32, 1000),
            "total_timer_time": _plain(4, UINT32, 1000),
            "total_strokes": _plain(5, UINT16),
            "avg_speed": _plain(6, UINT16, 1000),
            "swim_stroke": _plain(7, ENUM),
            "length_type": _plain(12, ENUM),
        },
    ),
}
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
