"""From samples as they came to one row a second."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum.training.constants import MAX_GAP_S
from momentum.training.resample import resample


def samples(seconds, **channels):
    ts = np.round(np.asarray(seconds, dtype=np.float64) * 1000).astype(np.int64) + 1_700_000_000_000
    return {"ts": ts, **{name: np.asarray(values, dtype=np.float64) for name, values in channels.items()}}


def test_one_hertz_passes_as_it_is():
    grid = resample(samples(range(5), power_w=[1, 2, 3, 4, 5]))
    assert grid.t.tolist() == [0, 1, 2, 3, 4]
    assert grid.channels["power_w"].tolist() == [1, 2, 3, 4, 5]


def test_a_gap_of_smart_recording_is_a_straight_line():
    grid = resample(samples([0, 4, 5], heart_rate_bpm=[100, 120, 121], power_w=[200, 240, 0]))
    assert grid.t.tolist() == [0, 1, 2, 3, 4, 5]
    assert grid.channels["heart_rate_bpm"].tolist() == [100, 105, 110, 115, 120, 121]
    assert grid.channels["power_w"].tolist() == [200, 210, 220, 230, 240, 0]


def test_the_longest_gap_is_bridged_and_one_second_more_is_a_stop():
    bridged = resample(samples([0, MAX_GAP_S], power_w=[100, 130]))
    assert bridged.t.size == MAX_GAP_S + 1
    assert not np.isnan(bridged.channels["power_w"]).any()
    stop = resample(samples([0, MAX_GAP_S + 1], power_w=[100, 130]))
    assert stop.t.tolist() == [0, MAX_GAP_S + 1]


def test_twenty_seven_days_with_an_hour_in_them_cost_an_hour():
    seconds = np.concatenate((np.arange(1800), 27 * 86400 + np.arange(1800)))
    grid = resample(samples(seconds, power_w=np.full(3600, 200.0)))
    assert grid.t.size == 3600
    assert grid.t[-1] == 27 * 86400 + 1799


def test_samples_within_a_second_are_averaged():
    grid = resample(samples([0, 0.25, 0.5, 0.75, 1], power_w=[100, 200, np.nan, 300, 50], heart_rate_bpm=[120] * 5))
    assert grid.t.tolist() == [0, 1]
    assert grid.channels["power_w"].tolist() == [200, 50]


def test_a_short_dropout_of_one_sensor_is_bridged_and_a_long_one_is_not():
    n = 200
    beats = np.full(n, 150.0)
    beats[50:60] = np.nan
    beats[100:160] = np.nan
    filled = resample(samples(range(n), heart_rate_bpm=beats, power_w=np.full(n, 200.0))).channels["heart_rate_bpm"]
    assert np.all(filled[:100] == 150)
    assert np.isnan(filled[100:160]).all()
    assert np.all(filled[160:] == 150)


def test_nothing_is_made_up_before_the_first_and_after_the_last_value():
    beats = np.array([np.nan, np.nan, 120, 121, np.nan])
    filled = resample(samples(range(5), heart_rate_bpm=beats)).channels["heart_rate_bpm"]
    assert np.isnan(filled).tolist() == [True, True, False, False, True]


def test_heart_rate_0_is_a_strap_without_contact():
    filled = resample(samples(range(60), heart_rate_bpm=[140] * 20 + [0] * 35 + [142] * 5)).channels["heart_rate_bpm"]
    assert np.isnan(filled[20:55]).all()


@pytest.mark.parametrize("absurd", [-5.0, 65_535.0, np.inf, -np.inf, np.nan])
def test_what_no_sensor_may_say_is_missing(absurd):
    grid = resample(samples(range(3), power_w=[200, absurd, 220]))
    assert grid.channels["power_w"].tolist() == [200, 210, 220]


def test_a_channel_without_a_value_is_absent():
    assert resample(samples(range(3), power_w=[np.nan] * 3)).channels == {}
    assert resample({}).t.size == 0
    assert resample({"ts": np.empty(0, dtype=np.int64), "power_w": np.empty(0)}).channels == {}
    assert resample(samples([5], power_w=[200])).channels["power_w"].tolist() == [200]


def test_speed_is_had_from_distance_and_not_across_a_stop():
    grid = resample(samples([0, 1, 2, 100, 101], distance_m=[0, 3, 7, 500, 502]))
    assert np.isnan(grid.channels["speed_mps"][[0, 3]]).all()
    assert grid.channels["speed_mps"][[1, 2, 4]].tolist() == [3, 4, 2]


def test_speed_is_had_from_positions():
    """A thousandth of a degree of latitude is 111.2 m."""
    grid = resample(samples(range(0, 40, 4), lat=48 + np.arange(10) * 1e-4, lon=np.full(10, 2.0)))
    assert grid.channels["speed_mps"][1:] == pytest.approx(np.full(36, 11.12 / 4), rel=1e-3)


def test_samples_out_of_order_are_put_in_order():
    grid = resample(samples([2, 0, 1], power_w=[30, 10, 20]))
    assert grid.channels["power_w"].tolist() == [10, 20, 30]


@given(st.lists(st.tuples(st.integers(0, 90_000), st.one_of(st.none(), st.floats(0, 3000))), min_size=1, max_size=60))
def test_any_samples_give_ascending_rows_within_the_values_seen(rows):
    steps = np.cumsum([step for step, _ in rows]) / 1000
    watts = np.array([np.nan if value is None else value for _, value in rows])
    grid = resample(samples(steps, power_w=watts))
    assert grid.t[0] == 0
    assert np.all(np.diff(grid.t) > 0)
    assert grid.t.size <= MAX_GAP_S * len(rows)
    if "power_w" in grid.channels:
        filled = grid.channels["power_w"]
        assert filled.size == grid.t.size
        assert np.nanmin(filled) >= np.nanmin(watts) - 1e-9
        assert np.nanmax(filled) <= np.nanmax(watts) + 1e-9
    else:
        assert np.isnan(watts).all()
