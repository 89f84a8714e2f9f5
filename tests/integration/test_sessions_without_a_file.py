"""`momentum activity add`: a session that no device recorded goes through the door of all files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.changes import open_changes
from momentum.warehouse.entries import athlete_entries
from momentum_dagster.cli.manual import documents, take_in
from tests.imports import archive_at, compute, entered


def test_a_session_becomes_an_activity_and_opens_a_change(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path))
    entered(client, athlete_entries, athlete_id="ana", timezone="Pacific/Auckland")
    session = {"athlete_id": "ana", "sport": "strength", "start": "2024-05-12T06:30", "minutes": 60.0, "rpe": 5.0}
    [(who, activity_id)] = take_in(client, documents(client, {0: session}))
    assert [(change.athlete_id, change.cause) for change in open_changes(client)] == [("ana", "file")]

    compute(client, archive_at(tmp_path))
    [row] = client.rows("SELECT * FROM activities")
    assert (who, activity_id) == ("ana", row["activity_id"])
    assert row["local_date"] == date(2024, 5, 12)  # at home, though it is the day before in UTC
    assert (row["source"], row["elapsed_s"], row["rpe"]) == ("manual", 3600.0, 5.0)
