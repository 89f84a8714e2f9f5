"""The nightly run through the graph: a day that has begun at home is added, and no other month is swapped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from momentum.activity_files.manual import encode
from momentum.adapters.clickhouse import Client
from momentum.adapters.doorbell import Doorbell
from momentum.settings import Settings
from momentum.warehouse.changes import open_changes
from momentum.warehouse.entries import athlete_entries
from momentum.warehouse.todo import dense_to
from momentum_dagster.jobs.sensors import build_nightly
from momentum_dagster.partitions import OF_CHANGES, RANGE_END, RANGE_START
from tests.graph import run_recompute
from tests.imports import archive_at, compute, entered, take_in

ZONES = {"ana": "Pacific/Auckland", "ben": "Pacific/Honolulu"}  # 22 hours apart
NOW = datetime.now(UTC)


def today(athlete_id: str) -> str:
    return str(NOW.astimezone(ZoneInfo(ZONES[athlete_id])).date())


@pytest.fixture
def home(client: Client, tmp_path: Path) -> Path:
    """Two athletes with sessions of two months, computed the day before yesterday; the doorbell says so."""
    then = NOW - timedelta(days=2)
    for athlete_id, zone in ZONES.items():
        entered(client, athlete_entries, then, athlete_id=athlete_id, timezone=zone)
        files = [
            (f"{days}.json", encode(sport="running", started_at=NOW - timedelta(days=days), elapsed_s=1800, rpe=5))
            for days in (40, 3)
        ]
        take_in(client, archive_at(tmp_path), athlete_id, files, now=then)
    compute(client, archive_at(tmp_path), now=then)
    bell = Doorbell(tmp_path / "doorbell.json")
    bell.settle(bell.last().number, None, dense_to(client))
    return tmp_path


def test_a_night_adds_the_new_day_of_each_home_and_swaps_nothing_else(client: Client, home: Path) -> None:
    last_days = "SELECT athlete_id, toString(max(local_date)) AS day FROM daily_load GROUP BY athlete_id"
    before = {row["athlete_id"]: row["day"] for row in client.rows(last_days)}
    assert all(day < today(athlete_id) for athlete_id, day in before.items())
    swapped = "SELECT table, month FROM swaps WHERE NOT done"
    known = [tuple(row.values()) for row in client.rows(swapped)]
    with dg.DagsterInstance.ephemeral() as instance:
        asked = build_nightly(Settings(home=home))(dg.build_schedule_context(instance=instance))
        assert isinstance(asked, dg.RunRequest)
        first, last = (date.fromisoformat(asked.tags[name]) for name in (RANGE_START, RANGE_END))
        result = run_recompute(client, home, instance, first, last, of_changes=OF_CHANGES in asked.tags)
    assert result.success
    assert {row["athlete_id"]: row["day"] for row in client.rows(last_days)} == {one: today(one) for one in ZONES}
    assert open_changes(client) == []
    bell = Doorbell(home / "doorbell.json").last()
    assert (bell.open_from, str(bell.dense_to)) == (None, min(today(one) for one in ZONES))
    fresh = [tuple(row.values()) for row in client.rows(swapped)]
    for one in known:
        fresh.remove(one)
    assert {table for table, _ in fresh} == {"daily_load", "fitness"}
    first_new = min(before.values())
    assert min(str(month) for _, month in fresh) >= f"{first_new[:7]}-01"
