"""The mean-maximal curve equals trying every window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training.constants import DURATIONS_S
from momentum.training.mean_max import mean_max

WHOLE = arrays(np.float64, st.integers(1, 80), elements=st.integers(0, 2000).map(float))
ANY = arrays(np.float64, st.integers(1, 80), elements=st.floats(0, 3000))


def brute_force(values: np.ndarray, durations) -> np.ndarray:
    n = values.size
    return np.array([max(values[i : i + d].sum() for i in range(n - d + 1)) / d for d in durations if d <= n])


@given(WHOLE)
def test_every_duration_exactly(values):
    durations = np.arange(1, values.size + 1)
    assert np.array_equal(mean_max(values, durations), brute_force(values, durations))


@given(ANY)
def test_fractions_to_a_billionth(values):
    durations = np.arange(1, values.size + 1)
    assert mean_max(values, durations) == pytest.approx(brute_force(values, durations), abs=1e-8)


@given(ANY, st.data())
def test_a_stop_counts_as_nothing_for_its_whole_length(values, data):
    steps = data.draw(st.lists(st.integers(1, 40), min_size=values.size - 1, max_size=values.size - 1))
    t = np.concatenate(([0], np.cumsum(np.array(steps, dtype=np.int64)))).astype(np.int64)
    dense = np.zeros(t[-1] + 1)
    dense[t] = values
    durations = np.unique(np.linspace(1, dense.size, 12).astype(np.int64))
    assert mean_max(values, durations, t + 7) == pytest.approx(brute_force(dense, durations), abs=1e-8)


def test_an_effort_that_starts_at_the_first_sample_counts():
    values = np.concatenate((np.full(60, 500.0), np.full(600, 100.0)))
    assert mean_max(values, np.array([60]))[0] == 500.0
    assert mean_max(values, np.array([660]))[0] == pytest.approx(values.mean())


def test_the_curve_ends_with_the_recording():
    assert mean_max(np.full(100, 200.0)).size == sum(d <= 100 for d in DURATIONS_S)
    assert mean_max(np.array([])).size == 0
    assert mean_max(np.array([321.0])).tolist() == [321.0]


def test_missing_values_count_as_nothing():
    assert mean_max(np.array([np.nan, 300.0, np.nan]), np.array([1, 2, 3])).tolist() == [300.0, 150.0, 100.0]
    assert mean_max(np.full(5, np.nan), np.array([1, 5])).tolist() == [0.0, 0.0]


def test_sums_beyond_32_bits():
    values = np.full(900_000, 3000.0)
    assert mean_max(values, np.array([1, 900_000])).tolist() == [3000.0, 3000.0]
    assert mean_max(values + 0.5, np.array([1, 900_000])) == pytest.approx([3000.5, 3000.5])


def test_durations_under_a_second_are_refused():
    with pytest.raises(ValueError, match="at least 1 s"):
        mean_max(np.ones(5), np.array([0, 1]))


@given(ANY)
def test_work_grows_with_duration_and_the_mean_stays_within_bounds(values):
    durations = np.arange(1, values.size + 1)
    best = mean_max(values, durations)
    assert np.all(np.diff(best * durations) >= -1e-6)
    assert best[0] == pytest.approx(values.max(), abs=1e-8)
    assert np.all(best <= values.max() + 1e-8)


def test_the_fixed_list_runs_from_1_s_to_5_h():
    wanted = {5, 10, 15, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600, 5400, 7200, 10800, 14400, 18000}
    assert wanted <= set(DURATIONS_S)
    assert DURATIONS_S[0] == 1
    assert DURATIONS_S[-1] == 18000
    assert list(DURATIONS_S) == sorted(set(DURATIONS_S))
    assert 40 <= len(DURATIONS_S) <= 60
