"""Units: what an athlete chose is what is shown; the figures are the same."""

from __future__ import annotations

import io
from typing import Any

import pytest
from planted_season import NOW
from rich.console import Console

from momentum.adapters.clickhouse import Client
from momentum.reports.terminal import athlete_data, athlete_view
from momentum.reports.units import IMPERIAL, METRIC, threshold_text, units_of


def test_the_same_speed_in_both() -> None:
    ten_miles_an_hour = 4.4704
    assert METRIC.road_pace(ten_miles_an_hour) == ("3:44", "min/km")
    assert IMPERIAL.road_pace(ten_miles_an_hour) == ("6:00", "min/mi")
    assert IMPERIAL.speed(ten_miles_an_hour) == ("10.0", "mph")
    assert METRIC.speed(10.0) == ("36.0", "km/h")
    assert METRIC.pool_pace(1.25) == ("1:20", "min/100 m")
    assert IMPERIAL.pool_pace(1.25) == ("1:13", "min/100 yd")


def test_distance_mass_height_and_ascent() -> None:
    assert (METRIC.distance(42_195, 1), IMPERIAL.distance(42_195, 1)) == ("42.2", "26.2")
    assert (METRIC.mass(62.0), IMPERIAL.mass(62.0)) == ("62 kg", "136.7 lb")
    assert (METRIC.tallness(1.7), IMPERIAL.tallness(1.7), IMPERIAL.tallness(1.8288)) == (
        "1.70 m",
        "5 ft 7 in",
        "6 ft 0 in",
    )
    assert (METRIC.ascent(100), IMPERIAL.ascent(100)) == ("100 m up", "328 ft up")


@pytest.mark.parametrize("name", [None, "", "metric", "imperial"])
def test_metric_unless_imperial_was_chosen(name: str | None) -> None:
    assert units_of(name) is (IMPERIAL if name == "imperial" else METRIC)


def test_power_and_heart_rate_are_the_same_everywhere() -> None:
    for name in ("ftp_w", "lthr_bpm", "w_prime_j"):
        assert threshold_text(name, 20_000.0, METRIC) == threshold_text(name, 20_000.0, IMPERIAL)


def _shown(data: dict[str, Any]) -> str:
    stream = io.StringIO()
    athlete_view(Console(file=stream, width=90), data)
    return stream.getvalue()


def test_an_athlete_is_shown_in_the_units_of_the_profile(planted: Client) -> None:
    data = athlete_data(planted, "camille", NOW)
    assert " km\n" in _shown(data)
    imperial = _shown(data | {"profile": data["profile"] | {"units": "imperial"}})
    assert " mi\n" in imperial
    for unit in (" km", " kg"):
        assert unit not in imperial
    assert " lb" in imperial
