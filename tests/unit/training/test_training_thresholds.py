"""Thresholds: those valid on a day, and estimates that rest on evidence or are not there."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from momentum.training.constants import DURATIONS_S, EVIDENCE_DAYS
from momentum.training.estimates import critical_power, estimate_thresholds, work_time_fit
from momentum.training.thresholds import FIELDS, Thresholds, combined, thresholds_on

DURATIONS = np.array(DURATIONS_S)
DAY = 20_000


def told(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def rows(*entries: dict) -> dict[str, np.ndarray]:
    columns = {name: np.array([float(e.get(name, np.nan)) for e in entries]) for name in FIELDS}
    columns["valid_from"] = np.array([e["valid_from"] for e in entries], dtype=np.int64)
    columns["sport"] = np.array([e.get("sport", "all") for e in entries], dtype=object)
    columns["source"] = np.array([e.get("source", "set") for e in entries], dtype=object)
    return columns


def test_the_one_valid_on_the_day_counts():
    table = rows({"valid_from": 100, "lthr_bpm": 160}, {"valid_from": 200, "lthr_bpm": 165})
    assert thresholds_on(table, "running", 99) == Thresholds()
    assert thresholds_on(table, "running", 100).lthr_bpm == 160
    assert thresholds_on(table, "running", 199).lthr_bpm == 160
    assert thresholds_on(table, "running", 200).lthr_bpm == 165


def test_order_of_entry_does_not_matter_but_for_the_same_day():
    table = rows({"valid_from": 200, "lthr_bpm": 165}, {"valid_from": 100, "lthr_bpm": 160})
    assert thresholds_on(table, "running", 150).lthr_bpm == 160
    corrected = rows({"valid_from": 100, "lthr_bpm": 160}, {"valid_from": 100, "lthr_bpm": 162})
    assert thresholds_on(corrected, "running", 150).lthr_bpm == 162


def test_a_row_with_one_value_leaves_the_others():
    table = rows({"valid_from": 100, "lthr_bpm": 160, "max_hr_bpm": 190}, {"valid_from": 200, "max_hr_bpm": 188})
    now = thresholds_on(table, "running", 300)
    assert (now.lthr_bpm, now.max_hr_bpm) == (160, 188)


def test_the_sports_own_value_comes_before_that_of_all():
    table = rows({"valid_from": 100, "sport": "running", "lthr_bpm": 172}, {"valid_from": 200, "lthr_bpm": 165})
    assert thresholds_on(table, "running", 300).lthr_bpm == 172
    assert thresholds_on(table, "cycling", 300).lthr_bpm == 165


def test_watts_set_for_all_are_a_cyclists():
    table = rows({"valid_from": 100, "ftp_w": 250, "critical_power_w": 255, "w_prime_j": 20_000, "lthr_bpm": 165})
    assert thresholds_on(table, "cycling", 100).ftp_w == 250
    runner = thresholds_on(table, "running", 100)
    assert (runner.ftp_w, runner.critical_power_w, runner.w_prime_j, runner.lthr_bpm) == (None, None, None, 165)
    own = rows({"valid_from": 100, "sport": "running", "ftp_w": 300})
    assert thresholds_on(own, "running", 100).ftp_w == 300


def test_what_is_estimated_is_marked():
    table = rows({"valid_from": 1, "lthr_bpm": 160}, {"valid_from": 1, "max_hr_bpm": 190, "source": "estimated"})
    now = thresholds_on(table, "running", 5)
    assert (now.source, now.estimated) == ("estimated", {"max_hr_bpm"})
    assert thresholds_on(rows({"valid_from": 1, "lthr_bpm": 160}), "running", 5).source == "set"
    assert thresholds_on(rows(), "running", 5) == Thresholds()


def test_an_estimate_fills_only_what_is_not_set():
    chosen = Thresholds(ftp_w=240, critical_power_w=245, source="set")
    estimates = Thresholds(ftp_w=260, critical_power_w=265, w_prime_j=18_000, max_hr_bpm=188, source="estimated")
    both = combined(chosen, estimates)
    assert (both.ftp_w, both.critical_power_w, both.w_prime_j, both.max_hr_bpm) == (240, 245, None, 188)
    assert (both.source, both.estimated) == ("estimated", {"max_hr_bpm"})
    assert combined(chosen, Thresholds()).source == "set"
    assert combined(Thresholds(), estimates).w_prime_j == 18_000


# --- Estimates ---


def evidence(*activities: dict) -> dict[str, np.ndarray]:
    def curve(entry, name):
        values = np.full(DURATIONS.size, np.nan)
        for seconds, value in entry.get(name, {}).items():
            values[np.searchsorted(DURATIONS, seconds)] = value
        return values

    n = len(activities)
    return {
        "local_date": np.array([a.get("day", DAY - 1) for a in activities], dtype=np.int64),
        "sport": np.array([a.get("sport", "cycling") for a in activities], dtype=object),
        "mean_max_w": np.array([curve(a, "watts") for a in activities]).reshape(n, DURATIONS.size),
        "mean_max_speed_mps": np.array([curve(a, "speeds") for a in activities]).reshape(n, DURATIONS.size),
        "hr_held_5s_bpm": np.array([a.get("held", np.nan) for a in activities], dtype=np.float64),
        "steady_30min_hr_bpm": np.array([a.get("steady", np.nan) for a in activities], dtype=np.float64),
        "is_test": np.array([a.get("test", False) for a in activities], dtype=bool),
    }


def estimate(*activities, sport="", max_hr_bpm=None):
    return estimate_thresholds(evidence(*activities), DAY, sport, max_hr_bpm=max_hr_bpm)


def test_without_evidence_there_is_no_value():
    thresholds, reasons = estimate()
    assert thresholds == Thresholds()
    assert all(reason.startswith("no value: ") for reason in reasons.values())
    assert thresholds.resting_hr_bpm is None


def test_hrmax_is_the_highest_held_in_two_activities():
    thresholds, reasons = estimate({"held": 203}, {"held": 188, "day": DAY - 9}, {"held": 186}, {})
    assert thresholds.max_hr_bpm == 188
    assert reasons["max_hr_bpm"] == (
        f"held 5 s: 188 bpm on {told(DAY - 9)}, second of 3 activities (highest 203 bpm on {told(DAY - 1)})"
    )
    assert thresholds.source == "estimated"
    assert estimate({"held": 203})[0].max_hr_bpm is None


def test_the_future_and_the_day_itself_do_not_leak():
    days = EVIDENCE_DAYS["max_hr_bpm"]
    for day in (DAY, DAY + 1, DAY - days - 1):
        assert estimate({"held": 188, "day": day}, {"held": 188})[0].max_hr_bpm is None
    assert estimate({"held": 188, "day": DAY - days}, {"held": 188})[0].max_hr_bpm == 188


def test_adding_later_activities_never_changes_an_estimate():
    earlier = [{"held": 188, "watts": {1200: 280}, "steady": 170, "day": DAY - n} for n in range(1, 6)]
    later = [{"held": 200, "watts": {1200: 400}, "steady": 190, "test": True, "day": DAY + n} for n in range(5)]
    assert estimate(*earlier) == estimate(*earlier, *later)


def test_threshold_heart_rate_of_a_marked_half_hour_is_the_newest():
    thresholds, reasons = estimate(
        {"steady": 168, "test": True, "day": DAY - 30}, {"steady": 171, "test": True, "day": DAY - 9}, {"steady": 180}
    )
    assert thresholds.lthr_bpm == 171
    assert reasons["lthr_bpm"] == f"last 20 of a steady 30 min, marked: 171 bpm on {told(DAY - 9)}"


def test_unmarked_half_hours_count_near_hrmax_and_twice():
    easy = [{"held": 190, "steady": 150, "day": DAY - n} for n in range(2, 6)]
    assert estimate(*easy)[0].lthr_bpm is None
    assert estimate(*easy, {"held": 190, "steady": 172})[0].lthr_bpm is None
    assert estimate(*easy, {"held": 190, "steady": 172}, {"held": 189, "steady": 170})[0].lthr_bpm == 170
    assert estimate({"steady": 172}, {"steady": 170})[0].lthr_bpm is None


def test_near_hrmax_is_near_the_one_that_was_set():
    """An athlete who never goes all out has a low estimate, and easy half hours would look near to it."""
    halves = [{"held": 170, "steady": 155, "day": DAY - n} for n in (2, 3)]
    assert estimate(*halves)[0].lthr_bpm == 155
    assert estimate(*halves, max_hr_bpm=195)[0].lthr_bpm is None
    assert estimate(*halves, max_hr_bpm=195)[0].max_hr_bpm == 170  # the evidence stays what it is
    hard = [{"steady": 172, "day": DAY - n} for n in (2, 3)]
    assert estimate(*hard, max_hr_bpm=195)[0].lthr_bpm == 172


def test_threshold_heart_rate_is_the_sports_own_else_that_of_others():
    run, bike = {"steady": 174, "test": True, "sport": "running"}, {"steady": 168, "test": True, "sport": "cycling"}
    assert estimate(run, bike, sport="running")[0].lthr_bpm == 174
    assert estimate(run, bike, sport="cycling")[0].lthr_bpm == 168
    thresholds, reasons = estimate(run, sport="hiking")
    assert thresholds.lthr_bpm == 174
    assert reasons["lthr_bpm"].endswith("in other sports")


def test_ftp_is_95_percent_of_the_best_20_min_of_enough_rides():
    rides = [{"watts": {1200: 240 + 10 * n}, "day": DAY - 1 - n} for n in range(3)]
    thresholds, reasons = estimate(*rides)
    assert thresholds.ftp_w == pytest.approx(0.95 * 260)
    assert reasons["ftp_w"] == (
        f"95 % of the best 20 min, 260 W on {told(DAY - 3)}, of 3 activities, none of them a marked test"
    )
    assert thresholds.critical_power_w is None
    few, why = estimate(*rides[:2])
    assert few.ftp_w is None
    assert "activities with power for 20 min: 2 of 3 needed" in why["ftp_w"]


def test_one_marked_test_is_enough_for_ftp():
    thresholds, reasons = estimate({"watts": {1200: 300}, "test": True})
    assert thresholds.ftp_w == pytest.approx(285)
    assert "marked" in reasons["ftp_w"]


def test_old_rides_and_other_sports_say_nothing_of_ftp():
    old = [{"watts": {1200: 300}, "day": DAY - EVIDENCE_DAYS["ftp_w"] - 1 - n} for n in range(5)]
    runs = [{"watts": {1200: 350}, "sport": "running", "day": DAY - 1 - n} for n in range(5)]
    assert estimate(*old, *runs)[0].ftp_w is None


def test_twenty_minutes_of_a_run_count_for_power_only_when_marked():
    runs = [{"watts": {1200: 350}, "sport": "running", "day": DAY - 1 - n} for n in range(5)]
    thresholds, reasons = estimate(*runs, sport="running")
    assert thresholds.ftp_w is None
    assert reasons["ftp_w"].endswith("no marked 20 min")
    assert estimate(*runs, {**runs[0], "test": True}, sport="running")[0].ftp_w == pytest.approx(0.95 * 350)


def efforts(values: dict[int, float], name="watts", **common):
    return [{name: {s: v}, "day": DAY - 3 - 2 * i, **common} for i, (s, v) in enumerate(values.items())]


def by_model(cp, w_prime, seconds):
    return {s: cp + w_prime / s for s in seconds}


def test_critical_power_of_efforts_on_different_days():
    thresholds, reasons = estimate(*efforts(by_model(250, 20_000, (180, 420, 1200))))
    assert thresholds.critical_power_w == pytest.approx(250)
    assert thresholds.w_prime_j == pytest.approx(20_000)
    assert thresholds.ftp_w == pytest.approx(250)
    assert reasons["ftp_w"] == (
        f"critical power of 3 efforts on different days: 361 W for 180 s on {told(DAY - 3)}, "
        f"298 W for 420 s on {told(DAY - 5)}, 267 W for 1200 s on {told(DAY - 7)}"
    )


def test_work_over_time_gives_the_worked_figures():
    (cp, w_prime), _ = work_time_fit(np.array([180.0, 300, 720, 1200]), np.array([360.0, 320, 275, 262]))
    assert cp == pytest.approx(244.04, abs=5e-3)
    assert w_prime == pytest.approx(21_873, abs=0.5)


def test_standard_errors_are_those_of_least_squares():
    from scipy.stats import linregress

    seconds, watts = np.array([180.0, 300, 720, 1200]), np.array([360.0, 320, 275, 262])
    line = linregress(seconds, seconds * watts)
    assert work_time_fit(seconds, watts)[1] == (pytest.approx(line.stderr), pytest.approx(line.intercept_stderr))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (by_model(250, 20_000, (180, 1200)), "efforts of 2 to 20 min on different days: 2 of 3 needed"),
        (by_model(250, 20_000, (420, 600, 1200)), "the longest effort is under 3 times the shortest"),
        ({180: 300, 420: 420, 1200: 260}, "standard error over 5 %"),
        ({180: 300, 420: 300, 1200: 300}, "standard error over 5 %"),
        ({180: 262, 420: 263, 1200: 258}, "standard error of the work above it over 20 %"),
    ],
)
def test_a_fit_that_is_not_fit_is_a_reason(values, reason):
    thresholds, reasons = estimate(*efforts(values))
    assert thresholds.critical_power_w is None
    assert reasons["critical_power_w"] == f"no value: {reason}"


def test_one_good_day_does_not_confirm_itself():
    whole_curve = by_model(250, 20_000, (180, 420, 720, 1200))
    assert estimate({"watts": whole_curve})[0].critical_power_w is None


def test_critical_speed_wants_marked_efforts():
    curve = by_model(4.2, 220, (180, 420, 1200))
    unmarked = efforts(curve, "speeds", sport="running")
    marked = efforts(curve, "speeds", sport="running", test=True)
    assert estimate(*unmarked)[0].threshold_speed_mps is None
    thresholds, reasons = estimate(*marked)
    assert thresholds.threshold_speed_mps == pytest.approx(4.2)
    assert reasons["threshold_speed_mps"].endswith("marked")
    assert thresholds.css_mps is None
    swims = efforts(by_model(1.3, 20, (180, 420, 1200)), "speeds", sport="swimming", test=True)
    assert estimate(*swims)[0].css_mps == pytest.approx(1.3)
    assert estimate(*swims, sport="swimming")[0].css_mps == pytest.approx(1.3)
    assert estimate(*marked, *swims, sport="cycling")[0].known.keys().isdisjoint({"threshold_speed_mps", "css_mps"})


def test_order_of_the_evidence_does_not_matter():
    rides = efforts(by_model(250, 20_000, (120, 180, 420, 720, 1200)))
    assert estimate(*rides)[0] == estimate(*rides[::-1])[0]


def test_no_efforts_at_all():
    assert critical_power(np.empty((0, 3)), np.empty(0))[0] is None
    assert critical_power(np.full((4, 3), np.nan), np.arange(4))[0] is None
