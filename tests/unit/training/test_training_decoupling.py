"""Output against heart rate: only where the effort is steady."""

from __future__ import annotations

import numpy as np
import pytest

from momentum.training.decoupling import decoupling_pct, is_steady, steady_effort_heart_rate, variability


def test_halves_by_sample():
    watts = np.full(3600, 200.0)
    beats = np.concatenate((np.full(1800, 140.0), np.full(1800, 147.0)))
    assert decoupling_pct(watts, beats) == pytest.approx(100 * (1 - 140 / 147))
    assert decoupling_pct(watts, np.full(3600, 140.0)) == pytest.approx(0.0)


def test_a_heart_that_slows_is_negative():
    beats = np.concatenate((np.full(600, 150.0), np.full(600, 140.0)))
    assert decoupling_pct(np.full(1200, 200.0), beats) < 0


def test_seconds_without_heart_rate_are_left_out():
    watts = np.concatenate((np.full(600, 200.0), np.full(600, 999.0), np.full(600, 200.0)))
    beats = np.concatenate((np.full(600, 140.0), np.zeros(600), np.full(600, 140.0)))
    assert decoupling_pct(watts, beats) == pytest.approx(0.0)
    assert decoupling_pct(watts, np.zeros(1800)) is None
    assert decoupling_pct(np.zeros(1800), np.full(1800, 100.0)) is None


def test_intervals_are_not_steady():
    four_times_eight = np.tile(np.concatenate((np.full(480, 260.0), np.full(120, 130.0))), 4)
    assert variability(four_times_eight) > 1.05
    assert not is_steady(four_times_eight, "power")
    kilometres = np.tile(np.concatenate((np.full(200, 5.0), np.full(90, 2.5))), 6)
    assert not is_steady(kilometres, "speed")


def test_an_even_hour_is_steady_and_ten_minutes_are_too_short():
    noise = np.random.default_rng(1).normal(0, 15, 3600)
    assert is_steady(200 + noise, "power")
    assert is_steady(3.5 + noise / 60, "speed")
    assert not is_steady(200 + noise[:600], "power")
    assert not is_steady(np.zeros(3600), "power")


def test_last_twenty_of_a_steady_half_hour_all_out():
    watts = np.concatenate((np.full(900, 120.0), np.full(1800, 280.0), np.full(600, 100.0)))
    beats = np.concatenate((np.full(900, 120.0), np.full(600, 160.0), np.full(1200, 172.0), np.full(600, 130.0)))
    t = np.arange(watts.size)
    assert steady_effort_heart_rate(watts, beats, t, "power", 188) == pytest.approx(172.0)


@pytest.mark.parametrize("spoilt", ["easy", "fading", "uneven", "stop", "missing", "short"])
def test_what_is_no_such_effort(spoilt):
    watts, beats, t = np.full(1800, 280.0), np.full(1800, 170.0), np.arange(1800)
    top = 188.0
    if spoilt == "easy":
        beats[:] = 140.0
    elif spoilt == "fading":
        watts[600:] = 245.0
    elif spoilt == "uneven":
        watts[::120] = 0
        watts[np.arange(1800) % 240 < 120] = 380.0
        watts[np.arange(1800) % 240 >= 120] = 180.0
    elif spoilt == "stop":
        t[900:] += 60
    elif spoilt == "missing":
        beats[900] = np.nan
    else:
        watts, beats, t = watts[:1799], beats[:1799], t[:1799]
    assert steady_effort_heart_rate(watts, beats, t, "power", top) is None
