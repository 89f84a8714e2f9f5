"""W' balance: worked figures of both forms, and the sum that the recursion stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from momentum.training.w_balance import differential, integral, recovery_tau_s

BLOCKS = np.concatenate((np.full(60, 350.0), np.full(120, 150.0), np.full(30, 400.0)))
RIDES = arrays(np.float64, st.integers(1, 120), elements=st.floats(0, 2000))


def test_ramp_from_0_to_99_w():
    power = np.arange(100, dtype=np.float64)
    assert recovery_tau_s(power, 25) == pytest.approx(795.44010528, abs=1e-8)
    assert integral(power, 25, 2000)[75] == pytest.approx(750.774, abs=5e-4)
    assert differential(power, 25, 2000)[75] == pytest.approx(725.0)
    assert differential(power, 25, 2000, step="euler")[75] == pytest.approx(725.0)


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        (differential(BLOCKS, 250, 20_000, step="euler"), (14000, 16712.08, 12212.08)),
        (differential(BLOCKS, 250, 20_000, step="exact"), (14000, 16707.13, 12207.13)),
        (integral(BLOCKS, 250, 20_000), (14329.68, 15504.51, 11381.88)),
    ],
    ids=["euler", "exact", "integral"],
)
def test_hard_easy_hard(balance, expected):
    assert balance[[59, 179, 209]] == pytest.approx(np.array(expected), abs=5e-3)


def test_tau_of_the_blocks():
    assert recovery_tau_s(BLOCKS, 250) == pytest.approx(516.862, abs=5e-4)


def test_tau_without_a_second_below_critical_power():
    assert np.isfinite(recovery_tau_s(np.full(10, 400.0), 250))


@given(RIDES)
def test_the_recursion_is_the_double_sum(power):
    tau = recovery_tau_s(power, 200)
    over = np.maximum(power - 200, 0)
    seconds = np.arange(power.size)
    decay = np.exp(-np.maximum(seconds[:, None] - seconds[None, :], 0) / tau)
    expected = 20_000 - np.tril(decay) @ over
    assert integral(power, 200, 20_000) == pytest.approx(expected, abs=1e-7)


@given(RIDES)
def test_never_above_the_store_and_never_more_for_more_power(power):
    for form in (differential, lambda *a: integral(*a, tau_s=400.0)):
        balance = form(power, 200, 20_000)
        assert np.all(balance <= 20_000 + 1e-6)
        assert np.all(form(power + 50, 200, 20_000) <= balance + 1e-6)


def test_a_long_tail_of_zeros_fills_the_store_and_nothing_runs_away():
    """Accumulators of exp(t / tau) overflow after some 709 tau; the balance of a peer went to -1e8."""
    power = np.concatenate((np.full(600, 400.0), np.zeros(1_000_000)))
    for balance in (differential(power, 250, 20_000), integral(power, 250, 20_000)):
        assert np.all(np.isfinite(balance))
        assert balance[-1] == pytest.approx(20_000)


def test_a_stop_recovers_like_seconds_at_0_w():
    power = np.concatenate((np.full(100, 400.0), np.zeros(300), np.full(50, 400.0)))
    ridden = np.concatenate((np.arange(100), np.arange(400, 450)))
    for step in ("exact", "euler"):
        whole = differential(power, 250, 20_000, step=step)
        assert differential(power[ridden], 250, 20_000, ridden, step) == pytest.approx(whole[ridden])
    whole = integral(power, 250, 20_000, tau_s=500)
    assert integral(power[ridden], 250, 20_000, ridden, 500) == pytest.approx(whole[ridden])
