"""Power: figures of Coggan's and Skiba's formulas, and what must hold for any ride."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training.power import fourth_power_mean, normalised_power, rolling_mean, stress_score, xpower

RIDES = arrays(np.float64, st.integers(1, 300), elements=st.floats(0, 3000))
SHARED = Path(__file__).parents[4] / "shared" / "activities" / "fit"


def test_an_hour_at_ftp_is_tss_100():
    np_w = normalised_power(np.full(3600, 250.0))
    assert np_w == pytest.approx(250.0)
    assert stress_score(np_w, 3600, 250.0) == pytest.approx(100.0)


def test_with_zeros_before_the_start_it_is_less():
    """GoldenCheetah's convention: 99.673 for the hour, and 244.956 W for five minutes at 250."""
    np_w = normalised_power(np.full(3600, 250.0), "zeros")
    assert stress_score(np_w, 3600, 250.0) == pytest.approx(99.673, abs=5e-4)
    assert normalised_power(np.full(300, 250.0), "zeros") == pytest.approx(244.956, abs=5e-4)


def test_the_two_conventions_on_one_real_ride():
    """232.786 with zeros before the start, 232.797 with partial windows; silence of the meter as 0 W."""
    path = SHARED / "GoldenCheetah__Weather_XDATA_2016_02_06_13_01_22.fit"
    if not path.exists():
        pytest.skip("the shared activities are not beside the repository")
    import fitdecode

    with fitdecode.FitReader(str(path)) as reader:
        watts = [
            frame.get_value("power", fallback=None) or 0
            for frame in reader
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record"
        ]
    power = np.array(watts, dtype=np.float64)
    assert normalised_power(power, "zeros") == pytest.approx(232.786, abs=5e-4)
    assert normalised_power(power, "partial") == pytest.approx(232.797, abs=5e-4)


def test_bikescore_of_an_hour_at_critical_power_from_rest():
    xp, seconds = xpower(np.full(3600, 250.0))
    assert stress_score(xp, seconds, 250.0) == pytest.approx(99.267, abs=5e-4)


def test_xpower_is_the_recursion():
    power = np.array([100.0, 300.0, 0.0, 250.0])
    weighted, fourths = 0.0, []
    for watts in power:
        weighted = weighted * 25 / 26 + watts / 26
        fourths.append(weighted**4)
    assert xpower(power) == (pytest.approx(np.mean(fourths) ** 0.25), 4.0)


def test_a_gap_decays_and_is_not_skipped():
    power = np.full(120, 300.0)
    t = np.arange(120)
    t[60:] += 100
    silent = np.concatenate((power[:60], np.zeros(100), power[60:]))
    assert xpower(power, t) == pytest.approx(xpower(silent))
    assert xpower(power, t)[0] < xpower(power)[0]


def test_a_gap_of_days_costs_no_more_than_its_decay():
    power = np.full(120, 300.0)
    t = np.arange(120, dtype=np.int64)
    t[60:] += 27 * 86400
    xp, seconds = xpower(power, t)
    assert 120 < seconds < 400
    assert 0 < xp < 300


@pytest.mark.parametrize("start", ["partial", "zeros"])
def test_rolling_mean_is_the_mean_of_the_window(start):
    values = np.random.default_rng(1).uniform(0, 500, 100)
    expected = []
    for i in range(100):
        window = values[max(0, i - 29) : i + 1]
        expected.append(window.sum() / (30 if start == "zeros" else window.size))
    assert rolling_mean(values, 30, start) == pytest.approx(np.array(expected))


@given(RIDES)
def test_normalised_power_lies_between_mean_of_the_windows_and_the_maximum(power):
    np_w = normalised_power(power)
    assert np.isfinite(np_w)
    assert np.mean(rolling_mean(power, 30)) - 1e-6 <= np_w <= power.max() + 1e-6


@given(RIDES, st.floats(0, 500), st.floats(100, 400))
def test_more_power_is_never_less_stress(power, more, ftp):
    lower = stress_score(normalised_power(power), power.size, ftp)
    higher = stress_score(normalised_power(power + more), power.size, ftp)
    assert higher >= lower - 1e-9
    assert stress_score(*xpower(power + more), ftp) >= stress_score(*xpower(power), ftp) - 1e-9


@given(RIDES, st.floats(0.1, 3))
def test_power_and_threshold_scaled_alike_leave_the_stress_as_it_is(power, scale):
    np_w, scaled = normalised_power(power), normalised_power(power * scale)
    expected = stress_score(np_w, power.size, 200.0)
    assert stress_score(scaled, power.size, 200.0 * scale) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_fourth_power_mean_of_a_constant_is_it():
    assert fourth_power_mean(np.full(10, 7.0)) == pytest.approx(7.0)
