"""TCX and GPX as Garmin exports them: every value in its element, nothing where nothing is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from momentum.activity_files.decoded import Activity
from momentum.demo import xml_writer
from momentum.demo.text_columns import joined, literal, moment, number
from momentum.demo.xml_writer import gpx_parts, tcx_parts

TCX = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"
TPX = "{http://www.garmin.com/xmlschemas/ActivityExtension/v2}"
GPX = "{http://www.topografix.com/GPX/1/1}"
TPE = "{http://www.garmin.com/xmlschemas/TrackPointExtension/v1}"


def _activity(sport: str, n: int = 12) -> Activity:
    ts = 1_772_000_000_000 + 1000 * np.arange(n)
    seconds = np.arange(n, dtype=float)
    samples = {
        "ts": ts,
        "lat": -0.00001 + seconds * 1e-6,  # over the equator: a sign, and zeros that must stay
        "lon": -104.95 - seconds * 1e-5,
        "altitude_m": -1.5 + seconds,
        "distance_m": seconds * 3.25,
        "speed_mps": np.full(n, 3.25),
        "heart_rate_bpm": 95 + seconds,
        "cadence_rpm": np.full(n, 83.0),
        "power_w": seconds * 100,
        "temperature_c": np.full(n, -4.0),
    }
    samples["heart_rate_bpm"][3] = samples["power_w"][4] = samples["lat"][5] = samples["lon"][5] = np.nan
    laps = {
        "start": ts[[0, 6]],
        "elapsed_s": np.array([6.0, 5.0]),
        "distance_m": np.array([19.5, 16.25]),
        "kind": np.array(["lap", "lap"]),
    }
    return Activity(
        sport,
        int(ts[0]),
        elapsed_s=n - 1,
        distance_m=35.75,
        device="Edge 540",
        device_serial="9",
        samples=samples,
        laps=laps,
    )


def _texts(point: etree._Element, path: str) -> list[str]:
    return [element.text for element in point.findall(path)]


@pytest.mark.parametrize("block", [5, 20_000])
def test_tcx_has_every_sample_in_its_lap(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_writer, "_BLOCK", block)
    activity = _activity("cycling")
    root = etree.fromstring(b"".join(tcx_parts(activity)))
    laps = root.findall(f".//{TCX}Lap")
    assert [len(lap.findall(f".//{TCX}Trackpoint")) for lap in laps] == [6, 6]
    assert root.find(f".//{TCX}Activity").get("Sport") == "Biking"
    points = root.findall(f".//{TCX}Trackpoint")
    times = [datetime.fromisoformat(time).timestamp() * 1000 for p in points for time in _texts(p, f"{TCX}Time")]
    assert times == activity.samples["ts"].tolist()
    for channel, path, tolerance in (
        ("lat", f"{TCX}Position/{TCX}LatitudeDegrees", 6e-8),
        ("lon", f"{TCX}Position/{TCX}LongitudeDegrees", 6e-8),
        ("altitude_m", f"{TCX}AltitudeMeters", 0.051),
        ("distance_m", f"{TCX}DistanceMeters", 0.0051),
        ("heart_rate_bpm", f"{TCX}HeartRateBpm/{TCX}Value", 0.5),
        ("cadence_rpm", f"{TCX}Cadence", 0.5),
        ("speed_mps", f"{TCX}Extensions/{TPX}TPX/{TPX}Speed", 6e-4),
        ("power_w", f"{TCX}Extensions/{TPX}TPX/{TPX}Watts", 0.5),
    ):
        read = np.array([float((_texts(point, path) or ["nan"])[0]) for point in points])
        np.testing.assert_allclose(read, activity.samples[channel], atol=tolerance, rtol=0, err_msg=channel)


def test_cadence_of_a_run_is_in_the_extension() -> None:
    root = etree.fromstring(b"".join(tcx_parts(_activity("running"))))
    assert len(root.findall(f".//{TPX}RunCadence")) == 12
    assert root.findall(f".//{TCX}Cadence") == []


def test_gpx_has_every_sample_that_has_a_place() -> None:
    activity = _activity("running")
    root = etree.fromstring(b"".join(gpx_parts(activity)))
    points = root.findall(f".//{GPX}trkpt")
    placed = np.isfinite(activity.samples["lat"])
    assert len(points) == 11
    read = np.array([[float(point.get("lat")), float(point.get("lon"))] for point in points])
    np.testing.assert_allclose(read[:, 0], activity.samples["lat"][placed], atol=6e-8)
    np.testing.assert_allclose(read[:, 1], activity.samples["lon"][placed], atol=6e-8)
    extension = f"{GPX}extensions/{TPE}TrackPointExtension/{TPE}"
    assert _texts(points[0], f"{extension}hr") == ["95"]
    assert _texts(points[3], f"{extension}hr") == []
    assert _texts(points[0], f"{extension}atemp") == ["-4"]
    assert _texts(points[1], f"{extension}cad") == ["83"]


@given(st.lists(st.floats(-999_999, 999_999), min_size=1, max_size=20), st.integers(0, 7))
def test_numbers_are_written_as_python_writes_them(values: list[float], decimals: int) -> None:
    rows = number(np.array(values), decimals)
    for row, value in zip(rows, values, strict=True):
        written = bytes(row[row != 0]).decode()
        assert float(written) == pytest.approx(value, abs=0.500001 * 10**-decimals)
        assert len(written.partition(".")[2]) == decimals
        assert not written.lstrip("-").startswith("0") or written.lstrip("-").partition(".")[0] == "0"


def test_moments_are_utc_with_milliseconds() -> None:
    ms = np.array([0, 1_772_000_000_123])
    expected = [datetime.fromtimestamp(x / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z" for x in ms]
    assert joined([moment(ms), literal(";", 2)]).decode().split(";")[:-1] == expected
