"""What a FIT file becomes: sessions, legs, laps, beats, chest straps, developer fields, times, devices."""

from __future__ import annotations

import numpy as np
import pytest

from momentum.activity_files.decoded import Activity, Problem, Refused
from momentum.activity_files.fit import decode_fit
from tests.fit_bytes import (
    ACTIVITY,
    BYTE,
    ENUM,
    FIELD_DESCRIPTION,
    HR,
    HRV,
    LAP,
    LENGTH,
    RECORD,
    SESSION,
    START,
    START_MS,
    STRING,
    definition,
    file_id,
    fit_file,
    message,
    records,
    session,
)


def one(*parts: bytes) -> Activity:
    """The one activity of a file of these messages, read without a problem."""
    decoded = decode_fit(fit_file(file_id(), *parts))
    assert decoded.problems == []
    (activity,) = decoded.activities
    return activity


def activity_message(local_minus_utc: int) -> bytes:
    return definition(4, ACTIVITY, [(253, "I"), (5, "I")]) + message(4, "II", START, START + local_minus_utc)


def test_a_ride() -> None:
    ride = one(records(range(60)), session(0, 60, timer=55, distance=512.5), activity_message(7200))
    assert (ride.sport, ride.started_at_ms, ride.elapsed_s, ride.moving_s) == ("cycling", START_MS, 60, 55)
    assert (ride.distance_m, ride.device, ride.device_serial) == (512.5, "garmin edge1000", "42")
    assert ride.utc_offset_s == 7200
    assert ride.samples["ts"].tolist() == [START_MS + 1000 * k for k in range(60)]
    assert set(ride.samples) == {"ts", "heart_rate_bpm", "power_w"}


def test_enhanced_values_go_before_plain_ones_and_cadence_has_its_fraction() -> None:
    fields = [(253, "I"), (2, "H"), (78, "I"), (6, "H"), (73, "I"), (4, "B"), (53, "B"), (0, "i"), (1, "i"), (13, "b")]
    layout = "IHIHIBBiib"
    ride = one(
        definition(1, RECORD, fields),
        message(1, layout, START, 2600, 3100, 5000, 5500, 90, 64, 2**30, -(2**30), -3),
        message(1, layout, START + 1, 2600, 0xFFFFFFFF, 5000, 0xFFFFFFFF, 90, 255, 2**30, -(2**30), 127),
    )
    samples = ride.samples
    assert samples["altitude_m"].tolist() == [120.0, 20.0]
    assert samples["speed_mps"].tolist() == [5.5, 5.0]
    assert samples["cadence_rpm"].tolist() == [90.5, 90.0]
    assert (samples["lat"][0], samples["lon"][0]) == (90.0, -90.0)
    np.testing.assert_array_equal(samples["temperature_c"], [-3, np.nan])


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (3600, 3600),
        (-34200, -34200),
        (3604, 3600),
        (50400, 50400),
        (-43200, -43200),
        (51300, None),
        (-44100, None),
        (0, None),
    ],
)
def test_utc_offset_is_rounded_to_a_quarter_and_refused_when_absurd(said: int, believed: int | None) -> None:
    assert one(records(range(9)), activity_message(said)).utc_offset_s == believed


def triathlon() -> bytes:
    """Swim 600 s, T1 60 s, bike 1200 s, T2 30 s, run 600 s, distance counted through; a sample every 10 s."""
    legs = [(5, 600), (3, 60), (2, 1200), (3, 30), (1, 600)]
    out = definition(1, RECORD, [(253, "I"), (5, "I")])
    out += b"".join(message(1, "II", START + s, s * 300) for s in range(0, 2490, 10))
    at = 0
    for sport, seconds in legs:
        out += session(at, seconds, sport, distance=3 * seconds)
        at += seconds
    laps = definition(3, LAP, [(2, "I"), (7, "I"), (9, "I")])
    laps += b"".join(message(3, "III", START + s, 300_000, 90_000) for s in (0, 300, 660, 1860, 1890, 2190))
    return fit_file(file_id(), out, laps)


