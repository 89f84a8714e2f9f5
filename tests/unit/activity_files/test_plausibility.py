"""What is not believed of a file is taken out and told; what is believed stays as it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_activities import DAY_MS, NOON_MS, ride

from momentum.activity_files.decoded import CHANNELS, Activity
from momentum.activity_files.plausibility import clean
from momentum.activity_files.plausible_samples import BOUNDS
from momentum.warehouse.tables import TABLES


def reasons(activity: Activity) -> dict[str, str]:
    problems = clean(activity)
    assert len({problem.reason for problem in problems}) == len(problems), "one problem per channel and reason"
    return {problem.reason: problem.detail for problem in problems}


def test_a_good_ride_is_left_as_it_is() -> None:
    good = ride()
    before = copy.deepcopy(good)
    assert clean(good) == []
    assert good.samples.keys() == before.samples.keys()
    for name, values in good.samples.items():
        np.testing.assert_array_equal(values, before.samples[name])
    assert (good.started_at_ms, good.elapsed_s, good.distance_m) == (
        before.started_at_ms,
        before.elapsed_s,
        before.distance_m,
    )


def test_bounds_are_those_that_the_records_table_enforces() -> None:
    columns = {column.name: column for column in TABLES["records"].columns}
    for name in CHANNELS:
        low, high = BOUNDS[name]
        assert columns[name].low == low
        assert columns[name].high is None or columns[name].high == high


@pytest.mark.parametrize(
    ("channel", "value", "reason"),
    [
        ("heart_rate_bpm", 0, "heart rate dropout"),
        ("heart_rate_bpm", 255, "heart rate dropout"),
        ("heart_rate_bpm", 12, "heart rate out of range"),
        ("power_w", 5000, "power spike"),
        ("power_w", 2500, "power spike"),
        ("power_w", -5, "power out of range"),
        ("power_w", np.inf, "power spike"),
        ("speed_mps", 80, "speed out of range"),
        ("speed_mps", -np.inf, "speed out of range"),
        ("cadence_rpm", 400, "cadence out of range"),
        ("temperature_c", 127, "temperature out of range"),
        ("altitude_m", 12_000, "altitude out of range"),
        ("lat", 91, "position out of range"),
    ],
)
def test_a_value_beyond_its_bounds_is_taken_out_and_counted(channel: str, value: float, reason: str) -> None:
    odd = ride()
    odd.samples[channel] = odd.samples[channel].copy()
    odd.samples[channel][[100, 200, 300]] = value
    expected = odd.samples[channel].copy()
    expected[[100, 200, 300]] = np.nan
    assert reasons(odd) == {reason: "3 of 3601 samples"}
    np.testing.assert_array_equal(odd.samples[channel], expected)


def test_a_sprint_is_not_a_spike() -> None:
    sprint = ride()
    sprint.samples["power_w"][100:106] = [900, 1800, 2450, 2300, 1900, 1200]
    assert clean(sprint) == []
    assert sprint.samples["power_w"][102] == 2450


def test_both_halves_of_a_position_go_together_and_null_island_is_no_place() -> None:
    odd = ride()
    odd.samples["lat"][10:20], odd.samples["lon"][10:20] = 0.0, 0.0
    odd.samples["lon"][50] = 181.0
    assert reasons(odd) == {"position 0, 0": "10 of 3601 samples", "position out of range": "1 of 3601 samples"}
    assert np.isnan(odd.samples["lat"][[10, 19, 50]]).all()
    assert np.isnan(odd.samples["lon"][[10, 19, 50]]).all()


def test_on_the_equator_or_the_meridian_is_a_place() -> None:
    odd = ride()
    odd.samples["lat"] = np.zeros(3601)
    assert clean(odd) == []
    assert (odd.samples["lat"] == 0).all()


def test_samples_come_out_sorted_and_one_per_time() -> None:
    mixed = ride(10)
    order = [0, 1, 2, 5, 4, 3, 6, 7, 8, 9, 10]
    mixed.samples = {name: values[order] for name, values in mixed.samples.items()}
    told = reasons(mixed)
    assert list(told) == ["time goes backwards"]
    np.testing.assert_array_equal(mixed.samples["ts"], NOON_MS + 1000 * np.arange(11))
    np.testing.assert_array_equal(mixed.samples["power_w"], ride(10).samples["power_w"])


def test_messages_that_share_a_time_complete_each_other_without_a_word() -> None:
    odd = Activity("running", NOON_MS, elapsed_s=1.0)
    odd.samples = {
        "ts": np.array([NOON_MS, NOON_MS, NOON_MS + 1000]),
        "power_w": np.array([200, np.nan, 210]),
        "heart_rate_bpm": np.array([np.nan, 150, 151]),
    }
    assert clean(odd) == []
    np.testing.assert_array_equal(odd.samples["power_w"], [200, 210])
    np.testing.assert_array_equal(odd.samples["heart_rate_bpm"], [150, 151])


def test_of_two_values_at_one_time_the_later_stays_and_it_is_told() -> None:
    odd = Activity("running", NOON_MS, elapsed_s=1.0)
    odd.samples = {"ts": np.array([NOON_MS, NOON_MS, NOON_MS + 1000]), "power_w": np.array([200.0, 205.0, 210.0])}
    assert list(reasons(odd)) == ["several samples at one time"]
    np.testing.assert_array_equal(odd.samples["power_w"], [205, 210])


def test_a_few_samples_weeks_before_the_rest_are_dropped_and_the_activity_begins_with_the_rest() -> None:
    odd = ride(started_at_ms=NOON_MS - 27 * DAY_MS, elapsed_s=27 * 86_400 + 3600.0, moving_s=3500.0)
    odd.samples["ts"] = odd.samples["ts"].copy()
    odd.samples["ts"][3:] += 27 * DAY_MS
    told = reasons(odd)
    assert list(told) == ["clock jump"]
    assert told["clock jump"].startswith("3 samples up to 27.0 days away")
    assert odd.started_at_ms == NOON_MS + 3000
    assert odd.elapsed_s == 3597.0
    assert len(odd.samples["ts"]) == 3598


def test_a_night_at_the_hut_is_no_clock_jump() -> None:
    long = ride(elapsed_s=3600.0 + 12 * 3600)
    long.samples["ts"] = long.samples["ts"].copy()
    long.samples["ts"][1800:] += 12 * 3_600_000
    assert clean(long) == []
    assert len(long.samples["ts"]) == 3601


def test_a_counter_that_restarts_goes_on_and_a_jump_adds_nothing() -> None:
    odd = ride()
    truth = odd.samples["distance_m"].copy()
    odd.samples["distance_m"][1000:] -= truth[1000]  # restarted
    odd.samples["distance_m"][2000:] += 50_000  # a jump for good
    odd.samples["distance_m"][3000] += 70_000  # and one for a second
    odd.distance_m = float(odd.samples["distance_m"][-1])
    assert set(reasons(odd)) == {"distance goes backwards", "distance jump"}
    mended = odd.samples["distance_m"]
    assert (np.diff(mended) >= 0).all()
    assert abs(mended[-1] - truth[-1]) < 60
    assert odd.distance_m == pytest.approx(mended[-1])


def test_pool_lengths_and_smart_recording_are_no_jumps() -> None:
    swim = Activity("swimming", NOON_MS, elapsed_s=1200.0, distance_m=2000.0)
    swim.samples = {"ts": NOON_MS + 30_000 * np.arange(41), "distance_m": 50.0 * np.arange(41)}
    assert clean(swim) == []


def test_jitter_of_a_counter_does_not_add_up() -> None:
    odd = ride()
    truth = 10 + odd.samples["distance_m"] / 10  # a stroll, so that jitter makes steps back
    odd.samples["distance_m"] = truth + np.where(np.arange(3601) % 2, 0.5, -0.5)
    assert (np.diff(odd.samples["distance_m"]) < 0).any()
    clean(odd)
    assert (np.diff(odd.samples["distance_m"]) >= 0).all()
    assert abs(odd.samples["distance_m"][-1] - truth[-1]) < 2


def test_elapsed_and_moving_time_the_wrong_way_round_are_swapped() -> None:
    odd = ride(elapsed_s=2000.0, moving_s=3600.0)
    assert list(reasons(odd)) == ["elapsed and moving time swapped"]
    assert (odd.elapsed_s, odd.moving_s) == (3600.0, 2000.0)


@pytest.mark.parametrize("start", [-40 * DAY_MS, 40 * DAY_MS, 30 * 60_000])
def test_a_start_far_from_the_samples_is_corrected_by_them(start: int) -> None:
    odd = ride()
    odd.started_at_ms += start
    assert "start time not believed" in reasons(odd)
    assert (odd.started_at_ms, odd.elapsed_s) == (NOON_MS, 3600.0)


@pytest.mark.parametrize("elapsed", [-3.0, 0.0, np.nan, np.inf, 5e9])
def test_an_elapsed_time_that_cannot_be_is_taken_from_the_samples(elapsed: float) -> None:
    odd = ride(elapsed_s=elapsed, moving_s=None)
    clean(odd)
    assert odd.elapsed_s == 3600.0


def test_totals_that_cannot_be_become_none() -> None:
    odd = ride(distance_m=900_000.0, ascent_m=-5.0, rpe=17.0, moving_s=9_000.0, pool_length_m=4000.0)
    assert set(reasons(odd)) == {"distance not believed", "moving time not believed"}
    assert (odd.distance_m, odd.ascent_m, odd.rpe, odd.moving_s, odd.pool_length_m) == (None,) * 5


def test_channels_without_a_value_go_and_types_are_one() -> None:
    odd = ride()
    odd.samples["heart_rate_bpm"] = np.zeros(3601, dtype=np.uint8)
    odd.samples["power_w"] = odd.samples["power_w"].astype(np.int32)
    odd.samples["ts"] = odd.samples["ts"].astype(np.uint64)
    clean(odd)
    assert "heart_rate_bpm" not in odd.samples
    assert odd.samples["ts"].dtype == np.int64
    assert {odd.samples[name].dtype for name in odd.samples if name != "ts"} == {np.dtype(np.float64)}


def test_a_watch_without_a_strap_lost_no_heart() -> None:
    bare = ride()
    bare.samples["heart_rate_bpm"] = np.zeros(3601)
    assert clean(bare) == []
    assert "heart_rate_bpm" not in bare.samples


def test_lists_keep_what_can_be() -> None:
    odd = ride()
    odd.laps = {
        "start": np.array([NOON_MS + 1000, NOON_MS, NOON_MS, NOON_MS]),
        "elapsed_s": np.array([60.0, 1.0, 500.0, -4.0]),
        "distance_m": np.array([10.0, np.nan, -3.0, 4.0]),
        "kind": np.array(["lap"] * 4),
        "stroke": np.array([""] * 4),
        "swim_strokes": np.full(4, np.nan),
    }
    odd.rr = {"ts": NOON_MS + np.array([900, 100, 500]), "rr_ms": np.array([800.0, 0.0, 810.0])}
    odd.developer = {
        "ts": np.array([NOON_MS, NOON_MS - 40 * DAY_MS]),
        "field": np.array(["a", "a"]),
        "unit": np.array(["", ""]),
        "value": np.array([1.0, 2.0]),
    }
    assert reasons(odd) == {
        "laps not believed": "1 of 4",
        "RR intervals not believed": "1 of 3",
        "developer fields not believed": "1 of 2",
    }
    assert odd.laps["elapsed_s"].tolist() == [500.0, 60.0]
    np.testing.assert_array_equal(odd.laps["distance_m"], [np.nan, 10])
    assert odd.rr["rr_ms"].tolist() == [810.0, 800.0]
    assert odd.developer["value"].tolist() == [1.0]


def test_an_event_sums_its_legs_after_they_are_mended() -> None:
    swim, bike = ride(600), ride(1200, started_at_ms=NOON_MS + 600_000)
    bike.samples["power_w"][50] = 9999
    event = Activity("multisport", NOON_MS, elapsed_s=5e9, distance_m=1.0, legs=[swim, bike])
    assert list(reasons(event)) == ["power spike"]
    assert event.elapsed_s == 1800.0
    assert event.distance_m == pytest.approx((swim.distance_m or 0) + (bike.distance_m or 0))


values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64), st.sampled_from([0.0, 255.0, 65535.0, 4294967295.0])
)
times = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(NOON_MS - 5_000, NOON_MS + 90_000))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_nothing_that_a_device_may_send_makes_it_raise(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 12))
    samples = {"ts": np.array(data.draw(st.lists(times, min_size=n, max_size=n)), dtype=np.int64)}
    for name in data.draw(st.lists(st.sampled_from(CHANNELS), unique=True)):
        length = n if data.draw(st.integers(0, 9)) else n + 1
        samples[name] = np.array(data.draw(st.lists(values, min_size=length, max_size=length)), dtype=float)
    odd = Activity(
        "running",
        data.draw(times),
        elapsed_s=data.draw(values),
        moving_s=data.draw(st.none() | values),
        distance_m=data.draw(st.none() | values),
        samples=samples,
    )
    clean(odd)
    assert (np.diff(odd.samples.get("ts", np.zeros(0))) > 0).all()
    for name, (low, high) in BOUNDS.items():
        kept = odd.samples.get(name, np.zeros(0))
        kept = kept[~np.isnan(kept)]
        assert ((kept >= low) & (kept <= high)).all()
    assert np.isfinite(odd.elapsed_s)
    assert odd.elapsed_s >= 0
    assert not clean(odd), "cleaning is done after one pass"
