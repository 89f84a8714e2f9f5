"""Every point and every value of the real files is what independent parsers read."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from xml_reference import SHARED, Point, by_callbacks, by_lxml, shared_files

from momentum.activity_files.decoded import CHANNELS, Activity, DecodedFile, Refused
from momentum.activity_files.xml import decode_gpx, decode_tcx
from momentum.activity_files.xml.gpx import GPX
from momentum.activity_files.xml.points import Points, read_points
from momentum.activity_files.xml.tcx import TCX

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared activity files are not here")

FILES = [*shared_files("gpx"), *shared_files("tcx")]
NO_TRACK = {"gpxpy__unicode.gpx", "gpxpy__unicode_with_bom.gpx"}


def kind_of(path: Path) -> str:
    return path.suffix[1:]


def read(path: Path) -> Points:
    if kind_of(path) == "gpx":
        return read_points(io.BytesIO(path.read_bytes()), GPX, "gpx", "GPX")
    return read_points(io.BytesIO(path.read_bytes()), TCX, "TrainingCenterDatabase", "TCX")


def decode(path: Path) -> DecodedFile:
    return (decode_gpx if kind_of(path) == "gpx" else decode_tcx)(io.BytesIO(path.read_bytes()))


def parts(decoded: DecodedFile) -> list[Activity]:
    return [part for activity in decoded.activities for part in (activity.legs or [activity])]


def assert_equal(found: Points, expected: list[Point | None]) -> None:
    assert found.seen == len(expected)
    timed = [point for point in expected if point is not None]
    assert found.columns.get("ts", np.empty(0)).tolist() == [point["ts"] for point in timed]
    for channel in CHANNELS:
        wanted = np.array([point.get(channel, math.nan) for point in timed])
        if np.isnan(wanted).all():
            assert channel not in found.columns
        else:
            np.testing.assert_array_equal(found.columns[channel], wanted, err_msg=channel)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_point_and_value_is_what_lxml_reads(path: Path) -> None:
    assert_equal(read(path), by_lxml(path.read_bytes(), kind_of(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_point_and_value_is_what_expat_reports_one_by_one(path: Path) -> None:
    points, sound, _ = by_callbacks(path.read_bytes(), kind_of(path))
    assert sound
    assert_equal(read(path), points)


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in NO_TRACK], ids=lambda path: path.name)
def test_point_counts_are_those_of_the_manifest(path: Path) -> None:
    with (SHARED / "MANIFEST.tsv").open() as lines:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(lines, delimiter="\t")}
    route_points = len(etree.parse(path).xpath("//*[local-name()='rtept']"))  # the manifest counts these too
    assert read(path).seen + route_points == int(rows[path.name]["record_or_trackpoint_count"])


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in NO_TRACK], ids=lambda path: path.name)
def test_activities_hold_every_point_that_has_a_time(path: Path) -> None:
    expected = [point for point in by_lxml(path.read_bytes(), kind_of(path)) if point is not None]
    activities = parts(decode(path))
    assert sum(len(activity.samples["ts"]) for activity in activities) == len(expected)
    for activity in activities:
        assert (np.diff(activity.samples["ts"]) >= 0).all()
        assert {len(values) for values in activity.samples.values()} == {len(activity.samples["ts"])}


@pytest.mark.parametrize("name", sorted(NO_TRACK))
def test_files_of_waypoints_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="no recorded track"):
        decode(SHARED / "gpx" / name)


@pytest.mark.parametrize(
    "path", [path for path in shared_files("gpx") if path.name not in NO_TRACK], ids=lambda path: path.name
)
def test_positions_times_and_elevations_are_those_of_gpxpy(path: Path) -> None:
    import gpxpy

    points = [point for point, *_ in gpxpy.parse(path.read_text("utf-8-sig")).walk() if point.time]
    found = read(path).columns
    assert found["ts"].tolist() == [
        round(point.time.replace(tzinfo=point.time.tzinfo).timestamp() * 1000)
        if point.time.tzinfo
        else round((point.time - point.time.min).total_seconds() * 1000) - 62_135_596_800_000
        for point in points
    ]
    np.testing.assert_array_equal(found["lat"], [point.latitude for point in points])
    np.testing.assert_array_equal(found["lon"], [point.longitude for point in points])
    elevations = np.array([math.nan if point.elevation is None else point.elevation for point in points])
    np.testing.assert_array_equal(found.get("altitude_m", np.full(len(points), np.nan)), elevations)


def test_a_ride_that_a_watch_wrote_three_ways_has_one_length() -> None:
    """The same ride as FIT knows it: 42.2 km; by position alone within 1.5 %."""
    tcx = decode(SHARED / "tcx" / "sports-lib__6791039036.tcx").activities[0]
    gpx = decode(SHARED / "gpx" / "sports-lib__3939576645.gpx").activities[0]
    assert tcx.distance_m == 42220.87
    assert gpx.distance_m == pytest.approx(42220.87, rel=0.015)
    assert gpx.samples["ts"].tolist() == tcx.samples["ts"].tolist()
    assert np.nanmedian(gpx.samples["speed_mps"]) == pytest.approx(np.nanmedian(tcx.samples["speed_mps"]), rel=0.03)


def test_jumbled_times_do_not_lengthen_the_way() -> None:
    """One ride from two sites; the first wrote its points with times that jump back 3,078 times."""
    jumbled = decode(SHARED / "gpx" / "sports-lib__sports-tracker.gpx")
    clean = decode(SHARED / "gpx" / "sports-lib__movescount.gpx")
    assert jumbled.activities[0].distance_m == pytest.approx(clean.activities[0].distance_m, rel=0.03)
    assert [problem.reason for problem in jumbled.problems] == ["samples out of order"]
    assert (np.diff(jumbled.activities[0].samples["distance_m"]) >= 0).all()


def test_sessions_of_different_days_in_one_multisport_session_are_no_event() -> None:
    decoded = decode(SHARED / "tcx" / "GoldenCheetah__activity_165850259_multi-session.tcx")
    assert [(a.sport, len(a.samples["ts"]), a.legs) for a in decoded.activities] == [
        ("running", 656, []), ("cycling", 235, []), ("running", 733, []), ("cycling", 269, []),
    ]  # fmt: skip
    assert [problem.reason for problem in decoded.problems] == ["multisport session is no event"]
    assert decoded.activities[0].distance_m == 7651.0292969
    assert decoded.activities[0].device_serial == "3815748186"
