"""What an activity's metrics are filled in on: numbers, and for those that are missing, why."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import MIN_COVERAGE
from momentum.training.resample import Grid
from momentum.training.thresholds import Thresholds

SCALARS = (
    "tss", "bikescore", "trimp", "trimp100", "edwards", "lucia", "srpe", "rtss", "govss", "stss", "np_w",
    "intensity_factor", "xpower_w", "decoupling_pct", "efficiency_factor", "hr_held_5s_bpm", "steady_30min_hr_bpm",
    "w_prime_min_j", "avg_hr_bpm", "max_hr_bpm", "avg_power_w", "max_power_w", "avg_speed_mps", "max_speed_mps",
    "avg_cadence_rpm",
)  # fmt: skip
ARRAYS = ("hr_zone_s", "power_zone_s", "polarised_zone_s", "mean_max_w", "mean_max_speed_mps")


@dataclass(frozen=True)
class Person:
    """sex "m", "f" or "unknown"; load_preference: names of load.LOAD_SOURCES, best first, () for the default."""

    sex: str = "unknown"
    weight_kg: float | None = None
    height_m: float | None = None
    load_preference: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """What the device, the export or the athlete says of the whole; rpe on CR-10."""

    sport: str
    sub_sport: str = ""
    elapsed_s: float = 0.0
    moving_s: float | None = None
    distance_m: float | None = None
    ascent_m: float | None = None
    rpe: float | None = None

    @property
    def duration_s(self) -> float:
        return self.elapsed_s if self.moving_s is None else self.moving_s


@dataclass
class Sheet:
    """What is computed so far, why the rest is not, and which thresholds went into it."""

    session: Session
    grid: Grid
    thresholds: Thresholds
    lasting_s: float
    numbers: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(SCALARS))
    arrays: dict[str, NDArray[np.float64]] = field(default_factory=lambda: dict.fromkeys(ARRAYS, np.empty(0)))
    reasons: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def without(self, reason: str, *metrics: str) -> None:
        self.reasons.update(dict.fromkeys(metrics, reason))

    def known(self, names: tuple[str, ...], *metrics: str) -> tuple[float, ...] | None:
        """The thresholds of these names, or None and the reason on these metrics."""
        values = [getattr(self.thresholds, name) for name in names]
        for name, value in zip(names, values, strict=True):
            if value is None or not value > 0:
                self.without(f"{name} not set", *metrics)
                return None
        self.used.update(names)
        return tuple(values)

    def covered(self, channel: str, word: str, *metrics: str, most: float = np.inf) -> NDArray[np.bool_] | None:
        """Rows on which the channel is there, and at most `most`; None and the reason where that is too few."""
        values = self.grid.channels.get(channel)
        if values is None:
            self.without(f"no {word}", *metrics)
            return None
        there = values <= most
        share = np.count_nonzero(there) / self.lasting_s
        if share < MIN_COVERAGE:
            self.without(f"{word} on {100 * share:.0f} % of the time", *metrics)
            return None
        return there


def lasting_s(session: Session, t: NDArray[np.int64]) -> float:
    """The time that a channel should cover: what was recorded, or the timer's time where that is longer.

    Where most rows stand alone the recording is too sparse to tell stops from silence: the whole then.
    """
    moving = session.elapsed_s if session.moving_s is None else min(session.moving_s, session.elapsed_s)
    stretches = 1 + np.count_nonzero(np.diff(t) > 1)
    if session.moving_s is None and 2 * stretches <= t.size:
        return float(t.size)
    return max(float(t.size), moving, 1.0)


def speed_from_totals(session: Session, limit_mps: float) -> float | None:
    """Distance over duration; None without them, or where the result is faster than can be."""
    if not session.distance_m or session.duration_s <= 0:
        return None
    speed = session.distance_m / session.duration_s
    return speed if speed <= limit_mps else None
