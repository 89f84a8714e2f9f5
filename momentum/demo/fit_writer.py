"""An activity as the FIT file that a device would have written.

The reverse of `activity_files.fit`: what goes in comes out of a decoder again, within the resolution
of the format. Here does not belong: byte layout of messages (`fit_messages`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Activity, Columns
from momentum.demo import fit_messages as fit
from momentum.demo.fit_fields import ENUM, MESSAGES

GARMIN = 1
# Numbers of garmin_product in the official profile.
PRODUCTS = {"Edge 540": 4061, "Forerunner 255": 3992, "Forerunner 955": 4024}
_SPORTS = {"running": 1, "cycling": 2, "transition": 3, "swimming": 5, "strength": 10}
_SUB_SPORTS = {"": 0, "street": 2, "road": 7, "lap_swimming": 17, "open_water": 18, "strength_training": 20}
_STROKES = {"freestyle": 0, "backstroke": 1, "breaststroke": 2, "butterfly": 3, "drill": 4}
_TIMER, _SESSION, _LAP, _ACTIVITY, _LENGTH = 0, 8, 9, 26, 28  # event
_START, _STOP, _STOP_ALL, _STOP_DISABLE_ALL = 0, 1, 4, 9  # event_type
_FILE_SETTINGS, _FILE_ACTIVITY = 2, 4
_AUTO_MULTI_SPORT = 2


def fit_bytes(activity: Activity) -> bytes:
    """The FIT file of an activity, or of a multisport event with its legs.

    Messages stand in the order of time, as a device writes them: records, RR intervals and lengths,
    then the lap, session and activity that they end. Raises KeyError for a device or sport that has
    no number here.
    """
    legs = activity.legs or [activity]
    samples = _joined([leg.samples for leg in legs])
    lengths, laps = _of_kind(legs, "length"), _of_kind(legs, "lap")
    end = np.array([legs[-1].ended_at_ms])
    moments, kinds = _timer(legs)
    packed = [
        (fit.pack("event", 0, timestamp=fit.fit_times(moments), event=_TIMER, event_type=kinds), moments),
        (fit.pack("record", 1, **_record(samples)), samples["ts"]),
        (fit.pack("length", 2, **_length(lengths)), lengths["end"]),
        (fit.pack("lap", 3, **_lap(laps, lengths, legs, samples)), laps["end"]),
        (fit.pack("session", 4, **_session(legs, laps, lengths, samples)), _ends(legs)),
        (fit.pack("activity", 5, **_activity(activity, legs)), end),
    ]
    parts = [(definition, rows, times) for (definition, rows), times in packed if len(rows)]
    if activity.rr:
        parts.insert(2, fit.hrv(6, activity.rr["ts"], activity.rr["rr_ms"]))
    body = fit.in_order_of_time([(rows, times) for _, rows, times in parts])
    return fit.wrap([_preamble(activity, legs[0]), *(definition for definition, _, _ in parts), body])


def settings_bytes(device: str, serial: str, created_ms: int) -> bytes:
    """A valid FIT file that holds settings and no activity."""
    return fit.wrap(
        [
            _file_id(_FILE_SETTINGS, device, serial, created_ms),
            fit.message("device_settings", 1, utc_offset=0),
            fit.message("user_profile", 2, gender=1, age=36, height=1.8, weight=74.0, resting_heart_rate=48),
        ]
    )


def _file_id(kind: int, device: str, serial: str, created_ms: int) -> bytes:
    return fit.message(
        "file_id",
        7,
        type=kind,
        manufacturer=GARMIN,
        product=PRODUCTS[device],
        serial_number=int(serial),
        time_created=fit.fit_times(created_ms),
    )


def _preamble(activity: Activity, first: Activity) -> bytes:
    device_info = fit.message(
        "device_info",
        8,
        timestamp=fit.fit_times(activity.started_at_ms),
        device_index=0,
        manufacturer=GARMIN,
        product=PRODUCTS[activity.device],
        serial_number=int(activity.device_serial),
        software_version=20.19,
    )
    sport = fit.message("sport", 9, sport=_SPORTS[first.sport], sub_sport=_SUB_SPORTS[first.sub_sport])
    file_id = _file_id(_FILE_ACTIVITY, activity.device, activity.device_serial, activity.started_at_ms)
    return file_id + device_info + sport


def _joined(all_samples: list[Columns]) -> Columns:
    """Samples of all legs as one set of columns, NaN where a leg lacks a channel."""
    if len(all_samples) == 1:
        return all_samples[0]
    names = dict.fromkeys(name for samples in all_samples for name in samples)
    return {
        name: np.concatenate([samples.get(name, np.full(len(samples["ts"]), np.nan)) for samples in all_samples])
        for name in names
    }


def _of_kind(legs: list[Activity], kind: str) -> Columns:
    """Laps, or lengths, of all legs, with their end and the number of the leg they belong to."""
    chosen = [leg.laps["kind"] == kind for leg in legs]
    columns = {
        name: np.concatenate([leg.laps[name][mask] for leg, mask in zip(legs, chosen, strict=True)])
        for name in ("start", "elapsed_s", "distance_m", "stroke", "swim_strokes")
    }
    columns["leg"] = np.repeat(np.arange(len(legs)), [mask.sum() for mask in chosen])
    columns["end"] = columns["start"] + np.rint(columns["elapsed_s"] * 1000).astype(np.int64)
    return columns


def _ends(legs: list[Activity]) -> NDArray:
    return np.array([leg.ended_at_ms for leg in legs])


def _timer(legs: list[Activity]) -> tuple[NDArray, NDArray]:
    """When the timer starts and stops: a pause is where the samples of a moving sport stop for over a second."""
    moments: list[NDArray] = [np.array([legs[0].started_at_ms])]
    kinds: list[NDArray] = [np.array([_START])]
    for leg in legs:
        ts = leg.samples["ts"]
        gaps = np.flatnonzero(np.diff(ts) > 1000) if leg.distance_m is not None else np.empty(0, np.int64)
        moments.append(np.stack([ts[gaps], ts[gaps + 1]], 1).ravel())
        kinds.append(np.tile([_STOP_ALL, _START], len(gaps)))
    moments.append(_ends(legs)[-1:])
    kinds.append(np.array([_STOP_DISABLE_ALL]))
    return np.concatenate(moments), np.concatenate(kinds)


def _record(samples: Columns) -> Columns:
    known = MESSAGES["record"][1]
    columns = {name: values for name, values in samples.items() if name in known}
    if "cadence_rpm" in columns:
        whole = np.floor(columns["cadence_rpm"])
        columns |= {"fractional_cadence": columns["cadence_rpm"] - whole, "cadence_rpm": whole}
    return {"timestamp": fit.fit_times(samples["ts"]), **columns}


def _length(lengths: Columns) -> dict[str, Any]:
    swum = lengths["distance_m"] > 0
    strokes = np.array([_STROKES.get(name, ENUM[2]) for name in lengths["stroke"]], np.int64)
    return {
        "message_index": np.arange(len(swum)),
        "timestamp": fit.fit_times(lengths["end"]),
        "start_time": fit.fit_times(lengths["start"]),
        "event": _LENGTH,
        "event_type": _STOP,
        "total_elapsed_time": lengths["elapsed_s"],
        "total_timer_time": lengths["elapsed_s"],
        "total_strokes": np.where(swum, lengths["swim_strokes"], np.nan),
        "avg_speed": np.where(swum, lengths["distance_m"] / lengths["elapsed_s"], np.nan),
        "swim_stroke": strokes,
        "length_type": swum.astype(np.int64),
    }


def _lap(laps: Columns, lengths: Columns, legs: list[Activity], samples: Columns) -> dict[str, Any]:
    first_length = np.searchsorted(lengths["start"], laps["start"])
    return {
        **_summary(laps["start"], laps["end"], laps["distance_m"], samples),
        "message_index": np.arange(len(laps["start"])),
        "event": _LAP,
        "event_type": _STOP,
        "sport": np.array([_SPORTS[leg.sport] for leg in legs])[laps["leg"]],
        "sub_sport": np.array([_SUB_SPORTS[leg.sub_sport] for leg in legs])[laps["leg"]],
        "num_lengths": np.searchsorted(lengths["start"], laps["end"]) - first_length,
        "first_length_index": first_length,
        "lap_trigger": 0,
    }


def _session(legs: list[Activity], laps: Columns, lengths: Columns, samples: Columns) -> dict[str, Any]:
    number = np.arange(len(legs))
    distance = np.array([np.nan if leg.distance_m is None else leg.distance_m for leg in legs])
    columns = _summary(np.array([leg.started_at_ms for leg in legs]), _ends(legs), distance, samples)
    moving = [leg.moving_s if leg.moving_s is not None else leg.elapsed_s for leg in legs]
    return {
        **columns,
        "message_index": number,
        "event": _SESSION,
        "event_type": _STOP,
        "sport": np.array([_SPORTS[leg.sport] for leg in legs]),
        "sub_sport": np.array([_SUB_SPORTS[leg.sub_sport] for leg in legs]),
        "total_timer_time": np.array(moving),
        "total_ascent": np.array([np.nan if leg.ascent_m is None else leg.ascent_m for leg in legs]),
        "first_lap_index": np.searchsorted(laps["leg"], number),
        "num_laps": np.bincount(laps["leg"], minlength=len(legs)),
        "pool_length": np.array([leg.pool_length_m or np.nan for leg in legs]),
        "num_active_lengths": np.bincount(lengths["leg"][lengths["distance_m"] > 0], minlength=len(legs)),
        "workout_rpe": np.array([np.nan if leg.rpe is None else leg.rpe for leg in legs]),
        "trigger": _AUTO_MULTI_SPORT if len(legs) > 1 else 0,
    }


def _activity(activity: Activity, legs: list[Activity]) -> dict[str, Any]:
    end = fit.fit_times(legs[-1].ended_at_ms)
    return {
        "timestamp": end,
        "local_timestamp": end + (activity.utc_offset_s or 0),
        "total_timer_time": sum(leg.moving_s if leg.moving_s is not None else leg.elapsed_s for leg in legs),
        "num_sessions": len(legs),
        "type": int(len(legs) > 1),
        "event": _ACTIVITY,
        "event_type": _STOP,
    }


def _summary(start: NDArray, end: NDArray, distance_m: NDArray, samples: Columns) -> dict[str, Any]:
    """The columns that laps and sessions share, averages and maxima over the samples in between."""
    elapsed_s = (end - start) / 1000
    low, high = np.searchsorted(samples["ts"], start), np.searchsorted(samples["ts"], end, side="right")
    recorded = (high - low).clip(max=elapsed_s)
    columns: dict[str, Any] = {
        "timestamp": fit.fit_times(end),
        "start_time": fit.fit_times(start),
        "total_elapsed_time": elapsed_s,
        "total_timer_time": recorded,
        "total_distance": distance_m,
        "enhanced_avg_speed": distance_m / recorded.clip(min=1),
    }
    for channel, name in (("heart_rate_bpm", "heart_rate"), ("power_w", "power"), ("cadence_rpm", "cadence")):
        if channel in samples:
            average, highest = _over(samples[channel], low, high)
            columns[f"avg_{name}"] = average
            if name != "cadence":
                columns[f"max_{name}"] = highest
    if "lat" in samples:
        first = low.clip(max=len(samples["ts"]) - 1)
        columns |= {"start_position_lat": samples["lat"][first], "start_position_long": samples["lon"][first]}
    return columns


def _over(values: NDArray, low: NDArray, high: NDArray) -> tuple[NDArray, NDArray]:
    """Mean and maximum of each stretch [low, high) of `values`; NaN for one without a value."""
    sent = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(sent, values, 0))])
    counts = np.concatenate([[0], np.cumsum(sent)])
    number = counts[high] - counts[low]
    padded = np.append(np.where(sent, values, -1.0), -1.0)
    highest = np.maximum.reduceat(padded, np.stack([low, high], 1).ravel())[::2]
    none = number == 0
    return np.where(none, np.nan, (sums[high] - sums[low]) / number.clip(min=1)), np.where(none, np.nan, highest)
