"""Heart rate: published and worked figures, and evidence that a broken sensor does not give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training import heart_rate as hr

BEATS = arrays(np.float64, st.integers(1, 200), elements=st.floats(30, 230))


def minutes(*parts: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(60 * n, bpm, dtype=np.float64) for n, bpm in parts])


def test_trimp_of_published_cases():
    assert hr.trimp(minutes((30, 130)), 40, 200, "m") == pytest.approx(31.803, abs=5e-4)
    assert hr.trimp(minutes((30, 130)), 40, 200, "f") == pytest.approx(37.129, abs=5e-4)
    assert hr.trimp(minutes((60, 165)), 50, 190, "m") == pytest.approx(152.702, abs=5e-4)


def test_trimp_over_samples_is_more_than_over_the_average():
    beats = minutes((30, 180), (30, 120))
    assert hr.trimp(beats, 50, 190, "m") == pytest.approx(131.096, abs=5e-4)
    assert hr.trimp(np.full(3600, beats.mean()), 50, 190, "m") == pytest.approx(108.095, abs=5e-4)


def test_unknown_sex_is_the_mean_of_both():
    beats = minutes((30, 130))
    both = (hr.trimp(beats, 40, 200, "m") + hr.trimp(beats, 40, 200, "f")) / 2
    assert hr.trimp(beats, 40, 200, "unknown") == pytest.approx(both)


def test_below_rest_counts_nothing():
    assert hr.trimp(minutes((10, 45)), 50, 190, "m") == 0.0


def test_an_hour_at_threshold_is_trimp100_100():
    score = hr.trimp(minutes((60, 165)), 50, 190, "f")
    assert hr.trimp100(score, 165, 50, 190, "f") == pytest.approx(100.0)


def test_edwards_counts_minutes_by_tenths_of_hrmax():
    beats = minutes((1, 99), (1, 100), (1, 120), (1, 140), (1, 160), (1, 180), (1, 205))
    assert hr.edwards(beats, 200) == pytest.approx(0 + 1 + 2 + 3 + 4 + 5 + 5)


def test_lucia_counts_minutes_by_phase():
    beats = minutes((10, 120), (10, 150), (10, 170))
    assert hr.lucia(beats, 140, 165) == pytest.approx(10 * 1 + 10 * 2 + 10 * 3)


def test_session_rpe_is_over_the_whole_session():
    assert hr.session_rpe(6, 5400) == 540.0


@given(BEATS, st.sampled_from(["m", "f", "unknown"]))
def test_sampled_trimp_is_never_below_that_of_the_average(beats, sex):
    average = np.full(beats.size, beats.mean())
    assert hr.trimp(beats, 50, 190, sex) >= hr.trimp(average, 50, 190, sex) - 1e-9


@given(BEATS, st.floats(0, 20), st.sampled_from(["m", "f", "unknown"]))
def test_a_faster_heart_is_never_less_load(beats, more, sex):
    assert hr.trimp(beats + more, 50, 190, sex) >= hr.trimp(beats, 50, 190, sex)
    assert hr.edwards(beats + more, 190) >= hr.edwards(beats, 190)
    assert hr.lucia(beats + more, 140, 165) >= hr.lucia(beats, 140, 165)


@given(BEATS)
def test_a_womans_weights_are_the_larger_up_to_hrmax(beats):
    beats = np.minimum(beats, 190)
    assert hr.trimp(beats, 50, 190, "f") >= hr.trimp(beats, 50, 190, "m")


def held(beats, cadence=None, t=None):
    beats = np.asarray(beats, dtype=np.float64)
    return hr.held_heart_rate(beats, np.arange(beats.size) if t is None else t, cadence)


def test_the_highest_heart_rate_counts_when_held_five_seconds():
    assert held([150] * 20 + [160] * 4 + [150] * 20) == 150
    assert held([150] * 20 + [160] * 5 + [150] * 20) == 160


def test_five_seconds_across_a_stop_are_not_held():
    t = np.arange(10)
    t[5:] += 60
    assert held([150] * 2 + [165] * 5 + [150] * 3, t=t) == 150


def test_a_missing_second_breaks_it():
    assert held([150, 150, np.nan, 150, 150]) is None
    assert held([]) is None


def test_a_spike_that_falls_back_is_no_evidence():
    assert held([140] * 30 + [215] * 20 + [141] * 30) == 141


def test_a_steep_start_that_stays_is_believed():
    """A strap that reads low until it is wet: what follows is the heart."""
    assert held([90] * 30 + [160] * 120) == 160


def test_a_hard_effort_is_no_spike():
    rise = np.concatenate((np.full(60, 140), np.arange(140, 186), np.full(60, 186), np.arange(186, 130, -1)))
    assert held(rise) == 186


def test_values_beyond_any_heart_are_no_evidence():
    assert held([150] * 30 + [240] * 200) == 150


def test_a_sensor_that_follows_the_feet_is_no_evidence():
    beats = np.concatenate((np.full(120, 150.0), np.full(300, 176.0), np.full(60, 155.0)))
    strides = np.full(beats.size, 88.0)
    assert held(beats, strides) == 155
    assert hr.cadence_locked(beats, strides).sum() == 300


def test_a_short_coincidence_with_cadence_is_none():
    beats = np.concatenate((np.full(120, 160.0), np.full(50, 176.0), np.full(60, 165.0)))
    assert held(beats, np.full(beats.size, 88.0)) == 176
