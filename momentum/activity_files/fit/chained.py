"""One byte string to the FIT files chained in it: headers, checksums, and where every message is."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Problem, Refused

IN_PART = "decoded in part"

_HEADER = struct.Struct("<BBHI4s")
_CRC_SIZE = 2
# A watch chains a handful (one per download of a chest strap); scanning costs at least 0.1 ms each.
_CHAINED_FILES = 256


@dataclass
class FitFile:
    """One FIT file, scanned.

    data: all bytes, uint8; every offset counts from its start. Per distinct definition d: defined_at,
    defined_length; its messages' header offsets are at[first[d]:first[d + 1]], in file order, and rank
    is their place among all messages of the same global number. parts: the definitions that have
    messages, by global number.
    """

    data: NDArray[np.uint8]
    defined_at: NDArray[np.int64]
    defined_length: NDArray[np.int64]
    parts: dict[int, list[int]]
    first: list[int]
    at: NDArray[np.int64]
    rank: NDArray[np.int64]
    compressed: bool
    problems: list[Problem] = field(default_factory=list)
    compressed_s: NDArray[np.float64] | None = None  # times in headers, like `at`; computed when first asked for


def split(data: bytes) -> tuple[list[FitFile], list[Problem]]:
    """The FIT files of a byte string, and what lies between or behind them that is none.

    Raises Refused: "empty file", "not a FIT file".
    """
    if not data:
        raise Refused("empty file")
    if not _is_header(data, 0):
        raise Refused("not a FIT file")
    array = np.frombuffer(data, np.uint8)
    files: list[FitFile] = []
    at = 0
    while at < len(data):
        if not _is_header(data, at) or len(files) == _CHAINED_FILES:
            return files, [Problem(IN_PART, f"bytes {at} to {len(data)} were left out: no FIT file begins there")]
        fit, at = _read_file(data, array, at)
        files.append(fit)
    return files, []


def _is_header(data: bytes, at: int) -> bool:
    return data[at + 8 : at + 12] == b".FIT" and 12 <= data[at] <= len(data) - at


def _read_file(data: bytes, array: NDArray[np.uint8], start: int) -> tuple[FitFile, int]:
    from momentum.activity_files.fit import kernels

    header_size, _, _, data_size, _ = _HEADER.unpack_from(data, start)
    problems = []
    if header_size >= 14:
        stored = int.from_bytes(data[start + 12 : start + 14], "little")
        # 0 is legal: the writer did not compute one.
        if stored and stored != kernels.crc16(array, start, start + 12, kernels.CRC_TABLES):
            problems.append(Problem(IN_PART, f"wrong header CRC at byte {start + 12}"))
    begin = start + header_size
    end = begin + data_size
    after = end + _CRC_SIZE
    truncated = after > len(data)
    if data_size == 0 and after < len(data) and not _is_header(data, after):
        # A device that lost power never wrote the size.
        problems.append(Problem(IN_PART, f"the header at byte {start} says 0 bytes; read to the end"))
        end = after = len(data)
    elif truncated:
        problems.append(Problem(IN_PART, f"truncated at byte {len(data)} of {after}"))
        end = min(end, len(data))
        after = len(data)
    elif kernels.crc16(array, start, after, kernels.CRC_TABLES) != 0:  # a CRC over data and its CRC is 0
        problems.append(Problem(IN_PART, f"wrong file CRC at byte {end}"))

    status, stopped, defined_at, defined_length, number, first, at, rank, compressed = kernels.scan(array, begin, end)
    if status == kernels.UNDEFINED_LOCAL_MESSAGE:
        problems.append(Problem(IN_PART, f"undefined local message at byte {stopped}, read to there"))
    elif status == kernels.TRUNCATED and not truncated:
        problems.append(Problem(IN_PART, f"the message at byte {stopped} goes beyond the end, read to there"))
    parts: dict[int, list[int]] = {}
    edges = first.tolist()
    for d, n in enumerate(number.tolist()):
        if edges[d + 1] > edges[d]:
            parts.setdefault(n, []).append(d)
    return FitFile(array, defined_at, defined_length, parts, edges, at, rank, bool(compressed), problems), after
