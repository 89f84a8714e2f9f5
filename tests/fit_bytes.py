"""Writes small FIT files by hand, so that a test can say exactly which bytes it means."""

from __future__ import annotations

import struct
from collections.abc import Sequence

# Base type numbers by struct's letters, as the FIT protocol numbers them.
_BASE = {"B": 2, "b": 1, "H": 0x84, "h": 0x83, "I": 0x86, "i": 0x85, "f": 0x88, "d": 0x89, "q": 0x8E, "Q": 0x8F}
ENUM, STRING, UINT8Z, UINT16Z, UINT32Z, BYTE = 0, 7, 0x0A, 0x8B, 0x8C, 0x0D

Field = tuple[int, str] | tuple[int, int, int]


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_TABLE = [_crc_of_byte(byte) for byte in range(256)]


def crc16(data: bytes) -> int:
    """CRC-16/ARC byte by byte, in plain Python: independent of the product's."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def definition(
    local: int,
    number: int,
    fields: Sequence[Field],
    *,
    big: bool = False,
    developer: Sequence[tuple[int, int, int]] = (),
) -> bytes:
    """A definition message. A field is (number, struct letter) or (number, size, base type); a developer
    field is (number, size, developer_data_index)."""
    header = 0x40 | local | (0x20 if developer else 0)
    out = struct.pack(">BBBHB" if big else "<BBBHB", header, 0, int(big), number, len(fields))
    for field in fields:
        if isinstance(field[1], str):
            letter = field[1][-1]
            out += bytes((field[0], struct.calcsize("<" + field[1]), _BASE[letter]))
        else:
            out += bytes(field)
    if developer:
        out += bytes((len(developer),)) + b"".join(bytes(field) for field in developer)
    return out


def message(local: int, layout: str, *values: object, big: bool = False) -> bytes:
    """A data message; layout in struct's letters."""
    return bytes((local,)) + struct.pack((">" if big else "<") + layout, *values)


def compressed(local: int, seconds: int, layout: str, *values: object) -> bytes:
    """A data message whose header carries the low five bits of its time."""
    return bytes((0x80 | local << 5 | seconds & 0x1F,)) + struct.pack("<" + layout, *values)


def fit_file(
    *parts: bytes, header_size: int = 14, header_crc: int | None = None, data_size: int | None = None
) -> bytes:
    """A whole file around messages: header, data, CRC. header_crc 0 is legal, None computes it."""
    body = b"".join(parts)
    header = struct.pack("<BBHI4s", header_size, 0x20, 2132, len(body) if data_size is None else data_size, b".FIT")
    if header_size >= 14:
        header += struct.pack("<H", crc16(header) if header_crc is None else header_crc)
    return header + body + struct.pack("<H", crc16(header + body))


FILE_ID, SESSION, LAP, RECORD, ACTIVITY, HRV, LENGTH, HR = 0, 18, 19, 20, 34, 78, 101, 132
DEVELOPER_DATA_ID, FIELD_DESCRIPTION = 207, 206
START = 1_000_000_000  # FIT seconds of 2021-09-08 01:46:40 UTC
START_MS = (START + 631_065_600) * 1000


def file_id(kind: int = 4) -> bytes:
    """file_id of an activity (4) or of another type, by garmin (1), edge1000 (1836), serial 42."""
    fields: list[Field] = [(0, 1, ENUM), (1, "H"), (2, "H"), (3, 4, UINT32Z)]
    return definition(0, FILE_ID, fields) + message(0, "BHHI", kind, 1, 1836, 42)


def records(seconds: Sequence[int], *, local: int = 1, watts: int = 200, big: bool = False) -> bytes:
    """Records with a time, a heart rate and a power."""
    out = definition(local, RECORD, [(253, "I"), (3, "B"), (7, "H")], big=big)
    return out + b"".join(message(local, "IBH", START + s, 100 + k % 50, watts, big=big) for k, s in enumerate(seconds))


def session(start: int, elapsed: float, sport: int = 2, *, timer: float | None = None, distance: float = 1000) -> bytes:
    """A session of `elapsed` seconds from START + start on."""
    fields: list[Field] = [(253, "I"), (2, "I"), (7, "I"), (8, "I"), (9, "I"), (5, 1, ENUM)]
    return definition(2, SESSION, fields) + message(
        2,
        "IIIIIB",
        START + start + round(elapsed),
        START + start,
        round(elapsed * 1000),
        round((elapsed if timer is None else timer) * 1000),
        round(distance * 100),
        sport,
    )