def test_a_triathlon_is_an_event_whose_legs_add_up() -> None:
    (event,) = decode_fit(triathlon()).activities
    assert event.sport == "multisport"
    assert not event.samples
    assert not event.laps
    assert [leg.sport for leg in event.legs] == ["swimming", "transition", "cycling", "transition", "running"]
    assert event.elapsed_s == sum(leg.elapsed_s for leg in event.legs) == 2490
    assert event.distance_m == sum(leg.distance_m or 0 for leg in event.legs) == 3 * 2490
    assert [len(leg.samples["ts"]) for leg in event.legs] == [60, 6, 120, 3, 60]
    assert [len(leg.laps.get("start", ())) for leg in event.legs] == [2, 0, 1, 1, 2]
    for leg in event.legs:
        assert leg.samples["ts"][0] == leg.started_at_ms  # the sample on a boundary is the next leg's first
        assert 0 <= leg.samples["distance_m"][0] <= 30
        assert leg.samples["distance_m"][-1] <= leg.distance_m


def test_sessions_of_one_sport_are_activities_of_their_own_and_stray_samples_go_to_the_nearest() -> None:
    data = fit_file(
        file_id(), records([*range(60), 100, 200, *range(300, 360)]), session(0, 60), session(300, 60, distance=700)
    )
    first, second = decode_fit(data).activities
    assert first.samples["ts"][-1] == START_MS + 100_000
    assert second.samples["ts"][0] == START_MS + 200_000
    assert (first.distance_m, second.distance_m) == (1000, 700)


def test_chained_files_are_activities_of_their_own() -> None:
    data = fit_file(file_id(), records(range(30))) + fit_file(file_id(), records(range(5000, 5040)))
    assert [len(activity.samples["ts"]) for activity in decode_fit(data).activities] == [30, 40]


def test_without_a_session_the_records_make_the_activity() -> None:
    sport = definition(5, 12, [(0, 1, ENUM), (1, 1, ENUM)]) + message(5, "BB", 1, 3)
    run = one(sport, records([*range(60), *range(600, 660)]))
    assert (run.sport, run.sub_sport, run.started_at_ms) == ("running", "trail", START_MS)
    assert (run.elapsed_s, run.moving_s) == (659, 118)


def test_swapped_elapsed_and_timer_time() -> None:
    decoded = decode_fit(fit_file(file_id(), records(range(0, 3600, 5)), session(0, 900, timer=3600)))
    (activity,) = decoded.activities
    assert (activity.elapsed_s, activity.moving_s) == (3600, 900)
    assert [problem.reason for problem in decoded.problems] == ["elapsed and moving time were swapped"]


def test_samples_that_go_backwards_are_sorted_and_told() -> None:
    decoded = decode_fit(fit_file(file_id(), records([0, 1, 2, 5, 3, 4])))
    assert decoded.activities[0].samples["ts"].tolist() == [START_MS + 1000 * k for k in range(6)]
    assert decoded.activities[0].samples["heart_rate_bpm"].tolist() == [100, 101, 102, 104, 105, 103]
    assert [problem.reason for problem in decoded.problems] == ["samples out of order"]


def test_times_since_power_on_are_told_and_placed_by_local_time_where_the_file_has_it() -> None:
    undated = definition(1, RECORD, [(253, "I"), (3, "B")]) + b"".join(
        message(1, "IB", 5000 + k, 120) for k in range(10)
    )
    (bare,) = decode_fit(fit_file(file_id(), undated)).activities
    assert bare.started_at_ms == (5000 + 631_065_600) * 1000
    local = definition(4, ACTIVITY, [(253, "I"), (5, "I")]) + message(4, "II", 5010, START + 10)
    placed = decode_fit(fit_file(file_id(), undated, local))
    assert placed.activities[0].started_at_ms == START_MS
    assert [problem.reason for problem in placed.problems] == ["no date"]


def test_pool_lengths_have_stroke_and_distance_and_give_timeless_records_their_time() -> None:
    lengths = definition(3, LENGTH, [(2, "I"), (3, "I"), (5, "H"), (7, 1, ENUM), (12, 1, ENUM)])
    untimed = definition(1, RECORD, [(253, "I"), (5, "I")])
    for k, (stroke, kind) in enumerate([(0, 1), (2, 1), (255, 0)]):
        lengths += message(3, "IIHBB", START + 30 * k, 30_000, 14, stroke, kind)
        untimed += message(1, "II", 0xFFFFFFFF, 2500 * (k + 1))
    pool = definition(2, SESSION, [(2, "I"), (7, "I"), (5, 1, ENUM), (6, 1, ENUM), (44, "H")])
    pool += message(2, "IIBBH", START, 90_000, 5, 17, 2500)
    swim = one(untimed, lengths, pool)
    assert (swim.sport, swim.sub_sport, swim.pool_length_m) == ("swimming", "lap_swimming", 25.0)
    assert swim.laps["kind"].tolist() == ["length"] * 3
    assert swim.laps["stroke"].tolist() == ["freestyle", "breaststroke", ""]
    assert swim.laps["distance_m"].tolist() == [25, 25, 0]
    assert swim.laps["swim_strokes"].tolist() == [14, 14, 14]
    assert swim.samples["ts"].tolist() == [START_MS + 30_000, START_MS + 60_000, START_MS + 90_000]


