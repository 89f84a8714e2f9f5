"""What becomes of the tracks, segments, names and oddities of a GPX file."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from momentum.activity_files.decoded import DecodedFile, Refused
from momentum.activity_files.xml import decode_gpx

TRACK = "<trk><type>running</type><trkseg>{}</trkseg></trk>"


def gpx(body: str, *, attributes: str = 'version="1.1" creator="A watch"') -> DecodedFile:
    return decode_gpx(io.BytesIO(f'<?xml version="1.0"?><gpx {attributes}>{body}</gpx>'.encode()))


def point(time: str, lat: float = 45.0, lon: float = 6.0, inner: str = "") -> str:
    return f'<trkpt lat="{lat}" lon="{lon}">{inner}<time>{time}</time></trkpt>'


def at(second: int, **place: float) -> str:
    return point(f"2024-05-01T10:{second // 60:02}:{second % 60:02}Z", **place)


def reasons(decoded: DecodedFile) -> list[str]:
    return [problem.reason for problem in decoded.problems]


def test_segments_of_a_track_are_one_activity_and_the_way_between_them_is_not_counted() -> None:
    first = at(0, lat=45.0) + at(10, lat=45.001)
    second = at(100, lat=45.011) + at(110, lat=45.012)
    activity = gpx(f"<trk><trkseg>{first}</trkseg><trkseg>{second}</trkseg></trk>").activities[0]
    degree_m = 6_371_008.8 * math.pi / 180
    np.testing.assert_allclose(activity.samples["distance_m"], np.array([0, 0.001, 0.001, 0.002]) * degree_m, rtol=1e-6)
    np.testing.assert_allclose(
        activity.samples["speed_mps"], [np.nan, 0.0001 * degree_m, np.nan, 0.0001 * degree_m], rtol=1e-6
    )
    assert activity.distance_m == pytest.approx(0.002 * degree_m)
    assert activity.elapsed_s == 110


def test_speed_and_distance_of_the_file_are_kept_as_they_are() -> None:
    inner = "<extensions><x:speed>3.5</x:speed><x:distance>{}</x:distance></extensions>"
    points = "".join(point(f"2024-05-01T10:00:0{n}Z", lat=45 + n, inner=inner.format(n * 4)) for n in range(3))
    samples = gpx(TRACK.format(points)).activities[0].samples
    assert samples["speed_mps"].tolist() == [3.5, 3.5, 3.5]
    assert samples["distance_m"].tolist() == [0, 4, 8]


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ("<a:TrackPointExtension><a:hr>150</a:hr><a:cad>88</a:cad><a:atemp>21.5</a:atemp></a:TrackPointExtension>",
         {"heart_rate_bpm": 150, "cadence_rpm": 88, "temperature_c": 21.5}),
        ("<power>250</power>", {"power_w": 250}),
        ("<pwr:PowerInWatts>251</pwr:PowerInWatts>", {"power_w": 251}),
        ("<heartrate>99</heartrate><cadence>70</cadence><temp>5</temp>",
         {"heart_rate_bpm": 99, "cadence_rpm": 70, "temperature_c": 5}),
        ("<gpxdata:hr>98</gpxdata:hr><gpxdata:temp>-3.25</gpxdata:temp>",
         {"heart_rate_bpm": 98, "temperature_c": -3.25}),
        ("<deep><deeper><z:hr> 61 </z:hr></deeper></deep>", {"heart_rate_bpm": 61}),
        ("<hr></hr><heartrate>62</heartrate>", {"heart_rate_bpm": 62}),
        ("<hr>63</hr><heartrate>64</heartrate>", {"heart_rate_bpm": 63}),
        ("<hr><![CDATA[65]]></hr><power>1&#48;0</power>", {"heart_rate_bpm": 65, "power_w": 100}),
        ("<hr>6<!-- six -->6</hr>", {"heart_rate_bpm": 66}),
        ("<hr>--</hr>", {}),
        ("<time>2000-01-01T00:00:00Z</time><ele>7</ele>", {}),
    ],
)  # fmt: skip
def test_channels_by_the_names_that_programs_give_them(extensions: str, expected: dict[str, float]) -> None:
    body = TRACK.format(point("2024-05-01T10:00:00Z", inner=f"<extensions>{extensions}</extensions>"))
    samples = gpx(body).activities[0].samples
    found = {name: values[0] for name, values in samples.items() if name not in ("ts", "lat", "lon", "distance_m")}
    assert found == expected
    assert samples["ts"].tolist() == [1_714_557_600_000]


@pytest.mark.parametrize(
    ("time", "ms", "offset_s", "problem"),
    [
        ("2024-05-01T10:00:00Z", 1_714_557_600_000, None, None),
        ("2024-05-01T10:00:00.1236Z", 1_714_557_600_124, None, None),
        ("2024-05-01T12:00:00+02:00", 1_714_557_600_000, 7200, None),
        ("2024-05-01T04:30:00.5-0530", 1_714_557_600_500, -19800, None),
        ("2024-05-01T10:00:00+00:00", 1_714_557_600_000, None, None),
        ("2024-05-01T10:00:00", 1_714_557_600_000, None, "times without a zone"),
        ("2024-04-30T24:00:00Z", 1_714_521_600_000, None, None),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000, None, None),
        ("1969-12-31T23:59:59Z", -1000, None, None),
    ],
)
def test_times(time: str, ms: int, offset_s: int | None, problem: str | None) -> None:
    decoded = gpx(TRACK.format(point(time)))
    assert decoded.activities[0].started_at_ms == ms
    assert decoded.activities[0].utc_offset_s == offset_s
    assert reasons(decoded) == ([problem] if problem else [])


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2024-02-30T10:00:00Z", "2024-05-01", "2024-05-01T10:00:61Z", "2024-13-01T10:00:00Z",
             "2024-05-01T10:00:00+25:00", "2024-05-01T10:00:00.Z", "2024-05-01T10:00:00ZZ", "20240501T100000Z"]
)  # fmt: skip
def test_a_point_without_a_time_is_left_out_and_told(time: str) -> None:
    decoded = gpx(TRACK.format(at(0) + point(time) + at(1)))
    assert len(decoded.activities[0].samples["ts"]) == 2
    assert "points without a time" in reasons(decoded)


def test_several_tracks_are_several_activities() -> None:
    ride = f"<trk><name>Ride</name><type>cycling</type><trkseg>{at(0)}{at(60)}</trkseg></trk>"
    run = f"<trk><type>running</type><trkseg>{at(120)}{at(240)}</trkseg></trk>"
    later = TRACK.format(point("2024-05-01T12:00:00Z"))
    activities = gpx(ride + run + later).activities
    assert [(a.sport, len(a.samples["ts"])) for a in activities] == [("cycling", 2), ("running", 2), ("running", 1)]


def test_tracks_of_one_sport_with_a_pause_between_them_are_one_activity_and_that_is_told() -> None:
    decoded = gpx(TRACK.format(at(0) + at(10, lat=45.001)) + TRACK.format(at(300, lat=46) + at(310, lat=46.001)))
    assert [len(activity.samples["ts"]) for activity in decoded.activities] == [4]
    assert decoded.activities[0].distance_m == pytest.approx(222.4, abs=0.1)
    assert reasons(decoded) == ["tracks joined"]


def test_tracks_at_the_same_time_stay_apart() -> None:
    assert len(gpx(TRACK.format(at(0) + at(60)) + TRACK.format(at(30) + at(90))).activities) == 2


@pytest.mark.parametrize(
    ("kind", "name", "sport", "sub_sport"),
    [
        ("road_biking", "x", "cycling", ""),
        ("9", "x", "running", ""),
        ("Kitesurfing", "Run", "other", "Kitesurfing"),
        ("", "Morning Swim", "swimming", ""),
        ("", "10 hours", "other", ""),
        ("Lunch &amp; <![CDATA[<climb>]]>", "", "other", "Lunch & <climb>"),
    ],
)
def test_sport_by_type_and_else_by_name(kind: str, name: str, sport: str, sub_sport: str) -> None:
    head = (f"<type>{kind}</type>" if kind else "") + f"<name>{name}</name>"
    activity = gpx(f"<trk>{head}<trkseg>{at(0)}</trkseg></trk>").activities[0]
    assert (activity.sport, activity.sub_sport) == (sport, sub_sport)


def test_device_is_the_creator() -> None:
    assert gpx(TRACK.format(at(0)), attributes="creator='Garmin &quot;Edge&quot; 1040'").activities[0].device == (
        'Garmin "Edge" 1040'
    )


def test_routes_and_waypoints_are_no_training() -> None:
    with pytest.raises(Refused, match="no recorded track"):
        gpx('<wpt lat="1" lon="2"><time>2024-05-01T10:00:00Z</time></wpt><rte><rtept lat="1" lon="2"/></rte>')


def test_a_planned_track_has_no_times() -> None:
    with pytest.raises(Refused, match="track without times"):
        gpx(TRACK.format('<trkpt lat="1" lon="2"><ele>5</ele></trkpt>' * 3))


def test_points_in_no_track_are_no_recording() -> None:
    with pytest.raises(Refused) as refused:
        gpx(at(0) + at(1))
    assert (refused.value.reason, refused.value.detail) == ("no recorded track", "2 points that lie in no track")


def test_positions_off_the_globe_are_handed_on_and_lengthen_no_way() -> None:
    bad = [("nan", "6"), ("inf", "6"), ("91", "6"), ("45", "-1e999"), ("", "6"), ("45,1", "6")]
    inner = "".join(
        f'<trkpt lat="{a}" lon="{b}"><time>2024-05-01T10:00:0{n}Z</time></trkpt>' for n, (a, b) in enumerate(bad)
    )
    samples = gpx(TRACK.format(inner + at(10, lat=45.0) + at(11, lat=45.001))).activities[0].samples
    assert len(samples["ts"]) == len(bad) + 2
    assert samples["lat"][1] == math.inf
    assert samples["lat"][2] == 91
    assert samples["distance_m"][-1] == pytest.approx(111.2, abs=0.1)


def test_points_without_a_position_are_kept() -> None:
    indoor = "".join(f"<trkpt><time>2024-05-01T10:00:0{n}Z</time><hr>9{n}</hr></trkpt>" for n in range(3))
    samples = gpx(TRACK.format(indoor)).activities[0].samples
    assert sorted(samples) == ["heart_rate_bpm", "ts"]


def test_any_prefix_quote_space_and_order_of_attributes_reads_the_same() -> None:
    body = """<g:trk><g:trkseg><g:trkpt
        lon = '6.5'  note='a > b' lat
        ="45.25"><!-- <trkpt lat="1" lon="1"> --><?x <trkpt/> ?><g:time
        >2024-05-01T10:00:00Z</g:time ><g:ele>12.5</g:ele
        ></g:trkpt></g:trkseg></g:trk>"""
    document = f'\n <?xml version="1.0"?><g:gpx xmlns:g="urn:gpx">{body}</g:gpx>'
    samples = decode_gpx(io.BytesIO(document.encode())).activities[0].samples
    assert {name: values.tolist() for name, values in samples.items()} == {
        "ts": [1_714_557_600_000], "lat": [45.25], "lon": [6.5], "altitude_m": [12.5], "distance_m": [0.0],
    }  # fmt: skip


def test_a_file_cut_off_gives_what_is_whole_and_says_so() -> None:
    document = f"<gpx>{TRACK.format(''.join(at(n) for n in range(60)))}</gpx>".encode()
    cut = document[: document.index(b"10:00:30Z")]
    decoded = decode_gpx(io.BytesIO(cut))
    assert len(decoded.activities[0].samples["ts"]) == 30
    assert decoded.activities[0].sport == "running"
    assert reasons(decoded) == ["decoded in part"]


def test_a_file_cut_off_before_its_first_point_is_refused() -> None:
    with pytest.raises(Refused, match="broken XML"):
        decode_gpx(io.BytesIO(b'<gpx><trk><trkseg><trkpt lat="1" lon="2">'))
