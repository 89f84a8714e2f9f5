"""All metrics of one activity: the columns of the table, with a reason for what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from momentum.training.activity import Person, Session, Thresholds, activity_metrics, filled
from momentum.training.constants import DURATIONS_S
from momentum.training.load import CONVENTION
from momentum.warehouse.tables import TABLES

PERSON = Person(sex="m", weight_kg=70.0, height_m=1.75)
SET = Thresholds(
    ftp_w=250.0, critical_power_w=255.0, w_prime_j=20_000.0, lthr_bpm=165.0, resting_hr_bpm=50.0, max_hr_bpm=190.0,
    threshold_speed_mps=4.0, css_mps=1.2, vt1_bpm=140.0, vt2_bpm=165.0, source="set",
)  # fmt: skip
# Filled in by whoever writes the row.
ELSEWHERE = {"athlete_id", "activity_id", "local_date", "model_version", "inputs_hash"}


def samples(n, step_s=1, **channels):
    ts = 1_700_000_000_000 + 1000 * step_s * np.arange(n, dtype=np.int64)
    return {"ts": ts, **{k: np.broadcast_to(np.asarray(v, dtype=np.float64), n).copy() for k, v in channels.items()}}


def metrics(session, recorded=None, lengths=None, thresholds=SET, person=PERSON, scale=None):
    return activity_metrics(session, recorded or {}, lengths or {}, thresholds, person, scale)


def ride(n=3600, thresholds=SET, person=PERSON, session=None, **channels):
    session = session or Session("cycling", elapsed_s=n, moving_s=n)
    return metrics(session, samples(n, **channels), thresholds=thresholds, person=person)


def test_the_columns_are_those_of_the_table():
    expected = set(TABLES["activity_metrics"].column_names) - ELSEWHERE
    assert set(metrics(Session("cycling"))) == expected
    assert set(ride(power_w=200, heart_rate_bpm=140, speed_mps=8, altitude_m=100, cadence_rpm=90)) == expected


def test_an_hour_at_ftp():
    row = ride(power_w=250, heart_rate_bpm=165)
    assert row["tss"] == pytest.approx(100)
    assert (row["load"], row["load_source"], row["load_reason"]) == (row["tss"], "tss", "")
    assert row["intensity_factor"] == pytest.approx(1.0)
    assert row["trimp100"] == pytest.approx(100)
    assert row["avg_power_w"] == row["max_power_w"] == 250
    assert sum(row["power_zone_s"]) == sum(row["hr_zone_s"]) == sum(row["polarised_zone_s"]) == 3600
    assert row["threshold_source"] == "set"
    assert row["mean_max_w"] == [250.0] * sum(d <= 3600 for d in DURATIONS_S)
    assert row["decoupling_pct"] == pytest.approx(0)
    assert row["efficiency_factor"] == pytest.approx(250 / 165)
    assert row["w_prime_min_j"] == pytest.approx(20_000)


def test_without_thresholds_nothing_is_assumed():
    row = ride(power_w=250, heart_rate_bpm=165, thresholds=Thresholds())
    assert row["np_w"] == pytest.approx(250)
    for name in ("tss", "intensity_factor", "bikescore", "w_prime_min_j", "trimp", "trimp100", "edwards", "lucia"):
        assert row[name] is None
    assert row["hr_zone_s"] == row["power_zone_s"] == row["polarised_zone_s"] == []
    assert (row["load"], row["load_source"], row["threshold_source"]) == (None, "", "")
    assert {"ftp_w not set", "critical_power_w not set", "lthr_bpm not set", "resting_hr_bpm not set"} <= set(
        row["notes"]
    )
    assert "tss: ftp_w not set" in row["load_reason"]


def test_a_strap_that_died_after_ten_minutes_is_no_measure_of_the_hour():
    beats = np.where(np.arange(3600) < 432, 150.0, np.nan)
    row = metrics(Session("cycling", elapsed_s=3600, rpe=6), samples(3600, heart_rate_bpm=beats, speed_mps=8.0))
    assert row["trimp"] is row["trimp100"] is row["edwards"] is None
    assert row["hr_zone_s"] == []
    assert "heart rate on 12 % of the time" in row["notes"]
    assert row["load_source"] == "srpe"
    assert "trimp100: heart rate on 12 % of the time" in row["load_reason"]
    assert row["load"] == pytest.approx(360 * 100 / 420)
    assert row["load_reason"].endswith(CONVENTION)
    assert row["avg_hr_bpm"] == 150


def test_a_power_meter_that_died_gives_no_tss():
    watts = np.where(np.arange(3600) < 600, 250.0, np.nan)
    row = ride(power_w=watts, heart_rate_bpm=150, speed_mps=8)
    assert row["tss"] is row["np_w"] is row["bikescore"] is None
    assert row["load_source"] == "trimp100"
    assert row["load_reason"] == "tss: power on 17 % of the time"
    assert row["mean_max_w"][DURATIONS_S.index(600)] == 250


def test_a_channel_of_zeros_is_no_power_meter():
    row = ride(power_w=0, heart_rate_bpm=150)
    assert row["tss"] is None
    assert row["load_source"] == "trimp100"
    assert "power is 0 throughout" in row["notes"]


def test_a_timer_that_ran_without_records_is_not_covered():
    """One point a minute: stops and silence cannot be told apart, and nothing is extrapolated."""
    row = metrics(Session("cycling", elapsed_s=3600), samples(60, step_s=60, heart_rate_bpm=150, power_w=200))
    assert row["trimp100"] is row["tss"] is None
    assert "power on 2 % of the time" in row["notes"]


def test_a_stop_is_no_lack_of_coverage_and_no_load():
    recorded = samples(3600, power_w=250, heart_rate_bpm=165)
    recorded["ts"][1800:] += 1_800_000
    row = metrics(Session("cycling", elapsed_s=5400, moving_s=3600), recorded)
    assert row["tss"] == pytest.approx(100)
    assert row["trimp100"] == pytest.approx(100)
    assert row["mean_max_w"][DURATIONS_S.index(5400)] == pytest.approx(250 * 3600 / 5400)
    unknown = metrics(Session("cycling", elapsed_s=5400), recorded)
    assert unknown["tss"] == pytest.approx(100)


def test_an_athlete_of_unknown_sex_is_told():
    row = ride(heart_rate_bpm=150, person=Person("unknown"))
    assert row["trimp"] is not None
    assert "sex unknown: TRIMP is the mean of both weights" in row["notes"]


@pytest.mark.parametrize(
    ("rest", "top", "lthr", "note"),
    [
        (185.0, 190.0, 165.0, "max_hr_bpm not well above resting_hr_bpm"),
        (190.0, 50.0, 165.0, "max_hr_bpm not well above resting_hr_bpm"),
        (50.0, 190.0, 45.0, "lthr_bpm not above resting_hr_bpm"),
        (0.0, 190.0, 165.0, "resting_hr_bpm not set"),
    ],
)
def test_impossible_settings_are_a_reason_and_not_a_load(rest, top, lthr, note):
    row = ride(heart_rate_bpm=150, thresholds=Thresholds(resting_hr_bpm=rest, max_hr_bpm=top, lthr_bpm=lthr))
    assert row["trimp100"] is None
    assert note in row["notes"]


def test_a_run_on_the_flat():
    row = metrics(Session("running", elapsed_s=3600, moving_s=3600), samples(3600, speed_mps=4, altitude_m=100))
    assert row["rtss"] == pytest.approx(100)
    assert row["govss"] == pytest.approx(100, abs=1)
    assert (row["load_source"], row["load_reason"]) == ("rtss", "tss: no power")
    assert row["stss"] is None


def test_uphill_is_more_and_standing_is_not_running():
    flat = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=3, altitude_m=100))
    climb = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=3, altitude_m=0.15 * np.arange(3600)))
    assert climb["rtss"] > flat["rtss"]
    speed = np.where(np.arange(3600) < 1800, 4.0, 0.0)
    half = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=speed, altitude_m=100))
    assert half["rtss"] == pytest.approx(50)


def test_a_run_without_altitude_is_flat_and_says_so_outdoors():
    note = "no altitude: running counted as flat"
    row = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=4))
    assert row["rtss"] == pytest.approx(100)
    assert note in row["notes"]
    assert note not in metrics(Session("running", "treadmill", elapsed_s=3600), samples(3600, speed_mps=4))["notes"]


def test_a_run_entered_by_hand_counts_by_its_mean_speed():
    row = metrics(Session("running", elapsed_s=3600, distance_m=14_400))
    assert row["rtss"] == pytest.approx(100)
    assert row["avg_speed_mps"] == 4
    assert "running speed from distance and time, counted as flat" in row["notes"]
    assert row["load_source"] == "rtss"
    for absurd in (100_000.0, 5.0):
        assert metrics(Session("running", elapsed_s=3600, distance_m=absurd))["rtss"] is None


def test_a_drive_home_recorded_as_a_run_is_no_run():
    row = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=25, altitude_m=100))
    assert row["rtss"] is row["govss"] is None
    assert "speed on 0 % of the time" in row["notes"]
    speed = np.where(np.arange(3600) < 3000, 4.0, 25.0)
    most = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=speed, altitude_m=100))
    assert most["rtss"] == pytest.approx(100 * 3000 / 3600)


@pytest.mark.parametrize("sport", ["walking", "hiking", "cycling", "other"])
def test_only_runs_have_a_running_load(sport):
    row = metrics(Session(sport, elapsed_s=3600, distance_m=14_400), samples(3600, speed_mps=4, heart_rate_bpm=150))
    assert row["rtss"] is row["govss"] is None
    assert row["load_source"] == "trimp100"


def test_govss_wants_a_body():
    row = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=4), person=Person("m", 70.0, None))
    assert row["govss"] is None
    assert "height_m not set" in row["notes"]
    assert row["rtss"] is not None


def test_a_swim_counts_its_lengths_and_not_its_rests():
    lengths = {"start": np.arange(100), "elapsed_s": np.full(100, 25 / 1.2), "distance_m": np.full(100, 25.0)}
    row = metrics(Session("swimming", elapsed_s=3600, moving_s=3600, distance_m=2500), lengths=lengths)
    assert row["stss"] == pytest.approx(100 * 2500 / 1.2 / 3600)
    assert (row["load_source"], row["load_reason"]) == ("stss", "tss: no power")
    lake = metrics(Session("swimming", "open_water", elapsed_s=3600, distance_m=4320))
    assert lake["stss"] == pytest.approx(100)
    assert "no pool lengths: rests are not told from swimming" in lake["notes"]
    assert metrics(Session("swimming", elapsed_s=3600))["stss"] is None
    assert metrics(Session("swimming", elapsed_s=60, distance_m=4000))["stss"] is None


def test_strength_counts_by_session_rpe_over_the_whole_session():
    row = metrics(Session("strength", elapsed_s=3600, moving_s=1200, rpe=6), scale=0.2)
    assert row["srpe"] == 360
    assert row["load"] == pytest.approx(72)
    assert row["duration_s"] == 1200
    assert row["load_reason"].endswith("session RPE scaled by the athlete's own history")


def test_intervals_have_no_decoupling():
    watts = np.tile(np.concatenate((np.full(240, 350.0), np.full(240, 100.0))), 6)
    row = ride(watts.size, power_w=watts, heart_rate_bpm=160)
    assert row["decoupling_pct"] is row["efficiency_factor"] is None
    assert "not a steady effort of 20 min" in row["notes"]


def test_a_steady_run_drifts():
    beats = np.linspace(140, 154, 3600)
    row = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=3.5, heart_rate_bpm=beats))
    assert 3 < row["decoupling_pct"] < 7
    assert row["efficiency_factor"] == pytest.approx(3.5 / 147, rel=1e-3)


def test_evidence_of_an_easy_run_is_none_for_the_threshold():
    easy = metrics(Session("running", elapsed_s=3600), samples(3600, speed_mps=3, heart_rate_bpm=140))
    assert easy["hr_held_5s_bpm"] == 140
    assert easy["steady_30min_hr_bpm"] is None
    hard = metrics(Session("running", elapsed_s=1900), samples(1900, speed_mps=4.2, heart_rate_bpm=171))
    assert hard["steady_30min_hr_bpm"] == pytest.approx(171)


def test_polarised_zones_go_by_ventilatory_thresholds_else_by_zones():
    beats = np.concatenate((np.full(1800, 130.0), np.full(1200, 150.0), np.full(600, 175.0)))
    assert ride(heart_rate_bpm=beats)["polarised_zone_s"] == [1800, 1200, 600]
    by_zones = ride(heart_rate_bpm=beats, thresholds=Thresholds(lthr_bpm=165.0))
    assert by_zones["polarised_zone_s"] == [1800, 1200, 600]
    assert by_zones["hr_zone_s"] == [0, 1800, 1200, 0, 600]
    by_power = ride(power_w=beats * 2, thresholds=Thresholds(ftp_w=300.0))
    assert by_power["polarised_zone_s"] == [0, 3000, 600]


def test_an_estimate_marks_the_row_only_where_it_was_used():
    marked = Thresholds(ftp_w=250.0, max_hr_bpm=190.0, source="estimated", estimated=frozenset({"max_hr_bpm"}))
    assert ride(power_w=200, thresholds=marked)["threshold_source"] == "set"
    assert ride(power_w=200, heart_rate_bpm=150, thresholds=marked)["threshold_source"] == "estimated"
    assert ride(power_w=200, thresholds=Thresholds(ftp_w=250.0, source="estimated"))["threshold_source"] == "estimated"


def test_averages_and_maxima():
    speed = np.where(np.arange(1000) < 800, 10.0, 0.0)
    cadence = np.where(np.arange(1000) < 700, 90.0, 0.0)
    row = ride(1000, session=Session("cycling", elapsed_s=1000), speed_mps=speed, cadence_rpm=cadence)
    assert (row["avg_speed_mps"], row["max_speed_mps"]) == (10.0, 10.0)
    assert row["avg_cadence_rpm"] == 90
    told = ride(1000, session=Session("cycling", elapsed_s=1000, moving_s=800, distance_m=7600), speed_mps=speed)
    assert told["avg_speed_mps"] == 9.5
    assert ride(100, session=Session("cycling", elapsed_s=1, distance_m=1e6), speed_mps=5.0)["avg_speed_mps"] == 5


_ELSEWHERE_BY_SPORT = {"running": {"stss"}, "swimming": {"rtss", "govss"}}


def unexplained(session, recorded=None, lengths=None, thresholds=SET, person=PERSON):
    """Metrics that are null (or an empty list) without a reason; another sport's scores need none."""
    sheet = filled(session, recorded or {}, lengths or {}, thresholds, person)
    missing = {name for name, value in sheet.numbers.items() if value is None}
    missing |= {name for name, values in sheet.arrays.items() if values.size == 0}
    assert not {name for name in sheet.reasons if name not in missing}, "a reason for what is there"
    return missing - sheet.reasons.keys() - _ELSEWHERE_BY_SPORT.get(session.sport, {"rtss", "govss", "stss"})


