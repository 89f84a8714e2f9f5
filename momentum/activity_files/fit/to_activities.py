"""A recording to activities: samples, laps, beats and developer values divided among its sessions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Activity, Columns, Problem
from momentum.activity_files.fit import clock, developer, device, heart_rate, laps, sessions
from momentum.activity_files.fit.beats import rr_intervals
from momentum.activity_files.fit.recording import Recording
from momentum.activity_files.fit.samples import channels, record_times
from momentum.activity_files.fit.sessions import Session
from momentum.activity_files.fit.values import row_count, time_values


@dataclass
class _Streams:
    """Everything of a recording that has a time: times in FIT seconds, samples ascending."""

    sample_s: NDArray[np.float64]
    samples: Columns
    laps: Columns
    rr: Columns
    developer: list[developer.Values]


def activities_of(recording: Recording, problems: list[Problem]) -> list[Activity]:
    """The activities of a recording, in order of time; one event if its sessions are legs. Adds to problems."""
    shift_s, found = clock.shift(recording.records, recording.sessions, recording.activity)
    record_s, undated = record_times(recording.records, recording.lengths, shift_s)
    problems += found + undated
    sample_s, samples = _samples(recording, record_s, problems)
    parts = sessions.read_sessions(recording.sessions, recording.sport, sample_s, shift_s)
    if not parts:
        return []
    if recording.fit.problems:
        parts += sessions.unfinished(parts, recording.sport, sample_s)
    pool = next((part.pool_length_m for part in parts if part.pool_length_m > 0), None)
    streams = _Streams(
        sample_s,
        samples,
        laps.read_laps(recording.laps, recording.lengths, shift_s, pool),
        rr_intervals(recording.fit, record_s),
        _developer(recording, record_s, shift_s),
    )
    name, serial = device.device_and_serial(recording.fit, recording.file_id)
    offset_s = clock.utc_offset_s(recording.activity)
    activities = [
        _activity(part, portion, problems) for part, portion in zip(parts, _divide(streams, parts), strict=True)
    ]
    for part, activity in zip(parts, activities, strict=True):
        activity.device, activity.device_serial, activity.utc_offset_s = name, serial, offset_s
        if activity.rpe is None:
            activity.rpe = developer.exertion(recording.sessions, recording.developer_fields, part.row)
    return [_event(activities)] if sessions.is_multisport(parts) else activities


def _samples(
    recording: Recording, record_s: NDArray[np.float64], problems: list[Problem]
) -> tuple[NDArray[np.float64], Columns]:
    """Channels of the dated records in order of time, heart rate of chest straps merged in."""
    found = channels(recording.records, len(record_s))
    developer.fill_channels(found, recording.records, recording.developer_fields)
    straps = [beats for beats in (recording.beats, *recording.chest_straps) if beats[0].size]
    if straps and len(record_s):
        beat_s, beat_bpm = (np.concatenate(columns) for columns in zip(*straps, strict=True))
        order = np.argsort(beat_s, kind="stable")
        own = found.get("heart_rate_bpm", np.full(len(record_s), np.nan))
        merged = heart_rate.fill(own, record_s, beat_s[order], beat_bpm[order])
        if not np.isnan(merged).all():
            found["heart_rate_bpm"] = merged
    dated = ~np.isnan(record_s)
    if not dated.all():
        record_s, found = record_s[dated], {name: values[dated] for name, values in found.items()}
        found = {name: values for name, values in found.items() if not np.isnan(values).all()}
    behind = int((np.diff(record_s) < 0).sum())
    if behind:
        problems.append(Problem("samples out of order", f"{behind} were behind the one before; sorted by time"))
        order = np.argsort(record_s, kind="stable")
        record_s, found = record_s[order], {name: values[order] for name, values in found.items()}
    return record_s, found


def _developer(recording: Recording, record_s: NDArray[np.float64], shift_s: float) -> list[developer.Values]:
    """All developer values; those of sessions and laps are called session.NAME and lap.NAME."""
    fields = recording.developer_fields
    found = developer.long_form(recording.records, fields, record_s)
    for prefix, columns in (("session.", recording.sessions), ("lap.", recording.laps)):
        rows = row_count(columns)
        found += developer.long_form(columns, fields, time_values(columns, "timestamp", rows) + shift_s, prefix)
    return found


def _divide(streams: _Streams, parts: list[Session]) -> list[_Streams]:
    """One share of the streams per session."""
    if len(parts) == 1:
        return [streams]
    cuts_s = sessions.cuts(parts)
    cuts_ms = clock.to_ms(cuts_s)
    samples = _divided(streams.samples, streams.sample_s, cuts_s)
    found = [_divided({"at": one.at_s, "value": one.values}, one.at_s, cuts_s) for one in streams.developer]
    shares = [
        _Streams(
            sample_s,
            {name: values for name, values in samples[k].items() if not np.isnan(values).all()},
            laps_of,
            rr_of,
            [
                developer.Values(one.name, one.unit, part[k]["at"], part[k]["value"])
                for one, part in zip(streams.developer, found, strict=True)
                if len(part[k]["at"])
            ],
        )
        for k, (sample_s, laps_of, rr_of) in enumerate(
            zip(
                (part["at"] for part in _divided({"at": streams.sample_s}, streams.sample_s, cuts_s)),
                _divided(streams.laps, streams.laps.get("start"), cuts_ms),
                _divided(streams.rr, streams.rr.get("ts"), cuts_ms),
                strict=True,
            )
        )
    ]
    _restart_distances(shares)
    return shares


def _divided(columns: Columns, at: NDArray | None, cuts: NDArray) -> list[Columns]:
    """Columns in len(cuts) + 1 parts by their times; {} for parts without a row."""
    if at is None:
        return [{} for _ in range(len(cuts) + 1)]
    if (at[1:] >= at[:-1]).all():
        edges = [0, *np.searchsorted(at, cuts).tolist(), len(at)]
        windows: list[slice | NDArray] = [slice(a, b) for a, b in pairwise(edges)]
    else:
        owner = np.searchsorted(cuts, at, "right")
        windows = [owner == k for k in range(len(cuts) + 1)]
    return [{name: values[window] for name, values in columns.items()} for window in windows]


def _restart_distances(shares: list[_Streams]) -> None:
    """Lets each session's distance begin at its start, where the device counted through all of them."""
    reached = 0.0
    for share in shares:
        distance = share.samples.get("distance_m")
        if distance is None:
            continue
        sent = distance[~np.isnan(distance)]
        if sent[0] >= reached > 0:
            share.samples["distance_m"] = distance - reached
        reached = float(sent[-1])


