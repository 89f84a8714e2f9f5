"""What is missing is told: activities without a load, thresholds neither set nor to be estimated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from momentum.adapters.clickhouse import Client
from momentum.training.constants import DURATIONS_S
from momentum.warehouse import queries
from momentum.warehouse.ingest.columns import rows_to_arrow

DAY = date(2024, 5, 6)
NO_REST = "tss: no power; trimp100: resting_hr_bpm not set; srpe: no session RPE"
NO_FTP = "tss: ftp_w not set; trimp100: resting_hr_bpm not set; srpe: no session RPE"
NOTHING = "tss: no power; trimp100: no heart rate; srpe: no session RPE"


def plant(client: Client, table: str, *rows: dict[str, Any]) -> None:
    client.insert(table, rows_to_arrow(table, [{"athlete_id": "ana", **row} for row in rows]))


def session(number: int, load: float | None, reason: str = "", **more: Any) -> dict[str, Any]:
    day = DAY + timedelta(days=number)
    return {
        "activity_id": str(number),
        "local_date": day,
        "sport": "cycling",
        "load": load,
        "load_reason": reason,
    } | more


def test_with_a_load_for_each_nothing_is_missing(client: Client) -> None:
    # why the second-best source was taken is no lack
    plant(client, "activity_metrics", session(0, 50.0), session(1, 40.0, "tss: ftp_w not set"))
    found = queries.unloaded(client, "ana")
    assert (found.activities, found.without, found.missing, found.unmeasured, found.first_day) == (2, 0, (), 0, None)


def test_each_threshold_is_told_with_what_it_would_give(client: Client) -> None:
    plant(
        client, "activity_metrics", session(0, 50.0), session(1, None, NO_REST), session(2, None, NO_FTP),
        session(3, None, NOTHING), session(4, None, NO_REST), session(0, None, NO_REST, athlete_id="bob"),
    )  # fmt: skip
    found = queries.unloaded(client, "ana")
    assert (found.activities, found.without) == (5, 4)
    assert found.missing == (("resting_hr_bpm", 3), ("ftp_w", 1))
    assert found.unmeasured == 1
    assert found.first_day == DAY + timedelta(days=1)


def test_nobody_has_nothing(client: Client) -> None:
    assert queries.unloaded(client, "nobody").activities == 0


def rides(client: Client, **more: Any) -> None:
    """Five rides, each with 20 min at 200 W and a heart rate of 180 held for 5 s."""
    curve = [300.0 if seconds < 1200 else 200.0 for seconds in DURATIONS_S if seconds <= 1200]
    rows = [session(number, None, hr_held_5s_bpm=180.0, mean_max_w=curve) for number in range(5)]
    plant(client, "activity_metrics", *(row | more for row in rows))


def by_name(client: Client, sports: list[str]) -> dict[tuple[str, str], tuple[float | None, str]]:
    day = DAY + timedelta(days=30)
    return {
        (row["sport"], row["name"]): (row["value"], row["evidence"])
        for row in queries.threshold_estimates(client, "ana", sports, day)
    }


def test_an_estimate_comes_with_what_it_rests_on_and_a_lack_with_its_reason(client: Client) -> None:
    rides(client)
    found = by_name(client, ["cycling"])
    value, evidence = found["cycling", "ftp_w"]
    assert value == 190.0
    assert evidence.startswith("95 % of the best 20 min")
    assert found["cycling", "max_hr_bpm"] == (
        180.0,
        "held 5 s: 180 bpm on 2024-05-09, second of 5 activities (highest 180 bpm on 2024-05-10)",
    )
    value, evidence = found["cycling", "lthr_bpm"]
    assert value is None
    assert evidence.startswith("no value: ")
    assert found["cycling", "resting_hr_bpm"][0] is None


def test_what_was_set_is_neither_estimated_nor_missing(client: Client) -> None:
    rides(client)
    entered = {"sport": "all", "valid_from": DAY, "source": "set", "status": "accepted", "ftp_w": 250.0,
               "resting_hr_bpm": 48.0, "max_hr_bpm": 190.0, "at": datetime(2024, 5, 1, tzinfo=UTC)}  # fmt: skip
    plant(client, "thresholds", entered)
    assert set(by_name(client, ["cycling"])) == {("cycling", "lthr_bpm")}


def test_what_is_the_same_for_all_sports_is_told_once(client: Client) -> None:
    rides(client)
    found = by_name(client, ["cycling", "running"])
    assert found["all", "max_hr_bpm"][0] == 180.0
    assert ("running", "ftp_w") not in found  # nobody asks a runner for watts
    assert found["running", "threshold_speed_mps"][0] is None
