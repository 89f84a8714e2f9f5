"""An activity's day can move, into another month even: it is counted once, on the day it has now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from momentum.activity_files.decoded import Activity
from momentum.activity_files.manual import encode
from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import tcx_parts
from momentum.warehouse.changes import open_changes
from momentum.warehouse.entries import athlete_entries, merge_activities, split_activity
from momentum.warehouse.facts import Facts
from tests.imports import NOW, archive_at, compute, entered, opener, take_in
from tests.unit.activity_files.made_activities import ride, without

# Half past eleven at night in UTC, on the last day of January.
LATE_MS = round(datetime(2024, 1, 31, 23, 30, tzinfo=UTC).timestamp() * 1000)


def indoors(*, start_ms: int = LATE_MS, seed: int = 1, utc_offset_s: int | None = None) -> Activity:
    """A ride without positions: its day follows from the file, else from the athlete's home zone."""
    whole = ride(480, started_at_ms=start_ms, seed=seed, utc_offset_s=utc_offset_s)
    activity = without(replace(whole, device="Edge 540", device_serial=f"{seed}"), "lat", "lon")
    activity.laps = {
        "start": np.array([start_ms]), "elapsed_s": np.array([480.0]), "distance_m": np.array([activity.distance_m]),
        "kind": np.array(["lap"]), "stroke": np.array([""]), "swim_strokes": np.array([np.nan]),
    }  # fmt: skip
    return activity


def tcx(activity: Activity) -> bytes:
    return b"".join(tcx_parts(without(activity, "power_w")))


def days(client: Client, table: str) -> list[date]:
    return [row["d"] for row in client.rows(f"SELECT local_date AS d FROM {table} ORDER BY d")]


def trained_days(client: Client) -> list[date]:
    return [row["d"] for row in client.rows("SELECT local_date AS d FROM daily_load WHERE sessions > 0 ORDER BY d")]


def assert_counted_on(client: Client, *wanted: date) -> None:
    assert days(client, "activities") == list(wanted)
    assert days(client, "activity_metrics") == list(wanted)
    assert trained_days(client) == list(wanted)


def test_a_home_zone_that_moves_the_first_activity_into_the_month_before(client: Client, tmp_path: Path) -> None:
    entered(client, athlete_entries, athlete_id="ana", timezone="Pacific/Auckland")
    take_in(client, archive_at(tmp_path), "ana", [("trainer.tcx", tcx(indoors()))])
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 2, 1))

    later = NOW.replace(hour=13)
    entered(client, athlete_entries, later, athlete_id="ana", timezone="America/New_York")
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 1, 31))


def test_a_richer_file_that_knows_its_own_day(client: Client, tmp_path: Path) -> None:
    take_in(client, archive_at(tmp_path), "ana", [("trainer.tcx", tcx(indoors()))])
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 1, 31))

    take_in(client, archive_at(tmp_path), "ana", [("trainer.fit", fit_bytes(indoors(utc_offset_s=3600)))])
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 2, 1))


def test_a_split_gives_a_file_its_own_day_back(client: Client, tmp_path: Path) -> None:
    files = [("trainer.tcx", tcx(indoors())), ("trainer.fit", fit_bytes(indoors(utc_offset_s=3600)))]
    take_in(client, archive_at(tmp_path), "ana", files)
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 2, 1))

    [event] = client.rows("SELECT activity_id FROM activities")
    split_activity(client, "ana", event["activity_id"], None, open_change=opener(client), now=NOW)
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 1, 31), date(2024, 2, 1))


def test_sessions_of_two_months_merged_by_hand_and_split_again(client: Client, tmp_path: Path) -> None:
    def session(month: int, minutes: int) -> bytes:
        start = datetime(2024, month, 10, 18, tzinfo=UTC)
        return encode(sport="strength", started_at=start, elapsed_s=60.0 * minutes, rpe=6.0)  # read from the later one

    take_in(client, archive_at(tmp_path), "ana", [("march.json", session(3, 30)), ("may.json", session(5, 60))])
    compute(client, archive_at(tmp_path))
    ids = client.rows("SELECT activity_id FROM activities ORDER BY local_date")
    pair = ids[0]["activity_id"], ids[1]["activity_id"]
    merge_activities(client, "ana", pair, open_change=opener(client), now=NOW)
    compute(client, archive_at(tmp_path))
    assert len(days(client, "activities")) == 1

    later = NOW.replace(hour=13)
    split_activity(client, "ana", pair[0], None, open_change=opener(client), now=later)
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 3, 10), date(2024, 5, 10))
    assert not open_changes(client)


def test_evidence_grows_by_days_though_a_traveller_s_days_go_back(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the hour after a session of tomorrow, by a watch still on another zone, one of today begins."""
    asked: list[date] = []
    remember = Facts.remember

    def spied(self: Facts, row: dict[str, Any]) -> None:
        asked.append(row["local_date"])
        remember(self, row)

    monkeypatch.setattr(Facts, "remember", spied)
    ahead = indoors(utc_offset_s=14 * 3600)
    behind = indoors(utc_offset_s=-11 * 3600, start_ms=LATE_MS + 1_800_000, seed=2)
    take_in(client, archive_at(tmp_path), "ana", [("ahead.fit", fit_bytes(ahead)), ("behind.fit", fit_bytes(behind))])
    compute(client, archive_at(tmp_path))
    assert_counted_on(client, date(2024, 1, 31), date(2024, 2, 1))
    assert asked == [date(2024, 1, 31), date(2024, 2, 1)]
