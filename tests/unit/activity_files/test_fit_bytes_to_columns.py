"""What FIT's bytes mean: byte orders, invalid values, arrays, compressed times, components, chains."""

from __future__ import annotations

import numpy as np
import pytest

from momentum.activity_files.decoded import Refused
from momentum.activity_files.fit import messages
from momentum.activity_files.fit.chained import split
from tests.fit_bytes import (
    BYTE,
    DEVELOPER_DATA_ID,
    ENUM,
    FIELD_DESCRIPTION,
    HR,
    RECORD,
    START,
    STRING,
    UINT8Z,
    UINT16Z,
    UINT32Z,
    compressed,
    crc16,
    definition,
    file_id,
    fit_file,
    message,
    records,
)


@pytest.mark.parametrize("big", [False, True])
def test_all_integer_and_float_types_in_both_byte_orders(big: bool) -> None:
    letters = "bBhHiIfdqQ"
    values = (-5, 250, -300, 60000, -70000, 4_000_000_000, 1.5, -2.25, -(2**40), 2**50)
    fields = [(n, letter) for n, letter in enumerate(letters)]
    data = fit_file(definition(3, 0xFF00, fields, big=big), message(3, letters, *values, big=big))
    columns = messages(data)["unknown_65280"]
    assert [columns[f"unknown_{n}"][0] for n in range(len(letters))] == list(values)


@pytest.mark.parametrize("big", [False, True])
def test_each_types_invalid_value_is_missing(big: bool) -> None:
    letters = "bBhHiIfdqQ"
    invalid = (0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, float("nan"), float("nan"), 2**63 - 1, 2**64 - 1)
    zeros = [(20, 1, UINT8Z), (21, 2, UINT16Z), (22, 4, UINT32Z), (23, 8, 0x90), (24, 1, ENUM)]
    fields = [(n, letter) for n, letter in enumerate(letters)] + zeros
    data = fit_file(
        definition(3, 0xFF00, fields, big=big), message(3, letters + "BHIQB", *invalid, 0, 0, 0, 0, 255, big=big)
    )
    columns = messages(data)["unknown_65280"]
    assert len(columns) == 15
    assert all(np.isnan(values).all() for values in columns.values())


def test_scale_and_offset_of_the_profile() -> None:
    data = fit_file(definition(0, RECORD, [(253, "I"), (2, "H"), (5, "I")]), message(0, "IHI", START, 2750, 12345))
    record = messages(data)["record"]
    assert record["altitude"][0] == 50.0
    assert record["enhanced_altitude"][0] == 50.0
    assert record["distance"][0] == 123.45
    assert record["timestamp"][0] == START


def test_base_type_without_its_endian_bit_is_the_same_type() -> None:
    data = fit_file(definition(0, RECORD, [(7, 2, 0x04)]), message(0, "H", 300))
    assert messages(data)["record"]["power"][0] == 300


def test_field_whose_size_is_no_multiple_of_its_type_is_bytes_and_the_rest_stays_in_place() -> None:
    fields = [(253, "I"), (7, 3, 0x84), (3, "B")]
    data = fit_file(file_id(), definition(0, RECORD, fields), message(0, "I3BB", START, 1, 2, 3, 150))
    record = messages(data)["record"]
    assert record["power"].tolist() == [[1, 2, 3]]
    assert record["heart_rate"][0] == 150


def test_arrays_strings_and_bytes() -> None:
    fields = [(0, "4H"), (1, 8, STRING), (2, 3, BYTE), (3, 3, BYTE)]
    data = fit_file(
        definition(1, 0xFF01, fields),
        message(1, "4H8s3B3B", 1, 0xFFFF, 3, 4, "né\0x".encode(), 255, 255, 255, 255, 1, 255),
    )
    columns = messages(data)["unknown_65281"]
    np.testing.assert_array_equal(columns["unknown_0"], [[1, np.nan, 3, 4]])
    assert columns["unknown_1"][0] == "né\0x"
    assert np.isnan(columns["unknown_2"]).all()
    assert columns["unknown_3"].tolist() == [[255, 1, 255]]


def test_local_message_redefined_midway_keeps_file_order() -> None:
    data = fit_file(
        definition(0, RECORD, [(253, "I"), (3, "B")]),
        message(0, "IB", START, 100),
        definition(0, RECORD, [(253, "I"), (7, "H")], big=True),
        message(0, "IH", START + 1, 250, big=True),
        definition(0, RECORD, [(253, "I"), (3, "B")]),
        message(0, "IB", START + 2, 102),
    )
    record = messages(data)["record"]
    assert record["timestamp"].tolist() == [START, START + 1, START + 2]
    np.testing.assert_array_equal(record["heart_rate"], [100, np.nan, 102])
    np.testing.assert_array_equal(record["power"], [np.nan, 250, np.nan])


def test_compressed_timestamps_roll_over_every_32_seconds() -> None:
    start = START // 32 * 32 + 30
    data = fit_file(
        definition(0, RECORD, [(253, "I"), (3, "B")]),
        message(0, "IB", start, 90),
        definition(1, RECORD, [(3, "B")]),
        *(compressed(1, start + s, "B", 100 + s) for s in (1, 2, 33, 60)),
    )
    record = messages(data)["record"]
    assert record["timestamp"].tolist() == [start, start + 1, start + 2, start + 33, start + 60]
    assert record["heart_rate"].tolist() == [90, 101, 102, 133, 160]


