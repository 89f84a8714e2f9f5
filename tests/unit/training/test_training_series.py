"""Series over days: every convention by its figures, and ours told apart from the others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training import series

LOADS = arrays(np.float64, st.integers(1, 120), elements=st.one_of(st.just(0.0), st.floats(0, 1000)))
TWO_WEEKS = np.array([100.0] * 7 + [0.0] * 7)
THREE_WEEKS_THEN_DOUBLE = np.array([50.0] * 21 + [100.0] * 7)


def test_gain_is_1_minus_exp_of_1_over_tau():
    fitness = series.ctl(TWO_WEEKS)
    assert fitness[0] == pytest.approx(100 * (1 - math.exp(-1 / 42)))
    assert fitness[6] == pytest.approx(100 * (1 - math.exp(-7 / 42)))
    assert fitness[13] == pytest.approx(100 * (1 - math.exp(-7 / 42)) * math.exp(-7 / 42))
    assert series.atl(TWO_WEEKS)[6] == pytest.approx(100 * (1 - math.exp(-1)))


def test_ours_is_not_2_over_n_plus_1():
    theirs_ctl = [5, 9, 13, 17, 21, 25, 28, 27, 26, 25, 23, 22, 21, 20]
    theirs_atl = [25, 44, 58, 68, 76, 82, 87, 65, 49, 37, 27, 21, 15, 12]
    for days, theirs, ours in ((42, theirs_ctl, series.ctl(TWO_WEEKS)), (7, theirs_atl, series.atl(TWO_WEEKS))):
        weight, value, by_span = 2 / (days + 1), 0.0, []
        for load in TWO_WEEKS:
            value += weight * (load - value)
            by_span.append(round(value))
        assert by_span == theirs
        assert np.round(ours).tolist() != theirs


def test_ours_is_not_1_over_tau():
    gain = 1 - math.exp(-1 / 7)
    assert series.atl(np.array([100.0]))[0] == pytest.approx(100 * gain)
    assert 100 / 7 - 100 * gain > 0.9


@given(LOADS, st.floats(0, 200), st.sampled_from([7, 42]))
def test_the_series_is_a_decayed_sum(load, seed, tau):
    """Which is why ClickHouse's exponentialTimeDecayedSum gives it."""
    days = np.arange(load.size)
    kernel = np.tril(np.exp(-np.maximum(days[:, None] - days[None, :], 0) / tau))
    expected = (1 - math.exp(-1 / tau)) * kernel @ load + seed * np.exp(-(days + 1) / tau)
    assert series.decayed(load, tau, seed) == pytest.approx(expected, abs=1e-8)


@given(LOADS)
def test_series_stay_within_the_loads(load):
    for values in (series.ctl(load), series.atl(load)):
        assert np.all(values >= 0)
        assert np.all(values <= load.max() + 1e-9)


def test_a_seed_is_where_the_series_starts_from():
    assert series.ctl(np.zeros(42), seed=60)[-1] == pytest.approx(60 / math.e)
    assert series.ctl(np.full(10, 60.0), seed=60) == pytest.approx(np.full(10, 60.0))


def test_form_of_the_morning_is_yesterdays():
    fitness, fatigue = series.ctl(TWO_WEEKS, 50), series.atl(TWO_WEEKS, 40)
    morning, evening = series.tsb(fitness, fatigue, 50, 40), series.tsb_evening(fitness, fatigue)
    assert morning[0] == 10
    assert morning[1:] == pytest.approx(evening[:-1])
    assert evening == pytest.approx(fitness - fatigue)


def test_todays_load_is_not_in_this_mornings_form():
    rested, trained = np.full(30, 50.0), np.full(30, 50.0)
    trained[-1] = 300.0
    mornings = [series.tsb(series.ctl(load), series.atl(load))[-1] for load in (rested, trained)]
    assert mornings[0] == mornings[1]


def test_ramp_is_against_a_week_ago():
    fitness = series.ctl(np.full(30, 80.0), seed=20)
    ramp = series.ramp_rate(fitness, 20)
    assert ramp[20] == pytest.approx(fitness[20] - fitness[13])
    assert ramp[3] == pytest.approx(fitness[3] - 20)
    assert ramp[6] == pytest.approx(fitness[6] - 20)
    assert ramp[7] == pytest.approx(fitness[7] - fitness[0])


def test_acute_to_chronic_of_a_doubled_week():
    assert series.acwr(THREE_WEEKS_THEN_DOUBLE)[-1] == pytest.approx(1.6)
    assert series.acwr_uncoupled(THREE_WEEKS_THEN_DOUBLE)[-1] == pytest.approx(2.0)
    assert series.acwr_ewma(THREE_WEEKS_THEN_DOUBLE)[-1] == pytest.approx(1.3394, abs=5e-5)


def test_acute_to_chronic_is_null_before_28_days_and_without_chronic_load():
    for ratio in (series.acwr, series.acwr_uncoupled, series.acwr_ewma):
        assert np.isnan(ratio(np.full(40, 50.0))[:27]).all()
        assert ratio(np.full(40, 50.0))[27:] == pytest.approx(np.ones(13))
        assert np.isnan(ratio(np.zeros(40))).all()
    only_this_week = np.array([0.0] * 33 + [80.0] * 7)
    assert np.isnan(series.acwr_uncoupled(only_this_week)[-1])
    assert series.acwr(only_this_week)[-1] == pytest.approx(4.0)


def test_monotony_goes_by_the_sample_sd():
    week = np.array([5.0, 15, 20, 20, 20, 25, 35])
    value, reasons = series.monotony(week)
    assert value[-1] == pytest.approx(2.191, abs=5e-4)
    assert week.mean() / week.std() == pytest.approx(2.366, abs=5e-4)
    assert reasons == ["fewer than 7 days"] * 6 + [""]
    assert series.strain(week)[-1] == pytest.approx(140 * 2.191, abs=0.1)


@pytest.mark.parametrize(("load", "reason"), [(33.3, "constant load"), (0.0, "no load")])
def test_the_most_monotonous_week_has_no_number_but_a_reason(load, reason):
    value, reasons = series.monotony(np.full(10, load))
    assert np.isnan(value).all()
    assert reasons[6:] == [reason] * 4
    assert np.isnan(series.strain(np.full(10, load))).all()


def test_rest_days_are_zeros_in_monotony():
    value, _ = series.monotony(np.array([100.0, 0, 100, 0, 100, 0, 100]))
    assert value[-1] == pytest.approx(np.mean([100, 0] * 3 + [100]) / np.std([100, 0] * 3 + [100], ddof=1))


def test_a_change_of_source_is_marked_on_the_next_training_day():
    days = [("tss",), (), ("tss",), ("trimp100",), (), ("trimp100",), ("srpe", "trimp100"), ("trimp100", "srpe")]
    assert series.source_changed(days) == [False, False, False, True, False, False, True, False]


def test_an_empty_series_stays_empty():
    empty = np.empty(0)
    for values in (series.ctl(empty), series.tsb(empty, empty), series.acwr(empty), series.ramp_rate(empty)):
        assert values.size == 0
    assert series.monotony(empty)[1] == []
