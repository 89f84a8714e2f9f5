"""What real files become: expectations are the files' own session messages, read by eye with fitdecode."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from fit_reference import FOLDER, file_bytes, real_files
from garmin_fit_sdk import Decoder, Stream

from momentum.activity_files.decoded import Activity, Refused
from momentum.activity_files.fit import decode_fit

pytestmark = pytest.mark.skipif(not real_files(), reason="no real files beside the repository")


def only(name: str) -> Activity:
    (activity,) = decode_fit((FOLDER / name).read_bytes()).activities
    return activity


def utc(activity: Activity) -> str:
    return datetime.fromtimestamp(activity.started_at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def test_no_real_file_raises_anything_but_refused_and_every_sample_has_its_leg() -> None:
    refused = []
    for path in real_files():
        try:
            decoded = decode_fit(file_bytes(path))
        except Refused:
            refused.append(path.name)
            continue
        for activity in decoded.activities:
            for part in activity.legs or [activity]:
                assert len({len(values) for values in part.samples.values()}) == 1
                assert (np.diff(part.samples["ts"]) >= 0).all()
            if activity.legs:
                assert activity.elapsed_s == pytest.approx(sum(leg.elapsed_s for leg in activity.legs))
                assert activity.distance_m == pytest.approx(sum(leg.distance_m or 0 for leg in activity.legs))
    assert refused == ["fitdecode__MonitoringFile.fit", "sports-lib__empty-sessions.fit"]


@pytest.mark.parametrize(
    ("name", "sports", "elapsed_s", "distance_m"),
    [
        ("python-fitparse__sample_mulitple_header.fit", "stbtr", 9491.348, 52533.68),
        ("sports-lib__4623204522.fit", "stbtr", 34304.668, 227231.91),
        ("sports-lib__6788312639-1.fit", "stbtr", 8928.353, 51180.24),
        ("fitdecode__activity-large-fenxi2-multisport.fit", "otrtrtb", 24617.46, 69831.36),
    ],
)
def test_multisport(name: str, sports: str, elapsed_s: float, distance_m: float) -> None:
    event = only(name)
    letters = {"s": "swimming", "t": "transition", "b": "cycling", "r": "running", "o": "other"}
    assert [leg.sport for leg in event.legs] == [letters[letter] for letter in sports]
    assert event.elapsed_s == pytest.approx(elapsed_s)
    assert event.distance_m == pytest.approx(distance_m)
    for leg in event.legs:  # distance starts anew in every leg, and ends where its session says
        assert leg.samples["distance_m"][-1] == pytest.approx(leg.distance_m, abs=max(10, 0.01 * leg.distance_m))


def test_a_session_whose_start_was_reset_begins_at_its_first_sample() -> None:
    first = only("fitdecode__activity-large-fenxi2-multisport.fit").legs[0]
    assert utc(first) == "2015-08-29 07:14:45"  # 11,738.24 s before its end


def test_inverted_times_are_put_right() -> None:
    activity = only("sports-lib__inverted-times.fit")
    assert (activity.elapsed_s, activity.moving_s) == (21680.0, 2839.6)


def test_a_session_without_dates_takes_those_of_its_records() -> None:
    activity = only("sports-lib__broken-dates.fit")
    assert (utc(activity), activity.elapsed_s) == ("2017-03-20 19:09:28", 658.083)


def test_a_file_without_a_session_is_made_of_its_records() -> None:
    activity = only("python-fitparse__nick.fit")
    assert (activity.sport, utc(activity), len(activity.samples["ts"])) == ("cycling", "2020-09-12 12:23:38", 14391)
    assert activity.elapsed_s == 16723


@pytest.mark.parametrize(
    ("name", "offset_s"),
    [
        ("GoldenCheetah__AleV_Swim_2015-02-09-16-15.fit", -10800),
        ("fitdecode__2019-02-17-062644-ELEMNT-297E-195-0.fit", 28800),
        ("GoldenCheetah__GarminSwimExample.fit", None),  # says 22 days
        ("fitdecode__null_compressed_speed_dist.fit", None),  # says 1989
        ("python-fitparse__coros-pace-2-cycling-misaligned-fields.fit", None),  # says UTC, and was in Bogota
    ],
)
def test_utc_offset(name: str, offset_s: int | None) -> None:
    assert only(name).utc_offset_s == offset_s


@pytest.mark.parametrize(
    "name",
    ["sports-lib__6688025408.fit", "fitdecode__event_timestamp.fit", "python-fitparse__sample_mulitple_header.fit"],
)
def test_heart_rate_of_chest_straps_is_what_the_sdks_own_merge_gives(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    read, _ = Decoder(Stream.from_byte_array(bytearray(data))).read(convert_datetimes_to_dates=False)
    theirs = np.array([row.get("heart_rate", np.nan) for row in read["record_mesgs"]], np.float64)
    activity = only(name)
    ours = np.concatenate([part.samples["heart_rate_bpm"] for part in activity.legs or [activity]])
    # Its mean is over beats repeated every 250 ms, ours over beats: they round apart here and there.
    np.testing.assert_allclose(ours, theirs, atol=4)
    assert (np.abs(ours - theirs) <= 1).mean() > 0.94


def test_rr_intervals_lie_within_the_activity_and_add_up_to_it() -> None:
    run = only("GoldenCheetah__Fr955v19.28andStryd.fit")
    assert run.rr["rr_ms"].sum() / 1000 == pytest.approx(run.elapsed_s, rel=0.02)
    assert run.rr["ts"][0] >= run.started_at_ms - 2000
    assert run.rr["ts"][-1] <= run.ended_at_ms + 15_000  # written until the file was saved
    assert (np.diff(run.rr["ts"]) > 0).all()


@pytest.mark.parametrize(
    "name", ["sports-lib__4623204522.fit", "sports-lib__6788312639-1.fit", "sports-lib__6860622783.fit"]
)
def test_beats_of_a_stopped_timer_and_after_the_end_have_times_of_their_own(name: str) -> None:
    activity = only(name)
    beats = np.concatenate([part.rr["ts"] for part in activity.legs or [activity] if part.rr])
    assert len(beats) > 4000
    assert (np.diff(beats) > 0).all()


def test_a_pool_swim() -> None:
    swim = only("GoldenCheetah__AleV_Swim_2015-02-09-16-15.fit")
    assert (swim.sport, swim.pool_length_m, len(swim.samples["ts"])) == ("swimming", 25.0, 108)
    lengths = swim.laps["kind"] == "length"
    assert (int(lengths.sum()), int((~lengths).sum())) == (108, 25)
    assert swim.laps["distance_m"][lengths].sum() == swim.distance_m == 2400


def test_a_foot_pods_values_and_power() -> None:
    run = only("GoldenCheetah__Fr955v19.28andStryd.fit")
    assert (run.rpe, run.device, run.device_serial) == (5.0, "garmin fr955", "3426837107")
    power = run.developer["value"][run.developer["field"] == "Power"]
    assert np.nanmean(run.samples["power_w"]) == pytest.approx(power.mean())
    assert {"Leg Spring Stiffness", "session.CP", "lap.Lap Power"} <= set(run.developer["field"])


def test_time_that_counts_from_power_on_is_placed_by_local_time() -> None:
    decoded = decode_fit((FOLDER / "fitdecode__compressed-speed-distance.fit").read_bytes())
    assert utc(decoded.activities[0]) == "2012-02-13 11:16:16"
    assert [problem.reason for problem in decoded.problems] == ["no date"]
    assert decoded.activities[0].samples["distance_m"][-1] == pytest.approx(10248, abs=20)