def test_rr_intervals_add_up_between_records_and_start_anew_after_a_gap() -> None:
    beats = definition(3, HRV, [(0, "3H")])
    out = definition(1, RECORD, [(253, "I"), (3, "B")])
    for s in (0, 1, 2, 100):
        out += message(1, "IB", START + s, 75) + beats + message(3, "3H", 500, 520, 0xFFFF)
    rr = one(out).rr
    assert rr["rr_ms"].tolist() == [500, 520] * 4
    assert (rr["ts"] - START_MS).tolist() == [0, 520, 1020, 1540, 2040, 2560, 100_000, 100_520]


def strap(start: int, *, chained: bool) -> bytes:
    """Heart rate messages: an anchor at `start`, then 8 beats a second apart at 120, 121 ... bpm."""
    anchor = 7000 * 1024
    packed = sum(((anchor + 1024 * k) & 0xFFF) << 12 * (k - 1) for k in range(1, 9)).to_bytes(12, "little")
    out = (
        definition(6, HR, [(253, "I"), (9, "I"), (6, "B")])
        + message(6, "IIB", START + start, anchor, 119)
        + definition(7, HR, [(6, "8B"), (10, 12, BYTE)])
        + message(7, "8B12s", *range(120, 128), packed)
    )
    return fit_file(out) if chained else out


@pytest.mark.parametrize("chained", [True, False])
def test_a_chest_straps_heart_rate_fills_the_samples_that_have_none(chained: bool) -> None:
    swim = definition(1, RECORD, [(253, "I"), (3, "B"), (5, "I")])
    swim += b"".join(message(1, "IBI", START + s, 99 if s == 12 else 255, s * 100) for s in range(30))
    parts = (swim,) if chained else (swim, strap(10, chained=False))
    decoded = decode_fit(fit_file(file_id(), *parts) + (strap(10, chained=True) if chained else b""))
    (activity,) = decoded.activities
    bpm = activity.samples["heart_rate_bpm"]
    assert np.isnan(bpm[:10]).all()
    assert bpm[10:19].tolist() == [119, 120, 99, 122, 123, 124, 125, 126, 127]
    assert bpm[19:24].tolist() == [127] * 5  # held for five seconds
    assert np.isnan(bpm[24:]).all()


def described(number: int, base: int, name: bytes, unit: bytes, scale: int = 255, native: int = 255) -> bytes:
    fields = [(0, "B"), (1, "B"), (2, "B"), (3, 24, STRING), (8, 8, STRING), (6, "B"), (14, "H"), (15, "B")]
    return definition(8, FIELD_DESCRIPTION, fields) + message(
        8, "BBB24s8sBHB", 0, number, base, name, unit, scale, 20 if native != 255 else 0xFFFF, native
    )


def test_developer_fields_come_in_long_form_with_scale_and_a_foot_pods_power_becomes_the_channel() -> None:
    out = described(0, 0x84, b"Power", b"Watts", native=7) + described(1, 0x84, b"Stiffness", b"kN/m", scale=10)
    out += described(2, 7, b"note", b"")
    out += definition(1, RECORD, [(253, "I")], developer=[(0, 2, 0), (1, 2, 0), (2, 4, 0)])
    for k, (watts, stiffness) in enumerate([(250, 95), (0xFFFF, 96), (260, 0xFFFF)]):
        out += message(1, "IHH4s", START + k, watts, stiffness, b"text")
    run = one(out)
    rows = list(zip(*(run.developer[name].tolist() for name in ("field", "unit", "ts", "value")), strict=True))
    assert rows == [
        ("Power", "Watts", START_MS, 250),
        ("Power", "Watts", START_MS + 2000, 260),
        ("Stiffness", "kN/m", START_MS, 9.5),
        ("Stiffness", "kN/m", START_MS + 1000, 9.6),
    ]
    np.testing.assert_array_equal(run.samples["power_w"], [250, np.nan, 260])


