"""What a file is, is seen from its content; what is no activity is refused in words."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from made_activities import NOON, NOON_MS, ride

from momentum.activity_files import read
from momentum.activity_files.decoded import Activity, DecodedFile, Problem, Refused
from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.activity_files.read import decode

GPX = (
    '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>'
    '<trkpt lat="45.75" lon="4.85"><time>2024-05-01T12:00:00Z</time></trkpt>'
    '<trkpt lat="45.76" lon="4.85"><time>2024-05-01T12:05:00Z</time></trkpt>'
    "</trkseg></trk></gpx>"
)
TCX = (
    '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>'
    '<Activity Sport="Running"><Id>2024-05-01T12:00:00Z</Id><Lap StartTime="2024-05-01T12:00:00Z">'
    "<TotalTimeSeconds>60</TotalTimeSeconds><DistanceMeters>200</DistanceMeters><Track>"
    "<Trackpoint><Time>2024-05-01T12:00:00Z</Time><DistanceMeters>0</DistanceMeters></Trackpoint>"
    "<Trackpoint><Time>2024-05-01T12:01:00Z</Time><DistanceMeters>200</DistanceMeters></Trackpoint>"
    "</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
)


def test_the_version_is_a_number_that_a_backfill_can_compare() -> None:
    assert isinstance(DECODER_VERSION, int)
    assert DECODER_VERSION >= 1


@pytest.mark.parametrize(("text", "format"), [(GPX, "gpx"), (TCX, "tcx")])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made > by <gpx> -->\n<?pi x?>' + text.encode(),
        lambda text: b'<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xe9t\xe9 -->' + text.encode(),
        lambda text: ('\ufeff<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16-le"),
        lambda text: ('\ufeff<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16-be"),
        lambda text: b"<!--" + b"x" * 60_000 + b"-->" + text.encode(),
        # one site's bulk export begins its TCX with blanks
        lambda text: b"          " + b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode(),
    ],
)
def test_xml_is_known_by_its_root_whatever_stands_before_it(text: str, format: str, wrap) -> None:
    decoded = decode(io.BytesIO(wrap(text)))
    assert decoded.format == format
    assert [activity.started_at_ms for activity in decoded.activities] == [NOON_MS]


@pytest.mark.parametrize("size", [12, 14])
def test_fit_is_known_by_its_header(size: int) -> None:
    data = bytes([size]) + b"\x10\x00\x00\x00\x00\x00\x00.FIT" + bytes(20)
    with patch("momentum.activity_files.fit.decode_fit") as decode_fit:
        decode_fit.return_value = DecodedFile("fit", [ride()])
        assert decode(io.BytesIO(data)).format == "fit"
    decode_fit.assert_called_once_with(data)


@pytest.mark.parametrize("data", [b"", b"\n \r\n", bytes(4000)])
def test_nothing_is_an_empty_file(data: bytes) -> None:
    with pytest.raises(Refused, match="empty file"):
        decode(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x1f\x8brest", "a gzip file"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"<!DOCTYPE html><html><head>", "a web page; was the download logged in?"),
        (b"<?xml version='1.0'?><kml xmlns='x'>", "XML with the root <kml>"),
        (b'{"type": "FeatureCollection"}', "JSON"),
        (b'{"format": "manual"', "JSON"),
        (b"Activity ID,Date,Name\n1,2,3\n", "text beginning 'Activity ID,Date,Name'"),
        (b"\x01\x02\x80\x81\x90" * 30, "binary data beginning 01 02 80 81 90"),
        (b"<!---->" * 9000, "text beginning"),
    ],
)
def test_anything_else_is_refused_with_what_it_looks_like(data: bytes, looks: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(io.BytesIO(data))
    assert refused.value.reason == "not an activity file"
    assert f"looks like {looks}" in refused.value.detail


def decoded_as(*activities: Activity, now: datetime = NOON) -> DecodedFile:
    with patch.object(read, "_decode", return_value=DecodedFile("fit", list(activities))):
        return decode(io.BytesIO(b""), now)


YEAR_1999, TOMORROW = datetime(1999, 12, 31, 23, 59, tzinfo=UTC), datetime(2024, 5, 2, 11, 59, tzinfo=UTC)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    ("started_at", "reason", "detail"),
    [
        (YEAR_1999, "date before 2000", "1999-12-31"),
        (datetime(1989, 12, 31, tzinfo=UTC), "date before 2000", "1989-12-31"),
        (datetime(2024, 5, 2, 12, 1, tzinfo=UTC), "date in the future", "2024-05-02"),
        (datetime(2107, 1, 1, tzinfo=UTC), "date in the future", "2107-01-01"),
    ],
)
def test_a_file_of_an_impossible_date_is_refused_with_the_date(started_at: datetime, reason: str, detail: str) -> None:
    with pytest.raises(Refused) as refused:
        decoded_as(ride(started_at_ms=ms(started_at)))
    assert (refused.value.reason, refused.value.detail) == (reason, detail)


def test_the_clock_of_a_watch_may_run_ahead_by_a_day() -> None:
    assert len(decoded_as(ride(started_at_ms=ms(TOMORROW))).activities) == 1
    assert len(decoded_as(ride(started_at_ms=ms(datetime(2000, 1, 1, 12, tzinfo=UTC)))).activities) == 1


def test_good_activities_of_a_file_stay_and_the_others_are_told() -> None:
    decoded = decoded_as(
        ride(started_at_ms=ms(datetime(2107, 1, 1, tzinfo=UTC))), ride(), ride(started_at_ms=ms(YEAR_1999))
    )
    assert [activity.started_at_ms for activity in decoded.activities] == [NOON_MS]
    assert decoded.problems == [Problem("date before 2000", "1999-12-31"), Problem("date in the future", "2107-01-01")]


def test_parts_keep_their_numbers_when_the_future_has_come() -> None:
    files = [ride(started_at_ms=ms(datetime(2025, 1, 1, tzinfo=UTC))), ride()]
    today, later = decoded_as(*files), decoded_as(*files, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert today.activities == later.activities[:1]


def test_a_start_that_the_samples_disprove_is_corrected_before_the_date_is_judged() -> None:
    decoded = decoded_as(_never_set())
    assert decoded.activities[0].started_at_ms == NOON_MS
    assert [problem.reason for problem in decoded.problems] == ["start time not believed"]


def _never_set() -> Activity:
    odd = ride()
    odd.started_at_ms = ms(datetime(1989, 12, 31, tzinfo=UTC))
    return odd


def test_times_beyond_any_calendar_are_refused_not_raised() -> None:
    with pytest.raises(Refused, match="date in the future"):
        decoded_as(Activity("running", 10**18, elapsed_s=10))
    with pytest.raises(Refused, match="date before 2000"):
        decoded_as(Activity("running", -(10**18), elapsed_s=10))
