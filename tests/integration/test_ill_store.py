"""A store that is ill stops the load computation, and says why: by its check, and by the resource itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse import health
from momentum.warehouse.changes import open_changes
from tests.graph import causes, materialized, run_recompute
from tests.imports import archive_at, take_in
from tests.small_files import small_files

MAY = datetime(2024, 5, 1, tzinfo=UTC).date()
THIS_MONTH = datetime.now(UTC).date().replace(day=1)


@pytest.fixture
def imported(client: Client, tmp_path: Path) -> Client:
    """One ride in the journals, its change open."""
    take_in(client, archive_at(tmp_path), "ana", [("monday.fit", small_files()["monday.fit"])])
    return client


def test_the_run_stops_behind_the_failed_check(imported: Client, tmp_path: Path) -> None:
    imported.command("ALTER TABLE activity_metrics DROP COLUMN np_w")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_recompute(imported, tmp_path, instance, MAY, THIS_MONTH)
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert [(one.asset_key.to_user_string(), one.check_name, one.blocking) for one in failed] == [
        ("warehouse_store", "schema", True)
    ]
    assert "activity_metrics" in str(failed[0].metadata["finding"].value)
    assert "np_w" in str(failed[0].metadata["finding"].value)
    assert materialized(result) == {"warehouse_store"}
    assert imported.rows("SELECT count() AS n FROM publications") == [{"n": 0}]
    assert len(open_changes(imported)) == 1, "what was not done stays open"


def test_a_run_without_the_check_is_stopped_by_the_resource(imported: Client, tmp_path: Path) -> None:
    imported.command("ALTER TABLE activity_metrics DROP COLUMN np_w")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_recompute(imported, tmp_path, instance, MAY, THIS_MONTH, ["daily_load", "fitness"])
    assert not result.success
    assert materialized(result) == set()
    assert "schema" in causes(result)["daily_load"]
    assert "np_w" in causes(result)["daily_load"]


def test_a_full_disk_stops_it_too(imported: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = health.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage._replace(free=999_999_999))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_recompute(imported, tmp_path, instance, MAY, THIS_MONTH)
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert [one.check_name for one in failed] == ["free_space"]
    assert "make room" in str(failed[0].metadata["finding"].value)
    assert materialized(result) == {"warehouse_store"}