def test_exertion_of_the_session_is_stored_times_ten() -> None:
    told = definition(2, SESSION, [(2, "I"), (7, "I"), (193, "B")]) + message(2, "IIB", START, 60_000, 70)
    assert one(records(range(60)), told).rpe == 7.0
    asked = described(3, 2, b"Perceived Exertion", b"")
    asked += definition(2, SESSION, [(2, "I"), (7, "I")], developer=[(3, 1, 0)]) + message(2, "IIB", START, 60_000, 6)
    assert one(records(range(60)), asked).rpe == 6.0


@pytest.mark.parametrize("kind", [2, 6, 9, 32])
def test_files_of_another_type_are_refused_and_say_which(kind: int) -> None:
    with pytest.raises(Refused, match="no activity in it: file type ") as refused:
        decode_fit(fit_file(file_id(kind), records(range(9)) if kind == 6 else b""))
    assert refused.value.reason == "no activity in it"


def test_a_wrong_crc_is_told_and_the_content_kept() -> None:
    data = bytearray(fit_file(file_id(), records(range(60))))
    data[-1] ^= 0x55
    decoded = decode_fit(bytes(data))
    assert decoded.problems == [Problem("decoded in part", f"wrong file CRC at byte {len(data) - 2}")]
    assert len(decoded.activities[0].samples["ts"]) == 60


def test_a_truncated_file_gives_what_is_whole_and_says_where_it_ends() -> None:
    data = fit_file(file_id(), records(range(60)))
    for cut in range(1, 200):
        decoded = decode_fit(data[:-cut])
        assert decoded.problems == [Problem("decoded in part", f"truncated at byte {len(data) - cut} of {len(data)}")]
        assert len(decoded.activities[0].samples["ts"]) == 60 - max(0, -(-(cut - 2) // 8))


def test_the_leg_that_a_truncated_triathlon_was_in_is_kept_apart() -> None:
    run = definition(5, 12, [(0, 1, ENUM)]) + message(5, "B", 1) + records(range(660, 960))
    data = fit_file(file_id(), records(range(660)), session(0, 600, 5), session(600, 60, 3), run)
    (event,) = decode_fit(data[:-2]).activities
    assert [(leg.sport, len(leg.samples["ts"])) for leg in event.legs] == [
        ("swimming", 600), ("transition", 61), ("running", 299),
    ]  # fmt: skip


def test_an_undefined_local_message_ends_the_reading() -> None:
    decoded = decode_fit(fit_file(file_id(), records(range(9)), b"\x0f\x00\x00"))
    (problem,) = decoded.problems
    assert problem.detail.startswith("undefined local message at byte ")
    assert len(decoded.activities[0].samples["ts"]) == 9


def test_a_header_that_never_got_its_size_is_read_to_the_end() -> None:
    decoded = decode_fit(fit_file(file_id(), records(range(60)), data_size=0))
    assert len(decoded.activities[0].samples["ts"]) == 60
    assert any("says 0 bytes" in problem.detail for problem in decoded.problems)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"PK\x03\x04 something else entirely", "not a FIT file"),
        (fit_file()[:11], "not a FIT file"),
        (fit_file(file_id(), records(range(5)))[:30], "damaged before the first record"),
        (fit_file(), "no activity in it"),
    ],
)
def test_what_holds_nothing_is_refused_with_a_fixed_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_fit(data)
    assert refused.value.reason == reason


def test_a_session_written_twice_is_one() -> None:
    legs = [session(0, 60, 5), session(60, 60, 2), session(120, 60, 1)]
    event = one(records(range(180)), *legs, *legs)
    assert [(leg.sport, leg.elapsed_s, len(leg.samples["ts"])) for leg in event.legs] == [
        ("swimming", 60, 60),
        ("cycling", 60, 60),
        ("running", 60, 60),
    ]
    assert event.distance_m == 3000
    ride = one(records(range(60)), session(0, 60), session(0, 60))
    assert len(ride.samples["ts"]) == 60


@pytest.mark.parametrize("base_type", [BYTE, 0x1F, 0xF7])
def test_the_first_byte_of_a_number_of_unknown_type_is_no_number(base_type: int) -> None:
    out = definition(1, RECORD, [(253, "I"), (3, "B"), (7, 2, base_type)])
    ride = one(out, *(message(1, "IBH", START + s, 120, 456) for s in range(5)))
    assert ride.samples["heart_rate_bpm"].tolist() == [120] * 5
    assert "power_w" not in ride.samples