@pytest.mark.parametrize("sport", ["cycling", "running", "swimming", "strength"])
@pytest.mark.parametrize("thresholds", [SET, Thresholds()], ids=["set", "not set"])
@pytest.mark.parametrize(
    "channels",
    [
        {},
        {"power_w": 200},
        {"power_w": 0, "heart_rate_bpm": 150},
        {"heart_rate_bpm": 150, "speed_mps": 3},
        {"heart_rate_bpm": 150, "speed_mps": 0, "cadence_rpm": 0},
        {"heart_rate_bpm": 150, "speed_mps": 3, "power_w": 200, "cadence_rpm": 90, "altitude_m": 10},
        {"heart_rate_bpm": 150, "power_w": np.where(np.arange(3600) < 1800, 0.0, 200.0)},
        {"heart_rate_bpm": np.where(np.arange(3600) < 400, 150.0, np.nan), "speed_mps": 3, "power_w": 200},
        {"heart_rate_bpm": np.where(np.arange(3600) % 4, np.nan, 150.0)},
        {"speed_mps": 30},
    ],
    ids=range(10),
)
def test_every_metric_that_is_null_says_why(sport, thresholds, channels):
    session = Session(sport, elapsed_s=3600, moving_s=3600, distance_m=10_000)
    for person in (PERSON, Person()):
        recorded = samples(3600, **channels) if channels else {}
        assert unexplained(session, recorded, thresholds=thresholds, person=person) == set()


