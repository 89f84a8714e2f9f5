"""W' balance: what is left of the work that can be done above critical power."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import W_STEP, W_TAU


def differential(
    power_w: NDArray[np.float64],
    critical_power_w: float,
    w_prime_j: float,
    t: NDArray[np.int64] | None = None,
    step: str = W_STEP,
) -> NDArray[np.float64]:
    """W' balance (J) after each second, differential form (Froncioni, Skiba & Clarke; Skiba 2015).

    Below CP dW/dt = (CP - P)(W' - W)/W', above it dW/dt = CP - P. power_w (n) without NaN; t (n) the
    second of each: in gaps the athlete rests at 0 W. step: "exact" solves a second in closed form,
    "euler" takes one step, as most code does; they differ by some joules.
    """
    from momentum.training import kernels

    seconds = np.arange(power_w.size) if t is None else t
    return kernels.w_balance_differential(power_w, seconds, critical_power_w, w_prime_j, step == "exact")


def integral(
    power_w: NDArray[np.float64],
    critical_power_w: float,
    w_prime_j: float,
    t: NDArray[np.int64] | None = None,
    tau_s: float | None = None,
) -> NDArray[np.float64]:
    """W' balance (J) after each second, integral form: W' - sum (P - CP)+ exp(-(t - u) / tau). Skiba 2012."""
    from momentum.training import kernels

    seconds = np.arange(power_w.size) if t is None else t
    tau = recovery_tau_s(power_w, critical_power_w) if tau_s is None else tau_s
    return kernels.w_balance_integral(power_w, seconds, critical_power_w, w_prime_j, tau)


def recovery_tau_s(power_w: NDArray[np.float64], critical_power_w: float) -> float:
    """tau = 546 * exp(-0.01 * D) + 316, D = CP - mean of the power below CP (0 W where there is none)."""
    below = power_w[power_w < critical_power_w]
    mean_below = float(below.mean()) if below.size else 0.0
    scale, rate, floor = W_TAU
    return scale * math.exp(rate * (critical_power_w - mean_below)) + floor