def test_compressed_speed_and_distance_accumulate_with_rollover() -> None:
    # 12 bits of speed in 1/100 m/s, then 12 bits of distance in 1/16 m, which roll over at 256 m.
    raw = [0, 2000, 4000, 1904, 3904]
    packed = [354 | value << 12 for value in raw]
    data = fit_file(
        definition(0, RECORD, [(253, "I"), (8, 3, BYTE)]),
        *(message(0, "I3s", START + k, p.to_bytes(3, "little")) for k, p in enumerate(packed)),
    )
    record = messages(data)["record"]
    assert record["distance"].tolist() == [0, 125, 250, 375, 500]
    assert record["speed"].tolist() == [3.54] * 5
    assert record["enhanced_speed"].tolist() == [3.54] * 5


def test_event_timestamp_12_counts_on_from_the_anchor() -> None:
    anchor = 5000 * 1024 + 4000
    steps = [anchor + 700 * k for k in range(1, 9)]
    packed = sum((value & 0xFFF) << 12 * k for k, value in enumerate(steps)).to_bytes(12, "little")
    data = fit_file(
        definition(0, HR, [(253, "I"), (9, "I"), (6, "B")]),
        message(0, "IIB", START, anchor, 70),
        definition(1, HR, [(6, "8B"), (10, 12, BYTE)]),
        message(1, "8B12s", *range(71, 79), packed),
    )
    hr = messages(data)["hr"]
    assert hr["event_timestamp"][0, 0] == anchor / 1024
    np.testing.assert_array_equal(hr["event_timestamp"][1], np.array(steps) / 1024)
    assert hr["filtered_bpm"][1].tolist() == list(range(71, 79))


def test_component_of_a_subfield_is_split_where_it_applies() -> None:
    # event 42 is a front gear change; event 0 a timer, whose data is no gear.
    gears = 2 | 34 << 8 | 5 << 16 | 17 << 24
    data = fit_file(definition(0, 21, [(0, 1, ENUM), (3, "I")]), message(0, "BI", 42, gears), message(0, "BI", 0, 1))
    event = messages(data)["event"]
    np.testing.assert_array_equal(event["rear_gear_num"], [2, np.nan])
    np.testing.assert_array_equal(event["front_gear"], [17, np.nan])
    np.testing.assert_array_equal(event["timer_trigger"], [np.nan, 1])


@pytest.mark.parametrize("application_id", [True, False])
def test_developer_fields_with_and_without_application_id(application_id: bool) -> None:
    identified = [(3, "B"), (1, 16, BYTE)] if application_id else [(3, "B")]
    data = fit_file(
        definition(0, DEVELOPER_DATA_ID, identified),
        message(0, "B16s", 0, bytes(range(16))) if application_id else message(0, "B", 0),
        definition(1, FIELD_DESCRIPTION, [(0, "B"), (1, "B"), (2, "B"), (3, 16, STRING), (8, 8, STRING)]),
        message(1, "BBB16s8s", 0, 7, 0x88, b"Stiffness", b"kN/m"),
        definition(2, RECORD, [(253, "I")], developer=[(7, 4, 0), (9, 2, 0)]),
        message(2, "IfH", START, 10.5, 513),
    )
    found = messages(data)
    assert found["record"]["dev_0_7"][0] == 10.5
    assert found["record"]["dev_0_9"].tolist() == [[1, 2]]  # never described: bytes
    assert found["field_description"]["field_name"][0] == "Stiffness"


def test_chained_files_are_joined_and_their_local_messages_kept_apart() -> None:
    second = fit_file(definition(1, RECORD, [(253, "I"), (13, "b")]), message(1, "Ib", START + 9, -4))
    record = messages(fit_file(records([0, 1])) + second)["record"]
    assert record["timestamp"].tolist() == [START, START + 1, START + 9]
    np.testing.assert_array_equal(record["temperature"], [np.nan, np.nan, -4])
    np.testing.assert_array_equal(record["power"], [200, 200, np.nan])


@pytest.mark.parametrize("header", [{"header_size": 12}, {"header_crc": 0}, {}])
def test_legal_headers_are_no_problem(header: dict[str, int]) -> None:
    files, problems = split(fit_file(records(range(5)), **header))
    assert not problems
    assert not files[0].problems


def test_crc_agrees_with_a_bit_by_bit_one() -> None:
    from momentum.activity_files.fit import kernels

    rng = np.random.default_rng(3)
    for size in (0, 1, 15, 16, 17, 1000):
        data = rng.integers(0, 256, size, np.uint8).tobytes()
        array = np.frombuffer(data, np.uint8)
        assert kernels.crc16(array, 0, size, kernels.CRC_TABLES) == crc16(data)


def test_a_message_with_too_many_values_is_refused() -> None:
    # One record of 250 fields among 600,000 of one byte: a table of the two would take gigabytes.
    wide = [(n, "B") for n in range(250)]
    narrow = definition(1, RECORD, [(3, "B")]) + b"\x01\x64" * 600_000
    data = fit_file(definition(0, RECORD, wide), message(0, "250B", *range(250)), narrow)
    with pytest.raises(Refused, match="too large"):
        messages(data)
