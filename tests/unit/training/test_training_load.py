"""The one load of an activity: by preference, with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from momentum.training.constants import SRPE_DEFAULT_SCALE
from momentum.training.load import CONVENTION, OWN_HISTORY, choose_load, srpe_scale

ALL = {"tss": 80.0, "rtss": 70.0, "stss": 60.0, "trimp100": 50.0, "srpe": 400.0}


def test_power_comes_first():
    assert choose_load(ALL, {}, "cycling", (), None) == (80.0, "tss", "")


@pytest.mark.parametrize(
    ("missing", "source"),
    [((), "tss"), (("tss",), "rtss"), (("tss", "rtss"), "stss"), (("tss", "rtss", "stss"), "trimp100")],
)
def test_the_next_source_serves_and_the_reason_says_why(missing, source):
    metrics = {**ALL, **dict.fromkeys(missing)}
    load, chosen, reason = choose_load(metrics, {"tss": "ftp_w not set"}, "running", (), 0.2)
    assert (load, chosen) == (ALL[source], source)
    assert ("tss: ftp_w not set" in reason) == ("tss" in missing)


def test_session_rpe_is_scaled_by_the_athletes_history():
    load, source, reason = choose_load({"srpe": 400.0}, {"tss": "no power"}, "strength", ("tss", "srpe"), 0.2)
    assert (load, source) == (pytest.approx(80.0), "srpe")
    assert reason == f"tss: no power; {OWN_HISTORY}"


def test_without_a_history_by_a_convention_that_is_told():
    load, _, reason = choose_load({"srpe": 420.0}, {}, "strength", ("srpe",), None)
    assert load == pytest.approx(100.0)
    assert reason == CONVENTION
    assert "by convention (an hour at 7 is 100)" in CONVENTION
    assert pytest.approx(420.0) == 100.0 / SRPE_DEFAULT_SCALE


def test_none_has_reasons_for_all_that_apply():
    load, source, reason = choose_load({}, {"tss": "no power", "trimp100": "no heart rate"}, "cycling", (), None)
    assert (load, source) == (None, "")
    assert reason == "tss: no power; trimp100: no heart rate; srpe: missing"
    assert "rtss" not in reason


def test_the_athletes_order_counts():
    assert choose_load(ALL, {}, "cycling", ("trimp100", "tss"), None)[:2] == (50.0, "trimp100")
    load, source, reason = choose_load(ALL, {}, "cycling", ("edwards", "tss"), None)
    assert (load, source, reason) == (80.0, "tss", "edwards: not a source of load")


def test_a_load_of_zero_is_a_load():
    assert choose_load({"tss": 0.0, "srpe": 300.0}, {}, "cycling", (), None)[:2] == (0.0, "tss")


def history(n, load=60.0, srpe=300.0, first=0):
    return np.arange(first, first + n), np.full(n, load), np.full(n, srpe)


def test_scale_is_the_median_ratio():
    days, loads, srpe = history(5)
    loads[4] = 600.0
    assert srpe_scale(days, loads, srpe, 10) == (pytest.approx(0.2), "median of 5 sessions of the year before")


def test_under_five_sessions_there_is_none():
    scale, why = srpe_scale(*history(4), 10)
    assert scale is None
    assert why == "sessions with load and session RPE in the year before: 4 of 5 needed"


def test_neither_the_day_itself_nor_the_future_nor_the_distant_past_counts():
    for on_day in (0, 4, 5 + 365):
        assert srpe_scale(*history(5), on_day)[0] is None
    assert srpe_scale(*history(5), 5)[0] is not None


def test_sessions_without_either_do_not_count():
    days, loads, srpe = history(8)
    loads[:2], srpe[2:4] = np.nan, 0.0
    assert srpe_scale(days, loads, srpe, 20)[0] is None
    assert srpe_scale(*(np.empty(0),) * 3, 20)[0] is None