def _activity(session: Session, share: _Streams, problems: list[Problem]) -> Activity:
    problems += sessions.settle_times(session, share.sample_s)
    distance = share.samples.get("distance_m")
    covered = np.nan if distance is None else float(np.nanmax(distance))
    if np.isnan(session.distance_m) or (session.distance_m == 0 and covered > 0):
        session.distance_m = covered
    return Activity(
        session.sport,
        int(clock.to_ms(np.array([session.start_s]))[0]),
        session.sub_sport,
        session.elapsed_s,
        _known(session.timer_s),
        _known(session.distance_m),
        _known(session.ascent_m),
        _known(session.rpe),
        _known(session.pool_length_m),
        samples={"ts": clock.to_ms(share.sample_s), **share.samples} if share.sample_s.size else {},
        laps=share.laps,
        rr=share.rr,
        developer=_long(share.developer),
    )


def _long(found: list[developer.Values]) -> Columns:
    """Developer values as `decoded.Activity.developer` has them; rows share the strings of their field."""
    if not found:
        return {}
    counts = [len(one.values) for one in found]
    return {
        "ts": clock.to_ms(np.concatenate([one.at_s for one in found])),
        "field": np.repeat(np.array([one.name for one in found], np.object_), counts),
        "unit": np.repeat(np.array([one.unit for one in found], np.object_), counts),
        "value": np.concatenate([one.values for one in found]),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _event(legs: list[Activity]) -> Activity:
    """The multisport event around its legs."""
    first = legs[0]
    return Activity(
        "multisport",
        first.started_at_ms,
        elapsed_s=sum(leg.elapsed_s for leg in legs),
        moving_s=_sum([leg.moving_s for leg in legs]),
        distance_m=_sum([leg.distance_m for leg in legs]),
        ascent_m=_sum([leg.ascent_m for leg in legs]),
        rpe=next((leg.rpe for leg in reversed(legs) if leg.rpe is not None), None),
        utc_offset_s=first.utc_offset_s,
        device=first.device,
        device_serial=first.device_serial,
        legs=legs,
    )


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
