"""Checks of what tables say to each other: all pass on what the models compute, each fails on a planted fault."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from cohort_rows import NOON, activity, put

from momentum.adapters.clickhouse import Client
from momentum.training.constants import DURATIONS_S
from momentum.warehouse.checks import checks
from momentum.warehouse.models.registry import model_version
from momentum.warehouse.models.run import recompute

FIRST, LAST = date(2024, 1, 29), date(2024, 3, 18)
AT = datetime(2024, 3, 18, tzinfo=UTC)


def activities() -> list[dict]:
    rows = [
        activity(athlete, day, load, sport=sport, distance_m=1e4, ascent_m=12.5, polarised_zone_s=[2000.0, 900, 700],
                 mean_max_w=[500.0, 400.0 + load], mean_max_speed_mps=[9.0, 8.0, 7.5],
                 model_version=model_version("activity_metrics"))
        for athlete in "ab"
        for day, load, sport in [
            (FIRST, 50.0, "cycling"), (date(2024, 2, 3), 31.7, "running"), (date(2024, 2, 3), 0.1, "cycling"),
            (date(2024, 2, 29), 88.0, "cycling"), (LAST, 60.0, "running"),
        ]
    ]  # fmt: skip
    return [*rows, activity("b", LAST, None, sport="strength", model_version=model_version("activity_metrics"))]


@pytest.fixture
def computed(client: Client) -> Client:
    """A store as an import and a recompute leave it."""
    metrics = activities()
    put(client, "activity_metrics", metrics)
    base = [
        {name: row[name] for name in ("athlete_id", "activity_id", "local_date", "sport")} | {"version": "v1"}
        for row in metrics
    ]
    event = base[0] | {"activity_id": "event", "sport": "multisport"}
    put(client, "activities", [*base, event])
    stored = [{k: row[k] for k in ("athlete_id", "activity_id", "version", "local_date")} for row in [*base, event]]
    put(client, "activity_versions", [row | {"state": "begun", "rows": 0} for row in stored])
    put(client, "activity_versions", [row | {"state": "stored", "rows": 3} for row in stored[:-2]])
    put(client, "activity_versions", [row | {"state": "stored", "rows": 0} for row in stored[-2:]])
    put(
        client,
        "records",
        [row | {"ts": datetime(2024, 1, 1, 0, 0, second, tzinfo=UTC), "power_w": 200.0}
         for row in stored[:-2] for second in range(3)],
    )  # fmt: skip
    put(
        client,
        "raw_files",
        [{"athlete_id": "a", "source_file": f"{n}.fit", "source_sha256": f"{n}"} for n in range(20)],
    )
    put(client, "quarantine", [{"athlete_id": "a", "source_file": f"{n}.fit", "reason": "torn"} for n in (1, 2)])
    for table in ("daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve"):
        recompute(client, table, FIRST, LAST, now=NOON)
    return client


CONTRACT = {"schema", "unique_key", "ranges", "model_version"}


def failed(client: Client, months: list[date] | None = None, contract: bool = True) -> set[str]:
    """Names of the checks that fail; without those of the contract, but for the ranges of fitness."""
    looked_at = [one for one in checks() if contract or one.name not in CONTRACT or one.table == "fitness"]
    return {f"{check.table}.{check.name}" for check in looked_at if not check.run(client, months).passed}


# What is planted, and the checks that must tell of it; others may as well, never none.
FAULTS = {
    "a day is missing": (
        "DELETE FROM daily_load WHERE athlete_id = 'a' AND local_date = '2024-02-15'",
        {"daily_load.no_gaps", "fitness.equals_daily_load"},
    ),
    "a month is missing": ("ALTER TABLE daily_load DROP PARTITION 202402", {"daily_load.no_gaps"}),
    "the first days are missing": (
        "DELETE FROM daily_load WHERE local_date < '2024-02-01'",
        {"daily_load.no_gaps", "daily_load.equals_activities"},
    ),
    "a sport is lost": (
        "ALTER TABLE daily_load UPDATE load_by_sport = map() WHERE athlete_id = 'b' AND local_date = '2024-02-29'",
        {"daily_load.sports_sum_to_load"},
    ),
    "a load counts on the day after": (
        "ALTER TABLE daily_load UPDATE load = if(local_date = '2024-02-04', 31.8, 0)"
        " WHERE athlete_id = 'a' AND local_date IN ('2024-02-03', '2024-02-04')",
        {"daily_load.equals_activities", "fitness.equals_daily_load"},
    ),
    "an activity came and nothing was computed": (
        "INSERT INTO activity_metrics (athlete_id, activity_id, local_date, load) VALUES ('a', 'new', '2024-02-10', 5)",
        {"daily_load.equals_activities", "activity_metrics.one_per_activity"},
    ),
    "fitness has another load": (
        "ALTER TABLE fitness UPDATE load = load + 1e-9 WHERE sport = 'all' AND local_date = '2024-02-03'",
        {"fitness.equals_daily_load"},
    ),
    "fitness lacks a sport": (
        "DELETE FROM fitness WHERE sport = 'running' AND athlete_id = 'a'",
        {"fitness.sports_sum_to_all"},
    ),
    "fitness is not a number": (
        "ALTER TABLE fitness UPDATE ctl = nan WHERE local_date = '2024-02-03'",
        {"fitness.ranges"},
    ),
    "a week is wrong": (
        "ALTER TABLE weekly_rollup UPDATE sessions = sessions + 1 WHERE sport = 'all' AND period_start = '2024-01-29'",
        {"weekly_rollup.equals_daily_load", "weekly_rollup.sports_sum_to_all"},
    ),
    "a week is missing": (
        "DELETE FROM weekly_rollup WHERE period_start = '2024-01-29'",
        {"weekly_rollup.equals_daily_load"},
    ),
    "a month is wrong": (
        "ALTER TABLE monthly_rollup UPDATE load = load * 1.01, distance_m = distance_m + 1 WHERE sport = 'cycling'",
        {"monthly_rollup.sports_sum_to_all"},
    ),
    "a month has another load than its days": (
        "ALTER TABLE monthly_rollup UPDATE load = load * 1.01 WHERE load > 0",
        {"monthly_rollup.equals_daily_load"},
    ),
    "a best is nobody's": (
        "ALTER TABLE power_curve UPDATE best_speed_mps = 9.5 WHERE best_speed_mps = 9",
        {"power_curve.held_by_its_activity"},
    ),
    "a sample is missing": (
        "DELETE FROM records WHERE athlete_id = 'b' AND local_date = '2024-02-29' AND toSecond(ts) = 1",
        {"records.stored_as_journalled"},
    ),
    "a version was begun and never stored": (
        "DELETE FROM activity_versions WHERE state = 'stored' AND athlete_id = 'b' AND local_date = '2024-02-29'",
        {"records.stored_as_journalled"},
    ),
    "metrics are missing": (
        "DELETE FROM activity_metrics WHERE athlete_id = 'b' AND sport = 'strength'",
        {"activity_metrics.one_per_activity", "daily_load.equals_activities"},
    ),
    "too many files were refused": (
        "INSERT INTO quarantine (athlete_id, source_file, reason) VALUES ('a', 'new.fit', 'torn')",
        {"quarantine.share"},
    ),
}  # fmt: skip


def test_all_pass_on_what_the_models_compute(computed: Client) -> None:
    assert failed(computed) == set()
    assert failed(computed, [date(2024, 2, 1)]) == set()


def test_all_pass_on_an_empty_store(client: Client) -> None:
    assert failed(client) == set()


def test_each_fault_is_found(computed: Client) -> None:
    tables = [row["name"] for row in computed.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")]
    for table in tables:
        computed.command(f"CREATE TABLE `good {table}` AS `{table}`")
        computed.command(f"INSERT INTO `good {table}` SELECT * FROM `{table}`")
    for name, (fault, expected) in FAULTS.items():
        computed.command(fault, settings={"mutations_sync": 2})
        found = failed(computed, contract=False)
        assert found >= expected, name
        for table in {one.partition(".")[0] for one in found | expected} | {"daily_load", "activity_versions"}:
            computed.command(f"TRUNCATE TABLE `{table}`")
            computed.command(f"INSERT INTO `{table}` SELECT * FROM `good {table}`")


def test_every_check_of_data_has_a_fault() -> None:
    data = {f"{check.table}.{check.name}" for check in checks() if check.name not in CONTRACT}
    assert data <= set().union(*(expected for _, expected in FAULTS.values()))


def test_a_fault_in_another_month_is_not_looked_at(computed: Client) -> None:
    fault, _ = FAULTS["a sport is lost"]
    computed.command(fault, settings={"mutations_sync": 2})
    assert failed(computed, [date(2024, 3, 1)]) == set()
    assert "daily_load.sports_sum_to_load" in failed(computed, [date(2024, 2, 29)])


def test_what_makes_later_tables_wrong_blocks_and_nothing_else() -> None:
    blocking = {f"{check.table}.{check.name}" for check in checks() if check.blocking}
    assert {
        "daily_load.no_gaps", "daily_load.equals_activities", "daily_load.sports_sum_to_load", "daily_load.ranges",
        "fitness.equals_daily_load", "fitness.sports_sum_to_all", "fitness.unique_key", "records.stored_as_journalled",
        "activity_metrics.one_per_activity", "activity_metrics.ranges",
    } <= blocking  # fmt: skip
    assert not blocking & {
        "quarantine.share", "power_curve.held_by_its_activity", "weekly_rollup.equals_daily_load",
        "fitness.model_version", "changes.unique_key", "wellness.ranges",
    }  # fmt: skip


def test_a_failure_says_where_to_look(computed: Client) -> None:
    computed.command(FAULTS["a day is missing"][0], settings={"mutations_sync": 2})
    (check,) = [one for one in checks("daily_load") if one.name == "no_gaps"]
    result = check.run(computed)
    assert (result.failed_rows, result.sample) == (
        1,
        [{"athlete_id": "a", "month": date(2024, 2, 1), "expected": 29, "found": 28}],
    )
    assert "athlete_id a, month 2024-02-01, expected 29, found 28" in result.message


def test_durations_of_the_curve_are_those_of_the_metrics() -> None:
    (check,) = [one for one in checks("power_curve") if one.name == "held_by_its_activity"]
    assert check.parameters["durations_s"] == list(DURATIONS_S)
