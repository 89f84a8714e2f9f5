"""The FIT files are ones that Garmin's own SDK and fitdecode take without a word, and say what went in."""

from __future__ import annotations

import warnings
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import fitdecode
import numpy as np
import pytest
from garmin_fit_sdk import Decoder, Profile, Stream

from momentum.activity_files.decoded import Activity
from momentum.demo.athletes import CAMILLE, JONAS, NOOR, Athlete, Race
from momentum.demo.fit_fields import MESSAGES
from momentum.demo.fit_writer import PRODUCTS, fit_bytes, settings_bytes
from momentum.demo.season import Session, form_on
from momentum.demo.simulate import courses, simulate

DAY = date(2026, 3, 14)
SPRINT = Race(0, "sprint", "multisport", "B", legs=(400.0, 8_000.0, 2_000.0))
# RPE is held times ten (Garmin Connect's exports), which the profile does not say.
OUR_OWN_SCALE = {("session", "workout_rpe")}


def _activity(athlete: Athlete, sport: str, kind: str, load: float = 30, race: Race | None = None) -> Activity:
    starts = datetime(2026, 3, 14, 7, 30, 5, tzinfo=ZoneInfo(athlete.timezone))
    session = Session(athlete, starts, sport, kind, load, 0, race)
    return simulate(session, form_on(athlete, DAY, DAY), courses(athlete, 1), 1)


@pytest.fixture(scope="module")
def activities() -> dict[str, Activity]:
    return {
        "ride": _activity(CAMILLE, "cycling", "vo2"),
        "run with beats": _activity(NOOR, "running", "test"),
        "swim": _activity(JONAS, "swimming", "technique", 25),
        "strength": _activity(JONAS, "strength", "strength"),
        "triathlon": _activity(JONAS, "multisport", "race", race=SPRINT),
    }


@pytest.fixture(scope="module")
def read_by_sdk(activities: dict[str, Activity]) -> dict[str, dict[str, list[dict]]]:
    """Messages by the official SDK, after it has found each file whole."""
    read = {}
    for name, activity in activities.items():
        content = fit_bytes(activity)
        assert Decoder(Stream.from_byte_array(bytearray(content))).check_integrity()
        messages, errors = Decoder(Stream.from_byte_array(bytearray(content))).read()
        assert errors == []
        read[name] = messages
    return read


def test_numbers_types_and_scales_are_those_of_the_official_profile() -> None:
    renamed = {
        "lat": "position_lat", "lon": "position_long", "distance_m": "distance", "speed_mps": "enhanced_speed",
        "altitude_m": "enhanced_altitude", "power_w": "power", "heart_rate_bpm": "heart_rate",
        "cadence_rpm": "cadence", "temperature_c": "temperature",
    }  # fmt: skip
    codes = {
        "enum": 0x00,
        "uint8": 0x02,
        "sint8": 0x01,
        "uint16": 0x84,
        "uint32": 0x86,
        "sint32": 0x85,
        "uint32z": 0x8C,
    }
    for name, (number, fields) in MESSAGES.items():
        official = Profile["messages"][number]
        assert official["name"] == name
        for field, (field_number, (code, _, _), scale, offset) in fields.items():
            there = official["fields"][field_number]
            assert there["name"] == renamed.get(field, field)
            enum = not there["type"].endswith(tuple(codes)) and code == 0
            assert code == codes.get(there["base_type"] if "base_type" in there else there["type"], 0) or enum, field
            if "semicircles" in str(there["units"]):
                assert scale == pytest.approx(2**31 / 180)
            elif (name, field) not in OUR_OWN_SCALE and there["scale"]:
                assert (scale, offset) == (there["scale"][0], there["offset"][0]), (name, field)


def test_devices_are_products_of_the_official_profile() -> None:
    official = {name: number for number, name in Profile["types"]["garmin_product"].items()}
    for device, number in PRODUCTS.items():
        assert official[device.lower().replace("forerunner ", "fr").replace(" ", "_")] == number


def test_fitdecode_reads_every_kind_with_checksums_enforced(activities: dict[str, Activity]) -> None:
    contents = [fit_bytes(activity) for activity in activities.values()]
    contents.append(settings_bytes("Edge 540", "77", 1_700_000_000_000))
    for content in contents:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader = fitdecode.FitReader(
                content, check_crc=fitdecode.CrcCheck.RAISE, error_handling=fitdecode.ErrorHandling.RAISE
            )
            names = Counter(frame.name for frame in reader if isinstance(frame, fitdecode.FitDataMessage))
        assert names["file_id"] == 1


