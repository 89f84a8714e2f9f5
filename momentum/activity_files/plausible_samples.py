"""What is not believed of samples: times, bounds, dropouts, spikes, steps of distance.

A value that is not believed becomes NaN, a step of distance that is not believed adds nothing; each
function tells what it did, one Problem per channel and reason. Totals belong to `plausibility`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import CHANNELS, Columns, Problem

# Inclusive bounds; the columns of the `records` table enforce the same ones, and a test compares them.
BOUNDS: dict[str, tuple[float, float]] = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 180.0),
    "altitude_m": (-500.0, 9000.0),  # below the Dead Sea's shore to above Everest
    "distance_m": (0.0, 5_000_000.0),  # beyond the longest races ridden in one go
    "speed_mps": (0.0, 60.0),  # 216 km/h: skiers get near it, cyclists do not
    "heart_rate_bpm": (20.0, 250.0),
    "power_w": (0.0, 3000.0),  # track sprinters peak near 2,500 W
    "cadence_rpm": (0.0, 300.0),
    "temperature_c": (-60.0, 80.0),  # a head unit in the sun shows 60
}
# A single sample above this with less than half of it on both sides is a power meter's spike: even a
# sprinter's legs take more than one second up and down again.
SPIKE_ABOVE_W = 2000.0
SPIKE_REACH_MS = 3000
# What straps and watches send while they have lost the heart.
DROPOUT_BPM = (0.0, 255.0)
# One step of distance: this speed over the time since the step before, and a pool length or a lap of
# a track that the device adds at once.
STEP_SPEED_MPS = 60.0
STEP_ALLOWANCE_M = 150.0
STEP_BACK_M = 1.0  # rounding of a sensor's counter
# Times outside the years 1 to 9999 are not times, and their differences would not fit an int64.
TIMES_MS = (-62_135_596_800_000, 253_402_300_799_999)

_WORDS = {"lat": "position", "lon": "position"}


def tidy(samples: Columns, problems: list[Problem]) -> Columns:
    """Known channels as float64 of equal length (copies), sorted by time, one row per millisecond."""
    ts = np.asarray(samples.get("ts", ()), dtype=np.int64)
    if not len(ts):
        return {}
    channels = {}
    for name in CHANNELS:
        values = samples.get(name)
        if values is not None and len(values) == len(ts):
            channels[name] = np.array(values, dtype=np.float64)
        elif values is not None:
            problems.append(Problem("channel of another length", f"{name}: {len(values)} values, {len(ts)} times"))
    real = (ts >= TIMES_MS[0]) & (ts <= TIMES_MS[1])
    if not real.all():
        problems.append(Problem("time not believed", f"{int((~real).sum())} of {len(ts)} samples dropped"))
        ts, channels = ts[real], {name: values[real] for name, values in channels.items()}
    back = int((np.diff(ts) < 0).sum())
    if back:
        order = np.argsort(ts, kind="stable")
        ts = ts[order]
        channels = {name: values[order] for name, values in channels.items()}
        problems.append(Problem("time goes backwards", f"{back} times; samples sorted"))
    if len(ts) > 1 and not bool((np.diff(ts) > 0).all()):
        ts, channels = _one_row_per_time(ts, channels, problems)
    return {"ts": ts, **channels} if len(ts) else {}


def _one_row_per_time(ts: NDArray, channels: Columns, problems: list[Problem]) -> tuple[NDArray, Columns]:
    """Rows of one time become one; of each channel the last value sent stays."""
    row = np.concatenate(([0], np.cumsum(np.diff(ts) > 0)))
    kept, lost = {}, 0
    for name, values in channels.items():
        sent = ~np.isnan(values)
        kept[name] = np.full(row[-1] + 1, np.nan)
        kept[name][row[sent]] = values[sent]
        lost = max(lost, int((kept[name][row[sent]] != values[sent]).sum()))
    if lost:  # devices that spread one moment over several messages lose nothing, and are not reported
        problems.append(Problem("several samples at one time", f"{lost} values replaced by later ones"))
    return np.unique(ts), kept


def bound(samples: Columns, problems: list[Problem]) -> None:
    """Set to NaN, in place, what no body, device or planet sends."""

    def drop(name: str, bad: NDArray, reason: str) -> None:
        count = int(bad.sum())
        if count:
            samples[name][bad] = np.nan
            problems.append(Problem(reason, f"{count} of {len(bad)} samples"))

    if "heart_rate_bpm" in samples:
        lost = np.isin(samples["heart_rate_bpm"], DROPOUT_BPM)
        if np.nanmax(np.where(lost, np.nan, samples["heart_rate_bpm"]), initial=0.0) > 0:
            drop("heart_rate_bpm", lost, "heart rate dropout")
        else:  # no strap was ever there, which is nothing to report
            samples["heart_rate_bpm"][lost] = np.nan
    if "power_w" in samples:
        drop("power_w", _power_spikes(samples["ts"], samples["power_w"]), "power spike")
    if ("lat" in samples) != ("lon" in samples):
        alone = "lat" if "lat" in samples else "lon"
        drop(alone, ~np.isnan(samples[alone]), "half a position")
    elif "lat" in samples:
        drop("lat", (samples["lat"] == 0) & (samples["lon"] == 0), "position 0, 0")
    for name, (low, high) in BOUNDS.items():
        if name in samples:
            values = samples[name]
            drop(name, ~np.isnan(values) & ~((values >= low) & (values <= high)), f"{_word(name)} out of range")
    if "lat" in samples and "lon" in samples:
        half = np.isnan(samples["lat"]) | np.isnan(samples["lon"])
        samples["lat"][half] = np.nan
        samples["lon"][half] = np.nan


def _word(channel: str) -> str:
    return _WORDS.get(channel, channel.rsplit("_", 1)[0].replace("_", " "))


def _power_spikes(ts: NDArray, power: NDArray) -> NDArray:
    near = np.diff(ts) <= SPIKE_REACH_MS
    low_after = np.concatenate((~near | ~(power[1:] >= power[:-1] / 2), [True]))
    low_before = np.concatenate(([True], ~near | ~(power[:-1] >= power[1:] / 2)))
    has_neighbour = np.concatenate((near, [False])) | np.concatenate(([False], near))
    return (power > BOUNDS["power_w"][1]) | ((power > SPIKE_ABOVE_W) & low_after & low_before & has_neighbour)


def mend_distance(samples: Columns, problems: list[Problem]) -> float | None:
    """Take out steps that go back (a counter that restarts) or are faster than anything on earth.

    Returns the last distance as it was if that changed it, else None.
    """
    distance = samples.get("distance_m")
    if distance is None:
        return None
    sent = np.flatnonzero(~np.isnan(distance))
    steps = np.diff(distance[sent])
    seconds = np.diff(samples["ts"][sent]) / 1000
    back = steps < -STEP_BACK_M
    jump = steps > STEP_SPEED_MPS * seconds + STEP_ALLOWANCE_M
    if back.any():
        problems.append(Problem("distance goes backwards", f"{int(back.sum())} steps taken out"))
    if jump.any():
        problems.append(Problem("distance jump", f"{int(jump.sum())} steps, {steps[jump].sum():.0f} m taken out"))
    last = None
    if back.any() or jump.any():
        last = float(distance[sent[-1]])
        believed = np.where(back | jump, 0.0, steps)
        distance[sent] = distance[sent[0]] + np.concatenate(([0.0], np.cumsum(believed)))
    distance[sent] = np.maximum.accumulate(distance[sent])  # the small steps back
    return last
