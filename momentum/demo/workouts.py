"""Sessions as steps of seconds and intensity, sized to a load.

Intensity is a share of threshold: of FTP on the bike, of threshold speed on foot, of critical swim
speed in the water.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns

Steps = tuple[tuple[int, float], ...]  # seconds, intensity


@dataclass(frozen=True)
class Workout:
    """Warm-up, a set repeated as often as the load allows, easy time that fills up the load, cool-down."""

    warm_up: Steps = ((600, 0.62),)
    repeat: Steps = ()
    times: tuple[int, int] = (0, 0)  # least and most repetitions
    filling: float = 0.68
    cool_down: Steps = ((300, 0.55),)


WORKOUTS: dict[str, dict[str, Workout]] = {
    "cycling": {
        "recovery": Workout(filling=0.56, warm_up=((300, 0.5),)),
        "endurance": Workout(filling=0.69),
        "long": Workout(filling=0.71, repeat=((420, 0.92), (1500, 0.68)), times=(0, 5)),
        "tempo": Workout(repeat=((1080, 0.88), (300, 0.58)), times=(1, 3)),
        "threshold": Workout(
            warm_up=((600, 0.6), (60, 0.95), (240, 0.55)), repeat=((600, 0.98), (240, 0.52)), times=(2, 4)
        ),
        "vo2": Workout(
            warm_up=((720, 0.6), (60, 1.0), (180, 0.5)), repeat=((210, 1.14), (210, 0.48)), times=(3, 7), filling=0.62
        ),
        "test": Workout(
            warm_up=((900, 0.62), (60, 1.0), (240, 0.5)),
            repeat=((1200, 1.05), (600, 0.5)),
            times=(1, 1),
            filling=0.6,
        ),
        "race": Workout(warm_up=((300, 0.95),), repeat=((240, 1.04), (900, 0.84)), times=(1, 12), filling=0.86),
    },
    "running": {
        "recovery": Workout(filling=0.72, warm_up=((300, 0.68),), cool_down=((120, 0.65),)),
        "endurance": Workout(filling=0.79, warm_up=((420, 0.72),), cool_down=((180, 0.7),)),
        "long": Workout(filling=0.80, warm_up=((600, 0.74),), cool_down=((300, 0.72),)),
        "tempo": Workout(warm_up=((720, 0.74),), repeat=((600, 0.94), (120, 0.72)), times=(1, 3), filling=0.78),
        "threshold": Workout(warm_up=((840, 0.74),), repeat=((360, 1.0), (90, 0.68)), times=(2, 5), filling=0.77),
        "vo2": Workout(warm_up=((840, 0.74),), repeat=((180, 1.08), (150, 0.62)), times=(3, 6), filling=0.75),
        "test": Workout(warm_up=((900, 0.74), (120, 0.6)), filling=0.74),
        "race": Workout(warm_up=(), cool_down=()),
    },
}


def steps(sport: str, kind: str, load: float, rng: Generator) -> tuple[NDArray, NDArray]:
    """Seconds (k,) and intensity (k,) of a session of about `load` (100 is an hour at threshold).

    As many repetitions as fit into 85 % of the load, then easy time in whole minutes for the rest.
    """
    workout = WORKOUTS[sport][kind]
    ordered = (*workout.warm_up, *workout.repeat * workout.times[0], *workout.cool_down)
    for times in range(workout.times[1], workout.times[0], -1):
        tried = (*workout.warm_up, *workout.repeat * times, *workout.cool_down)
        if load_of(sport, *np.array(tried).T) <= 0.85 * load:
            ordered = tried
            break
    seconds, intensity = np.array(ordered).T
    easy = np.arange(0, 6 * 3600, 60)
    loads = load_of(sport, np.column_stack([np.tile(seconds, (len(easy), 1)), easy]), [*intensity, workout.filling])
    before_cool_down = len(seconds) - len(workout.cool_down)
    filled = easy[np.abs(loads - load).argmin()]
    seconds = np.insert(seconds, before_cool_down, filled).astype(np.int64)
    intensity = np.insert(intensity, before_cool_down, workout.filling)
    return seconds[seconds > 0], (intensity * rng.normal(1, 0.012, len(intensity)))[seconds > 0]


def load_of(sport: str, seconds: NDArray, intensity: NDArray | list[float]) -> NDArray:
    """Load of steps (..., k): by normalized power on the bike, by mean speed on foot."""
    total = seconds.sum(-1)
    power = 4 if sport == "cycling" else 1
    mean = (seconds * np.asarray(intensity) ** power).sum(-1) / np.maximum(total, 1)
    return total / 36 * mean ** (2 / power)


def effort_for(seconds: int, intensity: float, workout: Workout) -> tuple[NDArray, NDArray]:
    """Steps around one maximal effort of fixed length: a race, or a test over a distance."""
    parts = np.array([*workout.warm_up, (seconds, intensity), *workout.cool_down])
    return parts[:, 0].astype(np.int64), parts[:, 1]


# One set of a swim: times, metres, intensity, rest after each in seconds, stroke.
Sets = tuple[tuple[int, int, float, int, str], ...]
SWIM_KINDS: dict[str, tuple[Sets, tuple[int, float, int, str], Sets]] = {
    # before, the repeated set (metres, intensity, rest, stroke), after
    "endurance": (((1, 300, 0.86, 20, "freestyle"),), (200, 0.95, 20, "freestyle"), ((1, 200, 0.84, 0, "freestyle"),)),
    "technique": (
        ((1, 300, 0.86, 20, "freestyle"), (6, 50, 0.78, 20, "drill"), (4, 50, 0.80, 20, "backstroke")),
        (100, 0.96, 15, "freestyle"),
        ((1, 200, 0.84, 0, "freestyle"),),
    ),
    "threshold": (
        ((1, 400, 0.87, 30, "freestyle"), (4, 50, 0.98, 20, "freestyle")),
        (100, 1.01, 18, "freestyle"),
        ((1, 200, 0.82, 0, "freestyle"),),
    ),
}


def swim_sets(kind: str, load: float, css_mps: float) -> Columns:
    """Repetitions of a swim of about `load`, as columns: metres, intensity, rest_s, stroke, set."""
    before, (metres, intensity, rest_s, stroke), after = SWIM_KINDS[kind]

    def load_of_sets(sets: Sets) -> float:
        return sum(times * length / (css_mps * share) / 36 * share**3 for times, length, share, _, _ in sets)

    one = load_of_sets(((1, metres, intensity, 0, ""),))
    times = max(3, round((load - load_of_sets(before + after)) / one))
    table = (*before, (times, metres, intensity, rest_s, stroke), *after)
    counts = [row[0] for row in table]
    names = ("metres", "intensity", "rest_s", "stroke")
    columns = {name: np.repeat([row[1 + k] for row in table], counts) for k, name in enumerate(names)}
    return {**columns, "set": np.repeat(np.arange(len(table)), counts)}
