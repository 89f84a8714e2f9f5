"""The named queries: each is asked over rows planted by hand, so that every figure can be told beforehand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse import queries
from momentum.warehouse.ingest.columns import rows_to_arrow

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
MONDAY = date(2024, 4, 29)


def plant(client: Client, table: str, *rows: dict[str, Any]) -> None:
    client.insert(table, rows_to_arrow(table, [{"athlete_id": "ana", **row} for row in rows]))


def activity(name: str, day: date, sport: str = "cycling", hour: int = 8, **columns: Any) -> dict[str, Any]:
    started = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return {"activity_id": name, "local_date": day, "sport": sport, "started_at": started, **columns}


# --- who there is ---


def test_athletes_shows_sports_days_and_the_newest_fitness(client: Client) -> None:
    plant(client, "athletes", {"name": "An", "at": AT}, {"name": "Ana", "at": LATER})
    plant(
        client,
        "activities",
        activity("a", date(2024, 1, 5), "running"),
        activity("b", date(2024, 2, 5), "cycling"),
        activity("c", date(2024, 3, 5), "cycling"),
        activity("d", date(2024, 2, 1), "running", athlete_id="bob"),
    )
    plant(
        client,
        "fitness",
        {"local_date": date(2024, 3, 5), "sport": "all", "ctl": 40.0, "atl": 50.0, "tsb": -8.0, "tsb_evening": -10.0},
        {"local_date": date(2024, 3, 4), "sport": "all", "ctl": 39.0},
        {"local_date": date(2024, 3, 5), "sport": "cycling", "ctl": 30.0},
    )
    ana, bob = queries.athletes(client)
    assert ana == {
        "athlete_id": "ana",
        "name": "Ana",
        "sports": ["cycling", "running"],
        "first_day": date(2024, 1, 5),
        "last_day": date(2024, 3, 5),
        "activities": 3,
        "fitness_day": date(2024, 3, 5),
        "ctl": 40.0,
        "atl": 50.0,
        "tsb": -8.0,
        "tsb_evening": -10.0,
    }
    assert (bob["athlete_id"], bob["name"], bob["activities"]) == ("bob", "", 1), "activities without a profile"
    assert bob["ctl"] is None and bob["fitness_day"] is None, "no fitness is not a fitness of 0"


def test_an_athlete_without_activities_is_there(client: Client) -> None:
    plant(client, "athletes", {"name": "Ana", "at": AT})
    [ana] = queries.athletes(client)
    assert (ana["sports"], ana["first_day"], ana["last_day"], ana["activities"]) == ([], None, None, 0)


def test_a_multisport_event_counts_once_and_its_legs_tell_the_sports(client: Client) -> None:
    day = date(2024, 6, 1)
    legs = [
        activity(f"leg{leg}", day, sport, parent_id="event", leg=leg)
        for leg, sport in enumerate(("swimming", "transition", "cycling", "transition", "running"), start=1)
    ]
    plant(client, "activities", activity("event", day, "multisport"), *legs)
    [ana] = queries.athletes(client)
    assert ana["activities"] == 1
    assert sorted(ana["sports"]) == ["cycling", "running", "swimming"]


def test_profile_has_the_newest_weighing(client: Client) -> None:
    plant(client, "athletes", {"name": "Ana", "sex": "f", "weight_kg": 60.0, "timezone": "Europe/Paris", "at": AT})
    before = queries.profile(client, "ana")
    assert before is not None
    assert (before["name"], before["sex"], before["timezone"]) == ("Ana", "f", "Europe/Paris")
    assert (before["weight_kg"], before["weighed_on"], before["activities"]) == (60.0, None, 0)
    plant(
        client,
        "body",
        {"date": date(2024, 1, 1), "weight_kg": 61.0, "at": LATER},
        {"date": date(2024, 2, 1), "weight_kg": 66.0, "at": AT},
        {"date": date(2024, 2, 1), "weight_kg": 62.0, "at": LATER},
    )
    after = queries.profile(client, "ana")
    assert after is not None
    assert (after["weight_kg"], after["weighed_on"]) == (62.0, date(2024, 2, 1))


def test_profile_of_activities_only_and_of_nobody(client: Client) -> None:
    plant(client, "activities", activity("a", MONDAY))
    ana = queries.profile(client, "ana")
    assert ana is not None and ana["activities"] == 1 and ana["timezone"] is None
    assert queries.profile(client, "nobody") is None


def test_newest_athletes_are_those_with_the_newest_activity(client: Client) -> None:
    for number in range(4):
        plant(client, "activities", activity("a", date(2024, 1, 1 + number), athlete_id=f"athlete{number}"))
    plant(client, "activities", activity("b", date(2024, 2, 1), athlete_id="athlete0"))
    assert queries.newest_athletes(client, 3) == ["athlete0", "athlete3", "athlete2"]


# --- thresholds, events ---


def told(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, date, str]]:
    return {(row["sport"], row["name"]): (row["value"], row["valid_from"], row["source"]) for row in rows}


def test_thresholds_are_per_value_the_newest_valid_on_the_day(client: Client) -> None:
    january, march, june = date(2024, 1, 1), date(2024, 3, 1), date(2024, 6, 1)
    common = {"sport": "cycling", "status": "accepted", "at": AT}
    plant(
        client,
        "thresholds",
        {**common, "valid_from": january, "ftp_w": 200.0, "lthr_bpm": 165.0, "source": "set"},
        {**common, "valid_from": march, "ftp_w": 210.0, "source": "estimated", "evidence": "best 20 min"},
        {**common, "valid_from": june, "ftp_w": 220.0, "source": "set"},
        {**common, "valid_from": march, "ftp_w": 999.0, "source": "estimated", "status": "proposed"},
        {**common, "valid_from": january, "sport": "all", "max_hr_bpm": 188.0, "source": "set"},
    )
    assert told(queries.thresholds_on(client, "ana", date(2024, 5, 1))) == {
        ("all", "max_hr_bpm"): (188.0, january, "set"),
        ("cycling", "ftp_w"): (210.0, march, "estimated"),
        ("cycling", "lthr_bpm"): (165.0, january, "set"),
    }
    assert told(queries.thresholds_on(client, "ana", june))[("cycling", "ftp_w")] == (220.0, june, "set")
    assert queries.thresholds_on(client, "ana", date(2023, 12, 31)) == []


def test_of_two_thresholds_for_a_day_the_one_entered_later_counts(client: Client) -> None:
    common = {"sport": "cycling", "status": "accepted", "valid_from": MONDAY, "source": "set"}
    plant(client, "thresholds", {**common, "ftp_w": 250.0, "at": LATER}, {**common, "ftp_w": 205.0, "at": AT})
    assert told(queries.thresholds_on(client, "ana", MONDAY)) == {("cycling", "ftp_w"): (250.0, MONDAY, "set")}


def test_thresholds_in_use_add_estimates_where_nothing_is_set(client: Client) -> None:
    plant(client, "thresholds", {"sport": "cycling", "status": "accepted", "valid_from": MONDAY, "lthr_bpm": 165.0,
                                 "source": "set", "at": AT})  # fmt: skip
    rows = [
        metrics(name, MONDAY - timedelta(9), sport, 50.0, hr_held_5s_bpm=bpm)
        for name, sport, bpm in (("a", "cycling", 181.0), ("b", "running", 185.0), ("c", "running", 190.0))
    ]
    plant(client, "activity_metrics", *rows)
    found = queries.thresholds_in_use(client, "ana", ["running", "cycling"], MONDAY)
    assert [(row["sport"], row["name"], row["value"], row["source"]) for row in found] == [
        ("all", "max_hr_bpm", 185.0, "estimated"),
        ("cycling", "lthr_bpm", 165.0, "set"),
    ]
    plant(client, "thresholds", {"sport": "all", "status": "accepted", "valid_from": MONDAY, "max_hr_bpm": 192.0,
                                 "source": "set", "at": AT})  # fmt: skip
    found = queries.thresholds_in_use(client, "ana", ["running", "cycling"], MONDAY)
    assert [(row["name"], row["value"]) for row in found if row["sport"] == "all"] == [("max_hr_bpm", 192.0)]


def test_events_of_a_range_with_the_newest_word_on_each(client: Client) -> None:
    race = {"date": date(2024, 5, 5), "name": "Spring 10k", "kind": "race", "sport": "running"}
    plant(
        client,
        "events",
        {**race, "time_s": 2500.0, "at": AT},
        {**race, "time_s": 2440.0, "priority": "A", "at": LATER},
        {**race, "date": date(2024, 6, 5), "at": AT},
        {**race, "athlete_id": "bob", "at": AT},
    )
    [found] = queries.events_between(client, "ana", date(2024, 5, 5), date(2024, 6, 4))
    assert (found["name"], found["time_s"], found["priority"]) == ("Spring 10k", 2440.0, "A")


# --- load and fitness ---


def metrics(name: str, day: date, sport: str, load: float | None, **columns: Any) -> dict[str, Any]:
    return {"activity_id": name, "local_date": day, "sport": sport, "load": load, "duration_s": 3600.0, **columns}


def test_this_week_begins_on_monday_and_ends_today(client: Client) -> None:
    plant(
        client,
        "activity_metrics",
        metrics("sunday", MONDAY - timedelta(1), "running", 99.0),
        metrics("a", MONDAY, "running", 30.0, distance_m=5000.0),
        metrics("b", MONDAY, "running", 20.0, distance_m=4000.0),
        metrics("c", MONDAY, "strength", None),
        metrics("d", MONDAY + timedelta(2), "cycling", 80.0),
        metrics("tomorrow", MONDAY + timedelta(3), "cycling", 99.0),
    )
    rows = queries.this_week(client, "ana", MONDAY + timedelta(2))
    assert [(row["local_date"], row["sport"], row["load"], row["sessions"]) for row in rows] == [
        (MONDAY, "running", 50.0, 2),
        (MONDAY, "strength", 0.0, 1),
        (MONDAY + timedelta(2), "cycling", 80.0, 1),
    ]
    assert (rows[0]["duration_s"], rows[0]["distance_m"]) == (7200.0, 9000.0)
    assert [row["unloaded_sessions"] for row in rows] == [0, 1, 0]


def fitness(day: date, sport: str = "all", **columns: Any) -> dict[str, Any]:
    return {"local_date": day, "sport": sport, **columns}


def test_fitness_on_a_day_is_the_newest_known_by_then(client: Client) -> None:
    plant(
        client,
        "fitness",
        fitness(MONDAY, ctl=50.0, monotony=None, monotony_reason="constant load"),
        fitness(MONDAY, "running", ctl=10.0),
        fitness(MONDAY, "cycling", ctl=40.0, monotony=1.5),
        fitness(MONDAY + timedelta(5), ctl=60.0),
    )
    rows = queries.fitness_on(client, "ana", MONDAY + timedelta(2))
    assert [(row["sport"], row["ctl"]) for row in rows] == [("all", 50.0), ("cycling", 40.0), ("running", 10.0)]
    assert {row["local_date"] for row in rows} == {MONDAY}
    assert (rows[0]["monotony"], rows[0]["monotony_reason"]) == (None, "constant load")
    assert queries.fitness_on(client, "ana", MONDAY - timedelta(1)) == []


def test_fitness_series_are_columns_with_nan_where_null(client: Client) -> None:
    plant(
        client,
        "fitness",
        fitness(MONDAY + timedelta(1), load=2.0, ctl=11.0, acwr=1.2, source_changed=True),
        fitness(MONDAY, load=1.0, ctl=10.0),
        fitness(MONDAY, "running", load=9.0),
    )
    series = queries.fitness_series(client, "ana", "all", MONDAY, MONDAY + timedelta(7))
    assert series["local_date"].dtype == np.dtype("datetime64[D]")
    assert series["local_date"].tolist() == [MONDAY, MONDAY + timedelta(1)]
    assert series["ctl"].tolist() == [10.0, 11.0]
    assert np.isnan(series["acwr"][0]) and series["acwr"][1] == 1.2
    assert series["source_changed"].tolist() == [False, True]


def test_fitness_series_of_nobody_is_empty_columns(client: Client) -> None:
    series = queries.fitness_series(client, "nobody", "all", MONDAY, MONDAY)
    assert {len(column) for column in series.values()} == {0}


def test_daily_load_by_sport_is_dense_with_the_greatest_sport_first(client: Client) -> None:
    plant(
        client,
        "daily_load",
        {"local_date": MONDAY, "load": 30.0, "load_by_sport": {"running": 30.0}},
        {"local_date": MONDAY + timedelta(1), "load": 0.0},
        {"local_date": MONDAY + timedelta(2), "load": 90.0, "load_by_sport": {"cycling": 80.0, "running": 10.0}},
    )
    found = queries.daily_load_by_sport(client, "ana", MONDAY, MONDAY + timedelta(6))
    assert found.sports == ("cycling", "running")
    assert found.loads.tolist() == [[0.0, 30.0], [0.0, 0.0], [80.0, 10.0]]
    assert found.days.tolist() == [MONDAY, MONDAY + timedelta(1), MONDAY + timedelta(2)]


@pytest.mark.parametrize("days", [0, 3])
def test_daily_load_without_any_sport(client: Client, days: int) -> None:
    plant(client, "daily_load", *({"local_date": MONDAY + timedelta(day)} for day in range(days)))
    found = queries.daily_load_by_sport(client, "ana", MONDAY, MONDAY + timedelta(6))
    assert found.sports == () and found.loads.shape == (days, 0) and len(found.days) == days


def weekly(week: int, **loads: float) -> list[dict[str, Any]]:
    monday = MONDAY + timedelta(weeks=week)
    parts = [{"sport": sport, "load": load, "sessions": 2, "duration_s": 60 * load} for sport, load in loads.items()]
    whole = {name: sum(part[name] for part in parts) for name in ("load", "sessions", "duration_s")}
    return [{"period_start": monday, **part} for part in (*parts, {"sport": "all", **whole})]


def test_weeks_are_dense_and_a_light_one_stands_out(client: Client) -> None:
    for week, cycling, running in ((0, 100, 100), (1, 150, 50), (2, 200, 0), (3, 100, 49), (5, 60, 40)):
        plant(client, "weekly_rollup", *weekly(week, cycling=cycling, running=running))
    friday = MONDAY + timedelta(weeks=5, days=4)
    rows = queries.load_by_sport(client, "ana", MONDAY + timedelta(2), friday)
    assert [row["week"] for row in rows] == [MONDAY + timedelta(weeks=week) for week in range(6)]
    assert [row["load"] for row in rows] == [200.0, 200.0, 200.0, 149.0, 0.0, 100.0]
    assert [row["sessions"] for row in rows] == [4, 4, 4, 4, 0, 4]
    assert rows[1]["by_sport"] == {"cycling": 150.0, "running": 50.0} and rows[4]["by_sport"] == {}
    assert [row["light"] for row in rows] == [False, False, False, True, True, False], "0.745 of 200; nothing at all"
    assert [row["complete"] for row in rows] == [True, True, True, True, True, False]


def test_a_light_week_is_judged_by_weeks_before_the_range(client: Client) -> None:
    for week, load in ((0, 200), (1, 200), (2, 200), (3, 150)):
        plant(client, "weekly_rollup", *weekly(week, cycling=load))
    [row] = queries.load_by_sport(client, "ana", MONDAY + timedelta(weeks=3), MONDAY + timedelta(weeks=3, days=6))
    assert row["light"], "150 is three quarters of 200"


def test_no_weeks_without_training(client: Client) -> None:
    assert queries.load_by_sport(client, "ana", MONDAY, MONDAY + timedelta(30)) == []


# --- curves ---


def effort(month: int, duration_s: int, watts: float | None, speed: float | None = None) -> dict[str, Any]:
    return {
        "month": date(2024, month, 1),
        "sport": "cycling",
        "duration_s": duration_s,
        "best_w": watts,
        "activity_id": f"power{month}" if watts else "",
        "best_speed_mps": speed,
        "speed_activity_id": f"speed{month}" if speed else "",
    }


def test_best_of_a_range_names_the_month_and_the_activity(client: Client) -> None:
    plant(
        client,
        "power_curve",
        *(effort(1, 60, 999.0), effort(2, 60, 400.0, 9.0), effort(3, 60, 420.0, 8.0), effort(4, 60, 420.0)),
        *(effort(3, 300, None, 7.0), {**effort(3, 60, 2000.0), "sport": "running"}),
    )
    one, five = queries.power_curve_best(client, "ana", "cycling", date(2024, 2, 29), date(2024, 4, 2))
    assert (one["duration_s"], one["best_w"], one["power_month"]) == (60, 420.0, date(2024, 3, 1))
    assert one["power_activity_id"] == "power3", "of equal efforts the earlier"
    assert (one["best_speed_mps"], one["speed_month"], one["speed_activity_id"]) == (9.0, date(2024, 2, 1), "speed2")
    assert (five["best_w"], five["power_month"], five["power_activity_id"]) == (None, None, None)
    assert (five["best_speed_mps"], five["speed_activity_id"]) == (7.0, "speed3")


def test_sports_with_a_curve(client: Client) -> None:
    plant(client, "power_curve", effort(1, 60, 400.0), effort(2, 60, 400.0))
    plant(client, "power_curve", {**effort(3, 60, None, 4.0), "sport": "running"})
    assert queries.curve_sports(client, "ana") == [
        {"sport": "cycling", "months": 2, "last_month": date(2024, 2, 1), "power": True, "speed": False},
        {"sport": "running", "months": 1, "last_month": date(2024, 3, 1), "power": False, "speed": True},
    ]


# --- activities ---


def test_activities_come_with_their_load_and_why(client: Client) -> None:
    plant(
        client,
        "activities",
        activity("late", MONDAY, hour=18),
        activity("event", MONDAY, "multisport", hour=9),
        activity("leg", MONDAY, "running", hour=9, parent_id="event", leg=1),
        activity("other day", MONDAY + timedelta(1)),
    )
    plant(
        client,
        "activity_metrics",
        metrics("late", MONDAY, "cycling", 55.0, load_source="tss", notes=["decoupling_pct: not steady"]),
        metrics("leg", MONDAY, "running", None, load_reason="rtss: no threshold speed"),
        metrics("late", MONDAY, "cycling", 1.0, athlete_id="bob"),
    )
    rows = queries.activities_between(client, "ana", MONDAY, MONDAY)
    assert [(row["activity_id"], row["load"], row["load_source"]) for row in rows] == [
        ("event", None, ""),
        ("leg", None, ""),
        ("late", 55.0, "tss"),
    ]
    assert [row["load_reason"] for row in rows] == ["counted by its legs", "rtss: no threshold speed", ""]
    assert rows[2]["notes"] == ["decoupling_pct: not steady"]


def test_detail_of_an_event_and_of_its_leg(client: Client) -> None:
    plant(
        client,
        "activities",
        activity("event", MONDAY, "multisport"),
        activity("run", MONDAY, "running", parent_id="event", leg=2),
        activity("swim", MONDAY, "swimming", parent_id="event", leg=1),
    )
    plant(client, "activity_metrics", metrics("run", MONDAY, "running", 40.0))
    source = {"activity_id": "event", "local_date": MONDAY, "seen_at": AT}
    plant(
        client,
        "activity_sources",
        {**source, "source_file": "copy.tcx", "reason": "same start, 99 % of it overlaps"},
        {**source, "source_file": "race.fit", "chosen": True, "reason": "most channels"},
    )
    event = queries.activity_detail(client, "ana", "event")
    assert event is not None and event.metrics is None
    assert [leg["activity_id"] for leg in event.legs] == ["swim", "run"]
    assert [(row["source_file"], row["reason"]) for row in event.sources] == [
        ("race.fit", "most channels"),
        ("copy.tcx", "same start, 99 % of it overlaps"),
    ]
    run = queries.activity_detail(client, "ana", "run")
    assert run is not None and run.metrics is not None and run.metrics["load"] == 40.0
    assert run.sources == event.sources and run.legs == []
    assert queries.activity_detail(client, "bob", "event") is None


def test_quarantine_of_one_athlete_or_of_all(client: Client) -> None:
    plant(
        client,
        "quarantine",
        {"source_file": "old.fit", "reason": "decoded in part", "detail": "cut at byte 1200", "seen_at": AT},
        {"source_file": "new.gpx", "reason": "not readable", "seen_at": LATER},
        {"source_file": "else.fit", "reason": "not readable", "seen_at": AT, "athlete_id": "bob"},
    )
    assert [row["source_file"] for row in queries.quarantine_rows(client, "ana")] == ["new.gpx", "old.fit"]
    assert [row["source_file"] for row in queries.quarantine_rows(client)] == ["new.gpx", "else.fit", "old.fit"]
    assert queries.quarantine_rows(client, "ana")[1]["detail"] == "cut at byte 1200"
