"""fitness: CTL, ATL, form, ramp, ACWR, monotony and strain, against the plain recursions of momentum.training."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from cohort_rows import activity, athlete, put
from numpy.testing import assert_allclose

from momentum.adapters.clickhouse import Client
from momentum.training import series
from momentum.warehouse.models import run
from momentum.warehouse.models.run import recompute

FIRST = date(2023, 1, 1)


def put_days(client: Client, athlete_id: str, loads: Mapping[date, Mapping[str, tuple[float, str]]]) -> None:
    """Dense rows of daily_load; per day and sport its load and source."""
    days = [min(loads) + timedelta(days=n) for n in range((max(loads) - min(loads)).days + 1)]
    put(
        client,
        "daily_load",
        [
            {
                "athlete_id": athlete_id,
                "local_date": day,
                "load": float(sum(load for load, _ in loads.get(day, {}).values())),
                "load_by_sport": [(sport, load) for sport, (load, _) in loads.get(day, {}).items()],
                "load_sources_by_sport": [(sport, source) for sport, (_, source) in loads.get(day, {}).items()],
            }
            for day in days
        ],
    )


def cycling(loads: np.ndarray | list[float], first: date = FIRST) -> dict[date, dict[str, tuple[float, str]]]:
    """One sport, trained on the first day and whenever there is load, listed to the last day."""
    last = len(loads) - 1
    return {
        first + timedelta(days=n): {"cycling": (float(load), "tss")} if load or n == 0 else {}
        for n, load in enumerate(loads)
        if load or n in (0, last)
    }


def fitness(client: Client, athlete_id: str, sport: str = "all") -> dict[str, Any]:
    """Columns of one series, NULL as NaN."""
    table = client.query(
        "SELECT * FROM fitness WHERE athlete_id = {athlete:String} AND sport = {sport:String} ORDER BY local_date",
        {"athlete": athlete_id, "sport": sport},
    )
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}


def expected(load: np.ndarray, ctl_seed: float = 0, atl_seed: float = 0) -> dict[str, np.ndarray]:
    ctl, atl = series.ctl(load, ctl_seed), series.atl(load, atl_seed)
    return {
        "load": load,
        "ctl": ctl,
        "atl": atl,
        "tsb": series.tsb(ctl, atl, ctl_seed, atl_seed),
        "tsb_evening": series.tsb_evening(ctl, atl),
        "ramp_rate": series.ramp_rate(ctl, ctl_seed),
        "acwr": series.acwr(load),
        "acwr_uncoupled": series.acwr_uncoupled(load),
        "acwr_ewma": series.acwr_ewma(load),
        "monotony": series.monotony(load)[0],
        "strain": series.strain(load),
    }


def assert_is(found: Mapping[str, Any], load: np.ndarray, ctl_seed: float = 0, atl_seed: float = 0) -> None:
    for name, values in expected(load, ctl_seed, atl_seed).items():
        # Differences (form, ramp) are as exact as what they are taken from, not as their own small value.
        assert_allclose(found[name].astype(float), values, rtol=1e-9, atol=1e-10, err_msg=name)
    assert found["monotony_reason"].tolist() == series.monotony(load)[1]


def compute(client: Client, days: int, first: date = FIRST) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    recompute(client, "fitness", first, first + timedelta(days=days - 1), now=now)


def test_every_series_equals_the_recursion_of_its_sport(client: Client) -> None:
    rng = np.random.default_rng(4)
    days = 500
    by_sport = {
        sport: np.where(rng.random(days) < share, rng.gamma(3, 25, days), 0.0)
        for sport, share in {"cycling": 0.5, "running": 0.3, "swimming": 0.02}.items()
    }
    by_sport["swimming"][:200] = 0
    put_days(
        client,
        "a",
        {
            FIRST + timedelta(days=n): {s: (float(x[n]), "tss") for s, x in by_sport.items() if x[n]}
            for n in range(days)
        },
    )
    compute(client, days)
    dense = {"all": sum(by_sport.values())} | by_sport
    for sport, load in dense.items():
        found = fitness(client, "a", sport)
        start = int(np.flatnonzero(load)[0]) if sport != "all" else 0
        assert found["local_date"][0].astype("datetime64[D]").astype(date) == FIRST + timedelta(days=start)
        assert_is(found, load[start:])


def test_seeds_are_the_evening_before_and_count_for_all_sports_together_only(client: Client) -> None:
    load = np.array([50.0, 0, 120, 0, 0, 80, 0, 0, 30, 0, 45])
    put(client, "athletes", [athlete("a", ctl_seed=60, atl_seed=75)])
    put_days(client, "a", cycling(load))
    compute(client, load.size)
    assert_is(fitness(client, "a"), load, 60, 75)
    assert_is(fitness(client, "a", "cycling"), load)
    assert fitness(client, "a")["tsb"][0] == -15


def test_forty_years_stay_exact_and_finite(client: Client) -> None:
    days = 40 * 365
    load = np.where(np.arange(days) % 3 == 0, 90.0 + np.arange(days) % 17 / 7, 0.0)
    load[5000:9000] = 0  # eleven years of rest: CTL falls to nothing, and what follows is not disturbed
    first = date(1985, 1, 1)
    put_days(client, "a", cycling(load, first))
    compute(client, days, first)
    assert_is(fitness(client, "a"), load)


def test_published_cases_of_acwr_and_monotony(client: Client) -> None:
    put_days(client, "acwr", cycling([50] * 21 + [100] * 7))
    put_days(client, "week", cycling([5, 15, 20, 20, 20, 25, 35]))
    compute(client, 28)
    last = {name: values[-1] for name, values in fitness(client, "acwr").items()}
    assert last["acwr"] == pytest.approx(1.6)
    assert last["acwr_uncoupled"] == pytest.approx(2.0)
    assert last["acwr_ewma"] == pytest.approx(1.3394, abs=5e-5)
    week = fitness(client, "week")
    assert week["monotony"][-1] == pytest.approx(2.191, abs=5e-4)
    assert week["strain"][-1] == pytest.approx(140 * 2.191, abs=0.1)


def test_the_convention_is_not_that_of_2_over_n_plus_1(client: Client) -> None:
    put_days(client, "a", cycling([100] * 7 + [0] * 7))
    compute(client, 14)
    found = fitness(client, "a")
    assert found["atl"][6] == pytest.approx(100 * (1 - np.exp(-1)))
    assert round(found["atl"][6]) != 87
    assert round(found["ctl"][6]) != 28


def test_constant_load_and_no_load_give_a_reason_and_no_number(client: Client) -> None:
    put_days(client, "a", cycling([0.1] * 10 + [0] * 40 + [10]))
    compute(client, 51)
    found = fitness(client, "a")
    assert found["monotony_reason"][[0, 5, 6, 9, 30, 50]].tolist() == [
        "fewer than 7 days", "fewer than 7 days", "constant load", "constant load", "no load", "",
    ]  # fmt: skip
    assert np.isnan(found["monotony"][6].astype(float))
    assert np.isnan(found["acwr"][45].astype(float))
    assert np.isnan(found["acwr"][26].astype(float))
    assert found["acwr"][27] == 0


def test_a_change_of_source_is_marked_on_the_sport_and_on_all(client: Client) -> None:
    sources = {0: ("cycling", "tss"), 1: ("running", "rtss"), 3: ("cycling", "tss"), 6: ("cycling", "srpe"),
               7: ("cycling", ""), 8: ("cycling", "srpe"), 9: ("running", "rtss"), 12: ("cycling", "tss")}  # fmt: skip
    put_days(client, "a", {FIRST + timedelta(days=n): {s: (50.0, src)} for n, (s, src) in sources.items()})
    compute(client, 13)
    assert np.flatnonzero(fitness(client, "a")["source_changed"]).tolist() == [6, 12]
    assert np.flatnonzero(fitness(client, "a", "cycling")["source_changed"]).tolist() == [6, 12]
    assert not fitness(client, "a", "running")["source_changed"].any()
    told = [[src] if s == "cycling" and src else [] for s, src in (sources.get(n, ("", "")) for n in range(13))]
    assert np.flatnonzero(series.source_changed(told)).tolist() == [6, 12]


def test_a_part_of_the_range_equals_the_whole(client: Client) -> None:
    load = np.random.default_rng(1).gamma(2, 30, 200)
    put_days(client, "a", cycling(load))
    compute(client, 200)
    whole = fitness(client, "a")
    client.command("TRUNCATE TABLE publications")
    client.command("ALTER TABLE fitness DROP PARTITION 202304")
    recompute(client, "fitness", date(2023, 4, 5), date(2023, 4, 6), now=datetime(2030, 1, 1, tzinfo=UTC))
    again = fitness(client, "a")
    for name in expected(load):
        np.testing.assert_array_equal(again[name], whole[name], err_msg=name)


def test_buckets_of_athletes_give_the_same_as_one_pass(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    for number in range(5):
        put_days(client, f"a{number}", cycling(rng.gamma(2, 30, 60)))
    compute(client, 60)
    sql = "SELECT * EXCEPT model_version FROM fitness ORDER BY athlete_id, sport, local_date"
    whole = client.query(sql)
    client.command("TRUNCATE TABLE publications")
    client.command("TRUNCATE TABLE fitness")
    monkeypatch.setattr(run, "BUCKET_ROWS", 100)
    compute(client, 60)
    assert whole.num_rows == 600
    assert client.query(sql) == whole


def test_from_activities_to_fitness(client: Client) -> None:
    """Both models together: load without a source still counts the sport as trained."""
    put(client, "activity_metrics", [activity("a", FIRST, 100), activity("a", FIRST, None, sport="strength")])
    now = datetime(2023, 1, 3, tzinfo=UTC)
    for table in ("daily_load", "fitness"):
        recompute(client, table, FIRST, FIRST, now=now)
    assert fitness(client, "a")["load"].tolist() == [100, 0, 0]
    assert fitness(client, "a", "strength")["load"].tolist() == [0, 0, 0]
    assert fitness(client, "a", "cycling")["ctl"][0] == pytest.approx(100 * (1 - np.exp(-1 / 42)))