def test_the_reasons_are_the_notes_of_the_row():
    row = metrics(Session("running", elapsed_s=3600, distance_m=10_000), person=Person())
    assert {"no power", "no heart rate", "no speed", "no cadence", "no session RPE"} <= set(row["notes"])
    run = samples(3600, speed_mps=3.0, heart_rate_bpm=150)
    assert "weight_kg not set" in metrics(Session("running", elapsed_s=3600), run, person=Person())["notes"]
    intervals = np.where(np.arange(3600) // 120 % 2, 100.0, 300.0)
    assert "not a steady effort of 20 min" in ride(power_w=intervals, heart_rate_bpm=150)["notes"]


def in_bounds(row):
    for column in TABLES["activity_metrics"].columns:
        if column.name in ELSEWHERE or row[column.name] is None:
            continue
        value = row[column.name]
        if "Array(Float64)" in column.type:
            assert all(np.isfinite(v) and v >= 0 for v in value), column.name
        elif "Float64" in column.type:
            assert isinstance(value, float), column.name
            assert np.isfinite(value), column.name
            assert column.low is None or value >= column.low, column.name
            assert column.high is None or value <= column.high, column.name
        else:
            assert value is not None


CHANNELS = ("heart_rate_bpm", "power_w", "speed_mps", "cadence_rpm", "altitude_m", "distance_m", "lat", "lon")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_samples_whatever_give_figures_within_the_tables_bounds(data):
    n = data.draw(st.integers(0, 40))
    steps = np.array(data.draw(st.lists(st.integers(0, 120_000), min_size=n, max_size=n)), dtype=np.int64)
    recorded = {"ts": np.cumsum(steps)}
    odd = st.one_of(st.floats(-50, 300), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 65_535.0, 1e300, -1e300]))
    for name in data.draw(st.sets(st.sampled_from(CHANNELS))):
        recorded[name] = np.array(data.draw(st.lists(odd, min_size=n, max_size=n)), dtype=np.float64)
    session = Session(
        data.draw(st.sampled_from(["cycling", "running", "swimming", "strength", "other"])),
        elapsed_s=float(recorded["ts"][-1] / 1000) if n else 0.0,
        moving_s=data.draw(st.one_of(st.none(), st.floats(0, 4000))),
        distance_m=data.draw(st.one_of(st.none(), st.floats(0, 50_000))),
        rpe=data.draw(st.one_of(st.none(), st.floats(0, 10))),
    )
    thresholds = data.draw(st.sampled_from([SET, Thresholds()]))
    row = metrics(session, recorded, thresholds=thresholds)
    assert unexplained(session, recorded, thresholds=thresholds) == set()
    in_bounds(row)
    assert (row["load"] is None) == (row["load_source"] == "")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_samples(n):
    for sport in ("cycling", "running", "swimming"):
        nothing = {name: np.full(n, np.nan) for name in CHANNELS}
        in_bounds(metrics(Session(sport), {"ts": np.arange(n, dtype=np.int64) * 1000, **nothing}))
        in_bounds(metrics(Session(sport), samples(n, power_w=200, heart_rate_bpm=150, speed_mps=3)))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(1, 200))
def test_more_power_or_a_faster_heart_is_never_less_load(seed, more):
    noise = np.random.default_rng(seed).uniform(0, 300, 900)
    assert ride(900, power_w=noise + more)["tss"] >= ride(900, power_w=noise)["tss"]
    beats = 100 + noise / 10
    assert ride(900, heart_rate_bpm=beats + more / 10)["load"] >= ride(900, heart_rate_bpm=beats)["load"]


def test_the_time_of_day_does_not_matter():
    recorded = samples(900, power_w=np.random.default_rng(1).uniform(0, 300, 900), heart_rate_bpm=150)
    later = {**recorded, "ts": recorded["ts"] + 86_400_000_123}
    session = Session("cycling", elapsed_s=900)
    assert metrics(session, recorded) == metrics(session, later)


def test_nothing_that_is_handed_in_is_changed():
    recorded = samples(900, power_w=250, heart_rate_bpm=150, speed_mps=4, altitude_m=10, cadence_rpm=80)
    recorded["heart_rate_bpm"][10:20] = 0
    before = {name: values.copy() for name, values in recorded.items()}
    metrics(Session("running", elapsed_s=900), recorded)
    for name, values in before.items():
        assert np.array_equal(values, recorded[name], equal_nan=True)
