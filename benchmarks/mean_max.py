"""One activity of 3 h at 1 Hz: the mean-maximal curve, W' balance, and all metrics.

    python -m benchmarks.mean_max [--json]

Ours beside NumPy and sweat in one run: milliseconds of processor time (medians; one thread each,
so that a shared machine does not spoil the ratio), ratios, and whether ours is exact. Goals:
300 times sweat and 10 times NumPy for all 10,800 durations, first sample included.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sweat.metrics.core import mean_max as sweat_mean_max
from sweat.pdm.w_prime_balance import w_prime_balance as sweat_w_prime_balance

from momentum.training import w_balance
from momentum.training.activity import Person, Session, Thresholds, activity_metrics
from momentum.training.mean_max import mean_max

SECONDS = 3 * 3600
CP_W, W_PRIME_J = 260.0, 20_000.0


def ride(seconds: int = SECONDS) -> dict[str, NDArray]:
    """A hilly ride: efforts of some minutes, pauses at the pedals, noise; a heart that follows. Whole watts."""
    rng = np.random.default_rng(7)
    t = np.arange(seconds)
    terrain = 190 + 70 * np.sin(t / 240) + 40 * np.sin(t / 37)
    power = np.where(rng.random(seconds) < 0.06, 0, terrain + rng.normal(0, 45, seconds)).clip(0).round()
    smooth = np.convolve(power, np.full(60, 1 / 60), mode="full")[:seconds]
    return {
        "ts": 1_700_000_000_000 + 1000 * t,
        "power_w": power,
        "heart_rate_bpm": (85 + 0.32 * smooth).round(),
        "speed_mps": (7 + rng.normal(0, 0.4, seconds)).clip(0).round(3),
        "cadence_rpm": np.where(power > 0, 88.0, 0.0),
        "altitude_m": (200 + 120 * np.sin(t / 900)).round(1),
        "distance_m": np.cumsum(np.full(seconds, 7.0)),
    }


def median_ms(work: Callable[[], Any], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return 1000 * statistics.median(taken)


def prefix_sums(power: NDArray[np.float64], durations: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same in NumPy: one subtraction and one maximum per duration."""
    sums = np.concatenate(([0.0], np.cumsum(power)))
    return np.array([(sums[d:] - sums[:-d]).max() / d for d in durations])


def measure() -> dict[str, Any]:
    samples = ride()
    power = samples["power_w"]
    durations = np.arange(1, SECONDS + 1)
    thresholds = Thresholds(
        ftp_w=250, critical_power_w=CP_W, w_prime_j=W_PRIME_J, lthr_bpm=165, resting_hr_bpm=50, max_hr_bpm=190,
        vt1_bpm=140, vt2_bpm=165, source="set",
    )  # fmt: skip
    session = Session("cycling", elapsed_s=SECONDS, moving_s=SECONDS)
    person = Person("f", 62.0, 1.70)

    ours = mean_max(power, durations)  # also compiles, or loads what was compiled before
    theirs = sweat_mean_max(power.copy())
    w_balance.differential(power, CP_W, W_PRIME_J)
    w_balance.integral(power, CP_W, W_PRIME_J)
    activity_metrics(session, samples, {}, thresholds, person, None)
    series = pd.Series(power)
    return {
        "machine": f"{platform.processor() or platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("numpy", "numba", "pandas", "sweat")},
        "mean_max": {
            "durations": SECONDS,
            "ours_ms": median_ms(lambda: mean_max(power, durations), 15),
            "ours_fractional_watts_ms": median_ms(lambda: mean_max(power + 0.3, durations), 9),
            "ours_fixed_list_ms": median_ms(lambda: mean_max(power), 15),
            "numpy_ms": median_ms(lambda: prefix_sums(power, durations), 7),
            "sweat_ms": median_ms(lambda: sweat_mean_max(power.copy()), 3),
            "exact": bool(np.array_equal(ours, prefix_sums(power, durations))),
            "durations_that_sweat_misses": int(np.sum(ours[: theirs.size] > theirs + 1e-9)) + SECONDS - theirs.size,
        },
        "w_balance": {
            "ours_differential_ms": median_ms(lambda: w_balance.differential(power, CP_W, W_PRIME_J), 15),
            "ours_integral_ms": median_ms(lambda: w_balance.integral(power, CP_W, W_PRIME_J), 15),
            "sweat_differential_ms": median_ms(
                lambda: sweat_w_prime_balance(series, CP_W, W_PRIME_J, algorithm="froncioni-skiba-clarke"), 5
            ),
            "sweat_integral_ms": median_ms(
                lambda: sweat_w_prime_balance(series, CP_W, W_PRIME_J, algorithm="waterworth"), 5
            ),
        },
        "activity_metrics_ms": median_ms(lambda: activity_metrics(session, samples, {}, thresholds, person, None), 15),
    }


def table(result: dict[str, Any]) -> str:
    curve, balance = result["mean_max"], result["w_balance"]
    rows = [
        (f"mean-max, {curve['durations']:,} durations", curve["ours_ms"], "sweat", curve["sweat_ms"]),
        (f"mean-max, {curve['durations']:,} durations", curve["ours_ms"], "NumPy", curve["numpy_ms"]),
        ("same, fractional watts", curve["ours_fractional_watts_ms"], "NumPy", curve["numpy_ms"]),
        ("W' balance, differential", balance["ours_differential_ms"], "sweat", balance["sweat_differential_ms"]),
        ("W' balance, integral", balance["ours_integral_ms"], "sweat", balance["sweat_integral_ms"]),
    ]
    lines = [
        f"{result['machine']}; {', '.join(f'{name} {number}' for name, number in result['versions'].items())}",
        f"{'3 h at 1 Hz':34} {'ours ms':>9} {'peer':>6} {'peer ms':>9} {'ratio':>7}",
        *(f"{name:34} {ours:9.3f} {peer:>6} {theirs:9.1f} {theirs / ours:7.0f}" for name, ours, peer, theirs in rows),
        f"{'mean-max, the fixed list':34} {curve['ours_fixed_list_ms']:9.3f}",
        f"{'all metrics of the activity':34} {result['activity_metrics_ms']:9.3f}",
        f"exact: {curve['exact']}; durations for which sweat misses the best: {curve['durations_that_sweat_misses']}",
        f"goals: sweat {curve['sweat_ms'] / curve['ours_ms']:.0f} of 300, "
        f"NumPy {curve['numpy_ms'] / curve['ours_ms']:.1f} of 10",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    result = measure()
    print(json.dumps(result, indent=2) if arguments.json else table(result))


if __name__ == "__main__":
    main()
