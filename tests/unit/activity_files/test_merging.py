"""What the chosen recording lacks comes from the others, at the right second; what it has stays."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_activities import HOUR_MS, NOON_MS, ride, without

from momentum.activity_files.clocks import clock_offset_ms
from momentum.activity_files.decoded import Activity, Columns
from momentum.activity_files.merging import merge

A, B, C = ("a" * 64, 0), ("b" * 64, 0), ("c" * 64, 1)


def shifted(activity: Activity, seconds: float) -> Activity:
    """The same recording by a clock that is `seconds` ahead."""
    ms = round(seconds * 1000)
    return replace(
        activity,
        started_at_ms=activity.started_at_ms + ms,
        samples=activity.samples | {"ts": activity.samples["ts"] + ms},
    )


def same(a: Columns, b: Columns) -> bool:
    return a.keys() == b.keys() and all(
        np.array_equal(a[name], b[name], equal_nan=a[name].dtype == float) for name in a
    )


def test_missing_channels_only_are_taken() -> None:
    watch = without(ride(), "power_w", "cadence_rpm")
    head_unit = ride()
    head_unit.samples["heart_rate_bpm"] = head_unit.samples["heart_rate_bpm"] + 7
    merged, taken = merge(watch, [(B, head_unit)])
    assert taken == {B: ("cadence_rpm", "power_w")}
    np.testing.assert_array_equal(merged.samples["power_w"], head_unit.samples["power_w"])
    np.testing.assert_array_equal(merged.samples["heart_rate_bpm"], watch.samples["heart_rate_bpm"])


def test_gaps_of_a_channel_that_is_there_stay() -> None:
    watch = ride()
    watch.samples["power_w"] = watch.samples["power_w"].copy()
    watch.samples["power_w"][100:2000] = np.nan
    merged, taken = merge(watch, [(B, ride())])
    assert taken == {B: ()}
    assert np.isnan(merged.samples["power_w"][100:2000]).all()


def test_nothing_that_goes_in_is_changed() -> None:
    chosen, other = without(ride(), "power_w", "lat", "lon"), ride(rpe=4.0)
    event = Activity("multisport", NOON_MS, elapsed_s=3600, legs=[chosen])
    before = copy.deepcopy((event, chosen, other))
    merge(event, [(B, other)])
    merge(chosen, [(B, other)])
    for then, now in zip(before[1:], (chosen, other), strict=True):
        assert same(then.samples, now.samples)
        assert (then.rpe, then.moving_s, then.laps) == (now.rpe, now.moving_s, now.laps)
    assert same(before[0].legs[0].samples, event.legs[0].samples)


@pytest.mark.parametrize("clock_s", [0, 1, -3, 17, -58, 119])
@pytest.mark.parametrize("shared", ["speed_mps", "heart_rate_bpm", "cadence_rpm"])
def test_a_clock_that_is_off_is_found_from_a_channel_that_both_have(clock_s: int, shared: str) -> None:
    truth = ride()
    watch = without(truth, *(set(truth.samples) - {"ts", shared}))
    merged, _ = merge(watch, [(B, shifted(truth, clock_s))])
    filled = merged.samples["power_w"]
    known = ~np.isnan(filled)
    assert known.sum() >= 3601 - abs(clock_s) - 2
    np.testing.assert_array_equal(filled[known], truth.samples["power_w"][known])


def test_two_sensors_that_differ_still_show_the_second() -> None:
    truth = ride(seed=5)
    rng = np.random.default_rng(0)
    other = copy.deepcopy(truth)
    other.samples["speed_mps"] = other.samples["speed_mps"] * 0.97 + rng.normal(0, 0.3, 3601)
    assert clock_offset_ms(truth.samples, shifted(other, 23).samples) == -23_000


def test_without_a_convincing_channel_times_are_left_as_they_are() -> None:
    mine, theirs = ride(seed=1), ride(seed=2)
    bare = {name: mine.samples[name] for name in ("ts", "speed_mps", "power_w")}
    assert clock_offset_ms(bare, theirs.samples) == 0
    steady = {"ts": mine.samples["ts"], "power_w": np.full(3601, 200.0)}
    assert clock_offset_ms(steady, steady) == 0
    assert clock_offset_ms({"ts": mine.samples["ts"]}, theirs.samples) == 0
    assert clock_offset_ms({name: values[:60] for name, values in mine.samples.items()}, mine.samples) == 0


def test_a_copy_with_local_time_for_utc_is_set_right_by_whole_quarters() -> None:
    truth = ride()
    merged, taken = merge(without(truth, "power_w"), [(B, shifted(truth, 5.5 * 3600))])
    assert taken == {B: ("power_w",)}
    np.testing.assert_array_equal(merged.samples["power_w"], truth.samples["power_w"])


def test_a_second_device_gives_what_it_saw_and_no_more() -> None:
    truth = ride()
    late = replace(
        truth,
        started_at_ms=NOON_MS + 600_000,
        elapsed_s=1800.0,
        samples={name: values[600:2401] for name, values in truth.samples.items()},
    )
    merged, _ = merge(without(truth, "power_w", "distance_m"), [(B, late)])
    filled = merged.samples["power_w"]
    assert np.isnan(filled[:598]).all()
    assert np.isnan(filled[2403:]).all()
    np.testing.assert_array_equal(filled[600:2401], truth.samples["power_w"][600:2401])
    distance = merged.samples["distance_m"][600:2401]
    assert distance[0] == pytest.approx(0, abs=40), "counted from where it begins"
    assert distance[-1] - distance[0] == pytest.approx(
        truth.samples["distance_m"][2400] - truth.samples["distance_m"][600]
    )


def test_sparse_recordings_are_interpolated_over_short_gaps_only() -> None:
    sparse = ride(step_s=5)
    hole = (sparse.samples["ts"] > NOON_MS + 1_000_000) & (sparse.samples["ts"] < NOON_MS + 1_060_000)
    sparse.samples = {name: values[~hole] for name, values in sparse.samples.items()}
    merged, _ = merge(without(ride(), "altitude_m"), [(B, sparse)])
    truth, filled = ride().samples["altitude_m"], merged.samples["altitude_m"]
    assert np.nanmax(np.abs(filled - truth)) < 0.2
    assert np.isnan(filled[1001:1060]).all()
    assert np.isnan(filled).sum() == 59


def test_across_the_date_line_the_short_way() -> None:
    sparse = ride(60, step_s=5)
    sparse.samples["lon"] = np.where(np.arange(13) < 6, 179.999 + 0.0002 * np.arange(13), -180 + 0.0002 * np.arange(13))
    merged, _ = merge(without(ride(60), "lat", "lon"), [(B, sparse)])
    assert (np.abs(merged.samples["lon"]) > 179.99).all()


def test_a_position_is_taken_whole_or_not_at_all() -> None:
    merged, taken = merge(without(ride(), "lat", "lon", "power_w"), [(B, without(ride(), "lat"))])
    assert taken == {B: ("power_w",)}
    assert "lon" not in merged.samples


def test_others_are_asked_in_one_order_whatever_order_they_come_in() -> None:
    chosen = without(ride(), "power_w", "temperature_c")
    sparse, dense, twin = ride(step_s=4), ride(), ride()
    sparse.samples["power_w"] = sparse.samples["power_w"] + 1
    twin.samples["power_w"] = twin.samples["power_w"] + 2
    results = [merge(chosen, list(others)) for others in itertools.permutations([(A, sparse), (B, dense), (C, twin)])]
    for merged, taken in results:
        assert taken == {A: (), B: ("power_w", "temperature_c"), C: ()}
        assert same(merged.samples, results[0][0].samples)


LAPS: Columns = {
    "start": NOON_MS + 1000 * np.array([0, 600, 99_999]),
    "elapsed_s": np.array([600.0, 3000.0, 1.0]),
    "distance_m": np.array([5000.0, 20000.0, 1.0]),
    "kind": np.array(["lap"] * 3),
    "stroke": np.array([""] * 3),
    "swim_strokes": np.full(3, np.nan),
}
RR: Columns = {"ts": NOON_MS + np.array([800, 1600]), "rr_ms": np.array([800.0, 800.0])}


def test_lists_come_only_where_there_are_none_and_only_what_lies_inside() -> None:
    merged, taken = merge(ride(), [(B, shifted(ride(laps=LAPS, rr=RR), 0))])
    assert taken == {B: ("laps", "rr")}
    assert merged.laps["elapsed_s"].tolist() == [600.0, 3000.0]
    assert merged.rr["rr_ms"].tolist() == [800.0, 800.0]
    mine = {name: values[:1] for name, values in RR.items()}
    merged, taken = merge(ride(rr=mine), [(B, ride(rr=RR))])
    assert taken == {B: ()}
    assert merged.rr is mine


def test_lists_move_with_the_clock_of_their_device() -> None:
    ahead = shifted(ride(rr=RR), 30)
    ahead.rr = {"ts": RR["ts"] + 30_000, "rr_ms": RR["rr_ms"]}
    merged, _ = merge(ride(), [(B, ahead)])
    assert merged.rr["ts"].tolist() == RR["ts"].tolist()


TOTALS: dict[str, Any] = {"rpe": 6.0, "ascent_m": 300.0, "distance_m": 28_000.0, "sub_sport": "road", "moving_s": 9e9}


def test_totals_that_are_missing_are_filled() -> None:
    bare = ride(distance_m=None, moving_s=None)
    merged, taken = merge(bare, [(B, ride(**TOTALS)), (C, ride(rpe=9.0))])
    assert (merged.rpe, merged.ascent_m, merged.distance_m, merged.sub_sport) == (6.0, 300.0, 28_000.0, "road")
    assert merged.moving_s == bare.elapsed_s
    assert taken[B] == ("ascent_m", "distance_m", "moving_s", "rpe", "sub_sport")
    assert taken[C] == ()
    kept, _ = merge(ride(rpe=2.0), [(B, ride(**TOTALS))])
    assert kept.rpe == 2.0


def test_a_trimmed_copy_gives_its_words_but_not_its_totals() -> None:
    half = ride(1800, started_at_ms=NOON_MS + 900_000, **TOTALS)
    merged, taken = merge(ride(distance_m=None), [(B, half)])
    assert (merged.distance_m, merged.ascent_m, merged.rpe) == (None, None, 6.0)
    assert taken == {B: ("rpe", "sub_sport")}


def test_an_unknown_sport_is_named_by_another_file() -> None:
    assert merge(ride(sport="other"), [(B, ride())])[0].sport == "cycling"
    assert merge(ride(sport="cardio"), [(B, ride())])[0].sport == "cardio"


def test_a_session_by_hand_gives_a_recording_its_exertion_and_takes_samples_where_it_must() -> None:
    entered = Activity("cycling", NOON_MS, elapsed_s=3600, rpe=5.0)
    merged, taken = merge(ride(), [(B, entered)])
    assert (merged.rpe, taken) == (5.0, {B: ("rpe",)})
    merged, taken = merge(entered, [(B, ride())])
    assert same(merged.samples, ride().samples)
    assert "power_w" in taken[B]


def event() -> tuple[Activity, Activity, Activity]:
    swim = without(
        ride(1800, sport="swimming", distance_m=1500.0), "power_w", "lat", "lon", "temperature_c", "altitude_m"
    )
    bike = without(ride(3600, started_at_ms=NOON_MS + 1_900_000), "power_w")
    return Activity("multisport", NOON_MS, elapsed_s=5400.0, distance_m=30_000.0, legs=[swim, bike]), swim, bike


def test_an_event_is_filled_leg_by_leg_from_a_recording_of_the_leg() -> None:
    whole, _, bike = event()
    head_unit = ride(3600, started_at_ms=NOON_MS + 1_900_000, rpe=8.0)
    merged, taken = merge(whole, [(B, head_unit)])
    assert taken == {B: ("power_w", "rpe")}
    assert "power_w" not in merged.legs[0].samples
    np.testing.assert_array_equal(merged.legs[1].samples["power_w"], head_unit.samples["power_w"])
    assert (merged.rpe, merged.legs[1].rpe, bike.rpe) == (None, 8.0, None)
    assert merged.distance_m == 30_000.0


def test_an_event_is_filled_from_another_event_and_from_the_whole_on_a_phone() -> None:
    whole, swim, bike = event()
    other = Activity(
        "multisport",
        NOON_MS,
        elapsed_s=5400.0,
        rpe=9.0,
        legs=[
            replace(swim, samples=ride(1800).samples),
            replace(bike, samples=ride(3600, started_at_ms=NOON_MS + 1_900_000).samples),
        ],
    )
    merged, _ = merge(whole, [(B, other)])
    assert merged.rpe == 9.0
    assert "lat" in merged.legs[0].samples
    assert "power_w" in merged.legs[1].samples
    pieces = [leg.samples for leg in other.legs]
    phone = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    merged, taken = merge(whole, [(C, Activity("other", NOON_MS, elapsed_s=5500.0, samples=phone))])
    assert {"lat", "lon", "power_w"} <= set(taken[C])
    assert not np.isnan(merged.legs[0].samples["lat"]).any()
    assert not np.isnan(merged.legs[1].samples["power_w"]).any()


def test_an_hour_apart_nothing_is_taken() -> None:
    merged, taken = merge(
        without(ride(), "power_w"), [(B, ride(2000, started_at_ms=NOON_MS + 2 * HOUR_MS, distance_m=None))]
    )
    assert "power_w" not in merged.samples
    assert taken == {B: ()}


def test_nothing_to_merge_gives_the_same_activity() -> None:
    merged, taken = merge(ride(), [])
    assert taken == {}
    assert same(merged.samples, ride().samples)
