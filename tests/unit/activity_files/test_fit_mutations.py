"""Whatever the bytes: an answer or `Refused`, soon, in bounded memory, and damage under a CRC is always told."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fit_reference import real_files

from momentum.activity_files.decoded import Activity, DecodedFile, Refused
from momentum.activity_files.fit import decode_fit, messages
from tests.fit_bytes import (
    BYTE,
    FIELD_DESCRIPTION,
    HR,
    HRV,
    RECORD,
    START,
    STRING,
    compressed,
    definition,
    file_id,
    fit_file,
    message,
    records,
    session,
)

SLOWEST_S = 5.0  # of one file under a megabyte, on a busy machine


def a_small_file() -> bytes:
    """A bit of everything, so that a flipped bit can hit everything."""
    packed = bytes(range(12))
    return fit_file(
        file_id(),
        definition(8, FIELD_DESCRIPTION, [(0, "B"), (1, "B"), (2, "B"), (3, 8, STRING), (8, 4, STRING)]),
        message(8, "BBB8s4s", 0, 0, 0x88, b"Force", b"N"),
        definition(9, RECORD, [(253, "I"), (5, "I"), (8, 3, BYTE)], developer=[(0, 4, 0)], big=True),
        *(message(9, "II3sf", START + k, k * 300, b"\x01\x02\x03", 1.5, big=True) for k in range(6)),
        records(range(6, 20)),
        definition(1, RECORD, [(3, "B")]),
        *(compressed(1, START + k, "B", 120) for k in range(20, 60, 3)),
        definition(3, HRV, [(0, "5H")]),
        message(3, "5H", 800, 810, 790, 65535, 65535),
        definition(6, HR, [(253, "I"), (9, "I"), (6, "B")]),
        message(6, "IIB", START, 7000, 119),
        definition(7, HR, [(6, "8B"), (10, 12, BYTE)]),
        message(7, "8B12s", *range(120, 128), packed),
        session(0, 30, 5),
        session(30, 30, 2),
    )


def check_shape(decoded: DecodedFile) -> None:
    assert decoded.activities
    parts: list[Activity] = [part for top in decoded.activities for part in (top, *top.legs)]
    for part in parts:
        assert np.isfinite(part.elapsed_s)
        assert part.elapsed_s >= 0
        for columns in (part.samples, part.laps, part.rr, part.developer):
            assert len({len(values) for values in columns.values()}) <= 1
        for columns in (part.samples, part.rr):
            if columns:
                assert (np.diff(columns["ts"]) >= 0).all()


def decode_or_refuse(data: bytes) -> DecodedFile | None:
    """Decodes both ways; anything but Refused fails the test, as does taking too long."""
    begun = time.perf_counter()
    decoded = None
    try:
        decoded = decode_fit(data)
        check_shape(decoded)
        messages(data)
    except Refused as refused:
        assert refused.reason
    assert time.perf_counter() - begun < SLOWEST_S
    return decoded


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, a stretch removed, repeated, zeroed or moved, or the end cut off."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        a, b = sorted(rng.integers(0, len(out), 2).tolist())
        b = min(b, a + 400)
        kind = rng.integers(0, 7)
        if kind < 3:
            for at in rng.integers(0, len(out), 8):
                out[at] = int(rng.choice([0, 1, 0x40, 0x60, 0x7F, 0x80, 0xFF, int(rng.integers(0, 256))]))
        elif kind == 3:
            del out[a:b]
        elif kind == 4:
            out[a:a] = out[a:b]
        elif kind == 5:
            out[a:b] = bytes(b - a)
        else:
            del out[max(b, 14) :]
        if len(out) < 2:
            break
    return bytes(out)


@pytest.mark.skipif(not real_files(), reason="no real files beside the repository")
def test_mutated_real_files() -> None:
    rng = np.random.default_rng(20240501)
    small = [path.read_bytes() for path in real_files() if 500 < path.stat().st_size < 120_000]
    for _ in range(400):
        decode_or_refuse(mutated(small[int(rng.integers(len(small)))], rng))


def test_a_flipped_bit_in_any_byte_is_told() -> None:
    data = a_small_file()
    assert decode_fit(data).problems == []
    for at in range(len(data)):
        for bit in (at % 8, (at + 5) % 8):
            broken = bytearray(data)
            broken[at] ^= 1 << bit
            decoded = decode_or_refuse(bytes(broken))
            assert decoded is None or any(problem.reason == "decoded in part" for problem in decoded.problems)


def test_mutated_small_files() -> None:
    rng = np.random.default_rng(7)
    data = a_small_file()
    for _ in range(600):
        decode_or_refuse(mutated(data, rng))


def random_file(rng: np.random.Generator) -> bytes:
    """Well-formed messages of random shape: any number, type, size, byte order; values at random."""
    sizes: dict[int, int] = {}
    parts = [file_id()]
    for _ in range(int(rng.integers(1, 60))):
        if not sizes or rng.random() < 0.3:
            local = int(rng.integers(0, 16))
            number = int(rng.choice([0, 18, 19, 20, 21, 23, 34, 78, 101, 132, 206, 207, int(rng.integers(0, 65536))]))
            fields = [
                (
                    int(rng.choice([253, 254, int(rng.integers(0, 255))])),
                    int(rng.integers(0, 17)),
                    int(rng.integers(0, 256)),
                )
                for _ in range(int(rng.integers(0, 12)))
            ]
            developer = [tuple(rng.integers(0, 9, 3).tolist()) for _ in range(int(rng.integers(0, 3)))]
            parts.append(definition(local, number, fields, big=bool(rng.integers(0, 2)), developer=developer))
            sizes[local] = sum(field[1] for field in fields) + sum(field[1] for field in developer)
            continue
        local = int(rng.choice(list(sizes)))
        header = 0x80 | local << 5 | int(rng.integers(0, 32)) if local < 4 and rng.random() < 0.3 else local
        content = rng.integers(0, 256, sizes[local], np.uint8)
        content[rng.random(len(content)) < 0.2] = rng.choice([0, 0x7F, 0xFF])
        parts.append(bytes((header,)) + content.tobytes())
    return fit_file(*parts)


def test_random_messages_under_a_right_crc() -> None:
    rng = np.random.default_rng(11)
    for _ in range(500):
        data = b"".join(random_file(rng) for _ in range(int(rng.integers(1, 3))))
        decode_or_refuse(data)


def test_files_made_to_take_long() -> None:
    empty_messages = definition(0, RECORD, []) + b"\x00" * 300_000
    many_definitions = b"".join(definition(k & 15, k & 0xFFFF, [(k & 0xFF, 1, k >> 8 & 0xFF)]) for k in range(30_000))
    for data in (
        fit_file(file_id(), records(range(9)), empty_messages),
        fit_file(
            file_id(), records(range(9)), many_definitions, b"".join(bytes((k & 15, k & 0xFF)) for k in range(9999))
        ),
        fit_file(file_id(), records(range(9))) + fit_file() * 20_000,
    ):
        assert decode_or_refuse(data) is not None


def test_fields_of_a_type_that_the_profile_never_gave_them() -> None:
    lies = [
        (RECORD, [(253, "I"), (28, "d"), (5, "d")], "Idd", (START, 1e300, -1e300)),
        (RECORD, [(253, "d")], "d", (1e300,)),
        (RECORD, [(253, 4, STRING), (3, "3B")], "4s3B", (b"noon", 1, 2, 3)),
        (23, [(0, "3B"), (2, "d"), (4, "f")], "3Bdf", (0, 1, 2, 1e200, float("inf"))),
        (18, [(2, "d"), (7, "d"), (5, 4, STRING)], "dd4s", (-5.0, 1e300, b"bike")),
        (HR, [(9, 12, STRING), (6, "8B")], "12s8B", (b"x", *range(8))),
    ]
    for number, fields, layout, values in lies:
        decode_or_refuse(
            fit_file(file_id(), records(range(9)), definition(5, number, fields), message(5, layout, *values))
        )