def test_one_byte_changed_is_found(activities: dict[str, Activity]) -> None:
    content = bytearray(fit_bytes(activities["strength"]))
    content[len(content) // 2] ^= 0x10
    assert not Decoder(Stream.from_byte_array(content)).check_integrity()


def test_records_say_what_the_activity_says(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    channels = {
        "position_lat": ("lat", 180 / 2**31, 1e-7), "position_long": ("lon", 180 / 2**31, 1e-7),
        "distance": ("distance_m", 1, 0.006), "enhanced_speed": ("speed_mps", 1, 6e-4),
        "enhanced_altitude": ("altitude_m", 1, 0.11), "power": ("power_w", 1, 0.5),
        "heart_rate": ("heart_rate_bpm", 1, 0.5), "temperature": ("temperature_c", 1, 0.5),
    }  # fmt: skip
    for name in ("ride", "run with beats", "swim"):
        samples, records = activities[name].samples, read_by_sdk[name]["record_mesgs"]
        assert [record["timestamp"].timestamp() * 1000 for record in records] == samples["ts"].tolist()
        for field, (channel, factor, tolerance) in channels.items():
            if channel in samples:
                read = np.array([record[field] for record in records], float) * factor
                np.testing.assert_allclose(read, samples[channel], atol=tolerance, rtol=0)


def test_a_runner_keeps_the_half_of_a_stride(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    records = read_by_sdk["run with beats"]["record_mesgs"]
    cadence = np.array([record["cadence"] + record["fractional_cadence"] for record in records])
    np.testing.assert_allclose(cadence, activities["run with beats"].samples["cadence_rpm"], atol=1 / 128)
    assert (cadence % 1 == 0.5).any()


def test_what_is_not_known_is_not_in_the_file() -> None:
    activity = _activity(CAMILLE, "cycling", "recovery", 20)
    activity.samples["heart_rate_bpm"][600:] = np.nan
    activity.samples["lat"][50:80] = activity.samples["lon"][50:80] = np.nan
    messages, _ = Decoder(Stream.from_byte_array(bytearray(fit_bytes(activity)))).read()
    records = messages["record_mesgs"]
    assert sum("heart_rate" in record for record in records) == 600
    assert [k for k, record in enumerate(records) if "position_lat" not in record] == list(range(50, 80))


def test_session_sums_up_and_local_time_is_the_athletes(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    for name in ("ride", "run with beats"):
        activity, messages = activities[name], read_by_sdk[name]
        (session,), (whole,) = messages["session_mesgs"], messages["activity_mesgs"]
        assert session["total_elapsed_time"] == pytest.approx(activity.elapsed_s)
        assert session["total_timer_time"] == pytest.approx(activity.moving_s)
        assert session["total_distance"] == pytest.approx(activity.distance_m, abs=0.01)
        assert session["max_heart_rate"] == round(activity.samples["heart_rate_bpm"].max())
        assert whole["num_sessions"] == 1
        local = whole["local_timestamp"] + 631_065_600  # the SDK leaves local times as seconds
        zone = timezone(timedelta(seconds=activity.utc_offset_s))
        assert local - whole["timestamp"].timestamp() == zone.utcoffset(None).total_seconds()
    assert activities["ride"].utc_offset_s == 3600
    assert activities["run with beats"].utc_offset_s == -6 * 3600  # Denver, the week after the clocks changed


def test_laps_cover_the_session_and_stand_where_they_end(activities: dict[str, Activity]) -> None:
    content = fit_bytes(activities["ride"])
    frames = [frame for frame in fitdecode.FitReader(content) if isinstance(frame, fitdecode.FitDataMessage)]
    laps = [frame for frame in frames if frame.name == "lap"]
    assert sum(lap.get_value("total_elapsed_time") for lap in laps) == pytest.approx(activities["ride"].elapsed_s)
    seen = 0
    for frame in frames:
        if frame.name == "record":
            seen = frame.get_value("timestamp")
        elif frame.name == "lap":
            assert frame.get_value("timestamp") == seen


def test_pauses_are_timer_events(activities: dict[str, Activity]) -> None:
    activity = _activity(CAMILLE, "cycling", "long", 130)
    pauses = int((np.diff(activity.samples["ts"]) > 1000).sum())
    messages, _ = Decoder(Stream.from_byte_array(bytearray(fit_bytes(activity)))).read()
    kinds = Counter(event["event_type"] for event in messages["event_mesgs"])
    assert pauses > 0
    assert kinds == {"start": pauses + 1, "stop_all": pauses, "stop_disable_all": 1}


def test_a_pool_swim_has_its_lengths(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    swim, messages = activities["swim"], read_by_sdk["swim"]
    (session,) = messages["session_mesgs"]
    active = [length for length in messages["length_mesgs"] if length["length_type"] == "active"]
    assert session["pool_length"] == 25
    assert session["num_active_lengths"] == len(active)
    assert len(active) * 25 == swim.distance_m == session["total_distance"]
    assert {length["swim_stroke"] for length in active} == {"freestyle", "backstroke", "drill"}
    assert all(5 < length["total_strokes"] < 35 for length in active)
    idle = [length for length in messages["length_mesgs"] if length["length_type"] == "idle"]
    assert idle
    assert not any("swim_stroke" in length or "total_strokes" in length for length in idle)
    assert sum(lap["num_lengths"] for lap in messages["lap_mesgs"]) == len(messages["length_mesgs"])


def test_strength_is_time_and_exertion(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    (session,) = read_by_sdk["strength"]["session_mesgs"]
    assert (session["sport"], session["sub_sport"]) == ("training", "strength_training")
    assert session["workout_rpe"] == 10 * activities["strength"].rpe
    assert not any("heart_rate" in record for record in read_by_sdk["strength"]["record_mesgs"])


def test_a_triathlon_is_one_file_of_five_sessions(activities: dict[str, Activity], read_by_sdk: dict) -> None:
    event, sessions = activities["triathlon"], read_by_sdk["triathlon"]["session_mesgs"]
    assert [session["sport"] for session in sessions] == ["swimming", "transition", "cycling", "transition", "running"]
    assert sum(session["total_elapsed_time"] for session in sessions) == pytest.approx(event.elapsed_s)
    assert sum(session["total_distance"] for session in sessions) == pytest.approx(event.distance_m, abs=0.05)
    for before, after in pairwise(sessions):
        assert before["timestamp"] <= after["start_time"]
    assert sessions[2]["avg_power"] > 150
    assert "avg_power" not in sessions[4]
    (whole,) = read_by_sdk["triathlon"]["activity_mesgs"]
    assert (whole["num_sessions"], whole["type"]) == (5, "auto_multi_sport")


def test_beats_stand_beside_the_records_they_belong_to(activities: dict[str, Activity]) -> None:
    activity = activities["run with beats"]
    heard, moment = [], 0.0
    for frame in fitdecode.FitReader(fit_bytes(activity)):
        if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record":
            moment = frame.get_value("timestamp").timestamp()
        elif isinstance(frame, fitdecode.FitDataMessage) and frame.name == "hrv":
            times = [time for time in frame.get_value("time") if time is not None]
            heard += [(moment, time) for time in times]
    np.testing.assert_allclose([time for _, time in heard], activity.rr["rr_ms"] / 1000, atol=6e-4)
    late = np.array([moment for moment, _ in heard]) - activity.rr["ts"] / 1000
    pauses = int((np.diff(activity.samples["ts"]) > 1000).sum())
    assert (np.abs(late) > 5).sum() <= 5 * pauses  # five beats a message; one may hold the beats around a pause
    assert activity.rr["rr_ms"].max() < 1000
    assert activity.rr["rr_ms"].sum() / 1000 == pytest.approx(activity.moving_s, abs=3)


def test_an_unknown_device_is_refused(activities: dict[str, Activity]) -> None:
    activity = _activity(JONAS, "strength", "strength")
    activity.device = "Abacus"
    with pytest.raises(KeyError, match="Abacus"):
        fit_bytes(activity)


def test_settings_hold_no_activity(tmp_path: Path) -> None:
    content = bytearray(settings_bytes("Edge 540", "77", 1_700_000_000_000))
    assert Decoder(Stream.from_byte_array(content)).check_integrity()
    messages, errors = Decoder(Stream.from_byte_array(content)).read()
    assert (errors, messages["file_id_mesgs"][0]["type"]) == ([], "settings")
    assert not messages.keys() & {"session_mesgs", "record_mesgs", "activity_mesgs"}
