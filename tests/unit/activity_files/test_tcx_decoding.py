"""What becomes of the activities, laps, tracks and multisport sessions of a TCX file."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from momentum.activity_files.decoded import DecodedFile, Refused
from momentum.activity_files.xml import decode_tcx


def tcx(body: str) -> DecodedFile:
    return decode_tcx(io.BytesIO(f"<TrainingCenterDatabase>{body}</TrainingCenterDatabase>".encode()))


def point(minute: int, second: int = 0, inner: str = "") -> str:
    return f"<Trackpoint><Time>2024-05-01T10:{minute:02}:{second:02}Z</Time>{inner}</Trackpoint>"


def lap(minute: int, seconds: float, metres: float, *tracks: str) -> str:
    inside = "".join(f"<Track>{track}</Track>" for track in tracks)
    return (
        f'<Lap StartTime="2024-05-01T10:{minute:02}:00Z"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        f"<DistanceMeters>{metres}</DistanceMeters>{inside}</Lap>"
    )


def activity(sport: str, *laps: str) -> str:
    creator = "<Creator><Name>Watch 9</Name><UnitId>00123</UnitId></Creator>"
    plan = "<Training><Plan><Name>Intervals</Name></Plan></Training>"
    return f'<Activity Sport="{sport}"><Id>x</Id>{"".join(laps)}{plan}{creator}</Activity>'


def reasons(decoded: DecodedFile) -> list[str]:
    return [problem.reason for problem in decoded.problems]


def test_every_channel_whatever_the_prefix_of_its_extension() -> None:
    inner = (
        "<Position><LatitudeDegrees>45.5</LatitudeDegrees><LongitudeDegrees>6.25</LongitudeDegrees></Position>"
        "<AltitudeMeters>100.5</AltitudeMeters><DistanceMeters>12</DistanceMeters>"
        "<HeartRateBpm><Value>150</Value></HeartRateBpm><Cadence>85</Cadence>"
        "<Extensions><{0}TPX><{0}Speed>3.25</{0}Speed><{0}Watts>240</{0}Watts></{0}TPX></Extensions>"
    )
    expected = {
        "lat": 45.5, "lon": 6.25, "altitude_m": 100.5, "distance_m": 12, "heart_rate_bpm": 150, "cadence_rpm": 85,
        "speed_mps": 3.25, "power_w": 240,
    }  # fmt: skip
    for prefix in ("", "ns3:", "x:"):
        samples = tcx(activity("Running", lap(0, 60, 12, point(0, inner=inner.format(prefix))))).activities[0].samples
        assert {name: values[0] for name, values in samples.items() if name != "ts"} == expected


def test_run_cadence_is_cadence_and_a_bare_value_is_no_heart_rate() -> None:
    inner = "<Extensions><TPX><RunCadence>90</RunCadence></TPX><Value>7</Value></Extensions>"
    samples = tcx(activity("Running", lap(0, 60, 12, point(0, inner=inner)))).activities[0].samples
    assert samples["cadence_rpm"].tolist() == [90]
    assert "heart_rate_bpm" not in samples


def test_laps_times_distance_device() -> None:
    body = activity("Biking", lap(0, 300, 2000, point(0) + point(4)), lap(5, 290.5, 1900.25, point(5) + point(10)))
    decoded = tcx(body).activities[0]
    assert decoded.sport == "cycling"
    assert decoded.device == "Watch 9"
    assert decoded.device_serial == "00123"
    assert decoded.moving_s == 590.5
    assert decoded.distance_m == 3900.25
    assert decoded.elapsed_s == 600
    assert decoded.laps["start"].tolist() == [1_714_557_600_000, 1_714_557_900_000]
    assert decoded.laps["elapsed_s"].tolist() == [300, 290.5]
    assert decoded.laps["distance_m"].tolist() == [2000, 1900.25]
    assert decoded.laps["kind"].tolist() == ["lap", "lap"]


def test_several_tracks_of_a_lap_are_pauses_and_one_activity() -> None:
    metres = "<DistanceMeters>{}</DistanceMeters>"
    first = point(0, 0, metres.format(0)) + point(0, 10, metres.format(50))
    second = point(5, 0, metres.format(50)) + point(5, 10, metres.format(90))
    samples = tcx(activity("Running", lap(0, 20, 90, first, second))).activities[0].samples
    assert samples["distance_m"].tolist() == [0, 50, 50, 90]
    np.testing.assert_allclose(samples["speed_mps"], [np.nan, 5, 0, 4])


def test_distance_by_position_where_the_file_has_none_skips_pauses() -> None:
    place = "<Position><LatitudeDegrees>{}</LatitudeDegrees><LongitudeDegrees>0</LongitudeDegrees></Position>"
    first = point(0, 0, place.format(0)) + point(0, 10, place.format(0.001))
    second = point(5, 0, place.format(0.5)) + point(5, 10, place.format(0.501))
    decoded = tcx(activity("Running", lap(0, 20, 0, first, second))).activities[0]
    assert decoded.distance_m == pytest.approx(222.4, abs=0.1)


def test_several_activities() -> None:
    decoded = tcx(activity("Running", lap(0, 60, 1, point(0))) + activity("Other", lap(30, 60, 1, point(30))))
    assert [(a.sport, a.sub_sport) for a in decoded.activities] == [("running", ""), ("other", "")]


def test_a_multisport_session_is_an_event_with_its_legs_and_transitions() -> None:
    swim = activity("Swimming", lap(0, 600, 750, point(0) + point(10)))
    t1 = (
        '<Transition StartTime="2024-05-01T10:10:00Z"><TotalTimeSeconds>60</TotalTimeSeconds>'
        f"<DistanceMeters>100</DistanceMeters><Track>{point(10)}{point(11)}</Track></Transition>"
    )
    bike = activity("Biking", lap(11, 1200, 20000, point(11) + point(31)))
    run = activity("Running", lap(32, 600, 2500, point(32) + point(42)))
    decoded = tcx(
        f"<Activities><MultiSportSession><Id>x</Id><FirstSport>{swim}</FirstSport><NextSport>{t1}{bike}</NextSport>"
        f"<NextSport>{run}</NextSport></MultiSportSession></Activities>"
    )
    (event,) = decoded.activities
    assert event.sport == "multisport"
    assert [leg.sport for leg in event.legs] == ["swimming", "transition", "cycling", "running"]
    assert [leg.elapsed_s for leg in event.legs] == [600, 60, 1200, 600]
    assert event.elapsed_s == 2460
    assert event.moving_s == 2460
    assert event.distance_m == 23350
    assert event.started_at_ms == event.legs[0].started_at_ms
    assert event.samples == {}
    assert decoded.problems == []


def test_a_session_entered_by_hand_is_kept_for_its_laps() -> None:
    decoded = tcx(activity("Other", lap(0, 1800, 0))).activities[0]
    assert decoded.elapsed_s == 1800
    assert decoded.moving_s == 1800
    assert len(decoded.samples["ts"]) == 0


@pytest.mark.parametrize("seconds", ["1e300", "-5", "NaN", "INF", "soon", ""])
def test_lap_times_that_cannot_be_are_not_taken(seconds: str) -> None:
    decoded = tcx(
        activity(
            "Running",
            lap(0, 1, 10, point(0) + point(2)).replace("<TotalTimeSeconds>1<", f"<TotalTimeSeconds>{seconds}<"),
        )
    )
    assert decoded.activities[0].elapsed_s == 120
    assert decoded.activities[0].moving_s is None
    assert math.isnan(decoded.activities[0].laps["elapsed_s"][0])


def test_a_lap_that_does_not_say_when_begins_at_its_first_point() -> None:
    body = activity("Running", lap(0, 60, 10, point(1)).replace(' StartTime="2024-05-01T10:00:00Z"', ""))
    assert tcx(body).activities[0].laps["start"].tolist() == [1_714_557_660_000]


def test_points_without_time_are_left_out_and_told() -> None:
    decoded = tcx(activity("Running", lap(0, 60, 10, point(0) + "<Trackpoint/><Trackpoint></Trackpoint>" + point(1))))
    assert len(decoded.activities[0].samples["ts"]) == 2
    assert reasons(decoded) == ["points without a time"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"<Courses><Course><Name>x</Name><Track>{point(0)}</Track></Course></Courses>", "no recorded activity"),
        ("<Workouts><Workout><Name>x</Name></Workout></Workouts>", "no recorded activity"),
        ("", "no recorded activity"),
        (activity("Running", "<Lap><Track><Trackpoint><Cadence>1</Cadence></Trackpoint></Track></Lap>"),
         "track without times"),
    ],
)  # fmt: skip
def test_courses_workouts_and_planned_tracks_are_refused(body: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        tcx(body)
    assert refused.value.reason == reason


def test_a_file_cut_off_gives_what_is_whole_and_says_so() -> None:
    whole = f"<TrainingCenterDatabase>{activity('Biking', lap(0, 60, 100, ''.join(point(n) for n in range(50))))}"
    decoded = decode_tcx(io.BytesIO(whole[: whole.index("10:20:00Z")].encode()))
    assert len(decoded.activities[0].samples["ts"]) == 20
    assert decoded.activities[0].sport == "cycling"
    assert reasons(decoded) == ["decoded in part"]
