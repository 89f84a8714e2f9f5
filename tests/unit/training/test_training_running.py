"""Running and swimming: Minetti's and Skiba's figures, slopes from noisy altitude."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training import running, swimming


def one(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize(("slope", "cost"), [(-0.2, 1.800), (0, 3.600), (0.1, 5.968), (0.45, 19.426), (0.9, 19.426)])
def test_cost_of_slopes(slope, cost):
    assert running.minetti_cost(one(slope))[0] == pytest.approx(cost, abs=5e-4)


def test_steeper_down_than_measured_costs_as_the_steepest_measured():
    assert running.minetti_cost(one(-3.0)) == running.minetti_cost(one(-0.45))


def test_grade_adjusted_speed_is_speed_on_the_flat_and_more_uphill():
    assert running.grade_adjusted_speed(one(4.0), one(0.0))[0] == pytest.approx(4.0)
    assert running.grade_adjusted_speed(one(3.0), one(0.1))[0] == pytest.approx(3.0 * 5.968 / 3.6, abs=1e-3)


def test_an_hour_at_threshold_speed_is_100():
    assert running.rtss(4.0, 3600, 4.0) == 100.0
    assert running.rtss(2.0, 3600, 4.0) == 25.0


def test_running_power_of_70_kg_and_1_75_m():
    assert running.running_power(one(4.0), one(0.0), 70, 1.75)[0] == pytest.approx(373.940, abs=5e-4)
    assert running.running_power(one(4.0), one(0.1), 70, 1.75)[0] == pytest.approx(608.754, abs=5e-4)


def test_govss_of_an_hour_at_critical_speed_is_100_and_the_start():
    score = running.govss(np.full(3600, 4.0), np.zeros(3600), 70, 1.75, 4.0)
    assert 100.0 < score < 101.0
    steady = running.govss(np.full(36_000, 4.0), np.zeros(36_000), 70, 1.75, 4.0) / 10
    assert abs(steady - 100) < abs(score - 100)


def test_slope_of_a_steady_climb():
    speed = np.full(600, 3.0)
    altitude = 0.08 * np.arange(600) * 3.0
    assert running.slopes(speed, altitude, np.arange(600)) == pytest.approx(np.full(600, 0.08))


def test_steps_of_a_barometer_do_not_become_walls():
    speed = np.full(600, 3.0)
    altitude = np.round(0.02 * np.arange(600) * 3.0 * 5) / 5
    assert np.abs(running.slopes(speed, altitude, np.arange(600))).max() < 0.035


def test_a_lift_during_a_stop_is_no_climb():
    t = np.arange(600)
    t[300:] += 900
    altitude = np.where(np.arange(600) < 300, 100.0, 800.0)
    assert np.all(running.slopes(np.full(600, 3.0), altitude, t) == 0.0)


def test_standing_is_flat_and_missing_altitude_is_bridged():
    altitude = np.linspace(0, 50, 100)
    assert np.all(running.slopes(np.zeros(100), altitude, np.arange(100)) == 0.0)
    assert np.all(running.slopes(np.full(100, 3.0), None, np.arange(100)) == 0.0)
    assert np.all(running.slopes(np.full(100, 3.0), np.full(100, np.nan), np.arange(100)) == 0.0)
    gappy = np.where(np.arange(100) % 3 == 0, altitude, np.nan)
    expected = running.slopes(np.full(100, 3.0), altitude, np.arange(100))
    assert running.slopes(np.full(100, 3.0), gappy, np.arange(100))[:99] == pytest.approx(expected[:99], abs=1e-2)


@given(
    arrays(np.float64, 60, elements=st.floats(0, 12)),
    arrays(np.float64, 60, elements=st.floats(-500, 9000)),
)
def test_any_speed_and_altitude_give_finite_figures(speed, altitude):
    slope = running.slopes(speed, altitude, np.arange(60))
    assert np.all(np.abs(slope) <= 0.45)
    assert np.all(running.grade_adjusted_speed(speed, slope) >= 0)
    assert np.isfinite(running.govss(speed, slope, 70, 1.75, 4.0))


def test_swimming_goes_by_the_cube():
    assert swimming.stss(1.2, 3600, 1.2) == 100.0
    assert swimming.stss(0.6, 3600, 1.2) == pytest.approx(12.5)


def test_rests_at_the_wall_are_not_swum():
    lengths = {"elapsed_s": np.array([25.0, 60.0, 25.0, 0.0]), "distance_m": np.array([25.0, np.nan, 25.0, 25.0])}
    assert swimming.swum(lengths) == (50.0, 50.0)
    assert swimming.swum({}) is None
    assert swimming.swum({"elapsed_s": np.array([60.0]), "distance_m": np.array([0.0])}) is None
