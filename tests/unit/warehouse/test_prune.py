"""Samples of superseded versions go, those that an activity names stay, and a decision undone finds its own again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.changes import open_change
from momentum.warehouse.entries import merge_activities, split_activity
from momentum.warehouse.ingest.versions import sweep_begun
from momentum.warehouse.prune import prune
from tests.imports import NOW, archive_at, compute, take_in
from tests.same_tables import differences, doubled_samples, tables_of
from tests.small_files import small_files

NAMES = ("monday.fit", "monday.tcx", "watch.fit", "unit.fit")


def opener(client: Client, **change: object) -> str:
    return open_change(client, lambda: None, now=NOW, **change)  # type: ignore[arg-type]


def count(client: Client, table: str) -> int:
    return client.rows(f"SELECT count() AS n FROM {table}")[0]["n"]


def test_nothing_superseded_nothing_deleted(client: Client, tmp_path: Path) -> None:
    take_in(client, archive_at(tmp_path), "ana", [("monday.fit", small_files()["monday.fit"])])
    compute(client, archive_at(tmp_path), tables=())
    before = count(client, "records")
    pruned = prune(client, NOW + timedelta(days=1))
    assert (pruned.versions, sum(pruned.rows.values())) == (0, 0)
    assert count(client, "records") == before > 0


def test_a_further_file_of_an_activity_makes_its_first_samples_superfluous(client: Client, tmp_path: Path) -> None:
    files = small_files()
    for number, name in enumerate(NAMES):
        take_in(client, archive_at(tmp_path), "ana", [(name, files[name])], now=NOW + timedelta(minutes=number))
    compute(client, archive_at(tmp_path), tables=())
    tables, journal = tables_of(client), count(client, "activity_versions")
    before = count(client, "records")
    pruned = prune(client, NOW + timedelta(days=1))
    assert pruned.versions >= 2
    assert pruned.rows["records"] == before - count(client, "records") > 0
    assert not differences(tables, tables_of(client))
    assert count(client, "activity_versions") == journal + pruned.versions  # nothing of the journal is lost
    assert prune(client, NOW + timedelta(days=2)).versions == 0


def test_what_an_open_change_may_be_about_to_name_is_left(client: Client, tmp_path: Path) -> None:
    """An import that was killed before its recompute: no activity names its samples yet."""
    take_in(client, archive_at(tmp_path), "ana", [("monday.fit", small_files()["monday.fit"])])
    before = count(client, "records")
    assert prune(client, NOW + timedelta(days=1)).versions == 0
    assert count(client, "records") == before > 0


def test_a_decision_undone_after_a_prune_reads_its_samples_again(client: Client, tmp_path: Path) -> None:
    archive, files = archive_at(tmp_path), small_files()
    take_in(client, archive, "ana", [(name, files[name]) for name in ("watch.fit", "unit.fit")])
    compute(client, archive, tables=())
    one = tables_of(client)
    assert len(one["activities"]) == 1
    days = iter(NOW + timedelta(days=number) for number in range(1, 10))
    at = next(days)
    split_activity(client, "ana", one_id(client)[0], None, open_change=lambda **c: opener(client, **c), now=at)
    compute(client, archive, tables=(), now=at)
    assert prune(client, next(days)).versions == 1
    at = next(days)
    first, second = one_id(client)
    merge_activities(client, "ana", (first, second), open_change=lambda **c: opener(client, **c), now=at)
    compute(client, archive, tables=(), now=at)
    again = tables_of(client)
    assert not differences({"records": one["records"]}, {"records": again["records"]})
    assert len(again["activities"]) == 1


def test_a_prune_killed_after_its_word_leaves_nothing_that_a_decision_undone_would_double(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, files = archive_at(tmp_path), small_files()
    take_in(client, archive, "ana", [(name, files[name]) for name in ("watch.fit", "unit.fit")])
    compute(client, archive, tables=())
    [event] = one_id(client)
    days = iter(NOW + timedelta(days=number) for number in range(1, 10))
    at = next(days)
    split_activity(client, "ana", event, None, open_change=lambda **c: opener(client, **c), now=at)
    compute(client, archive, tables=(), now=at)
    with monkeypatch.context() as patched:
        patched.setattr("momentum.warehouse.prune._delete", lambda *_: 0)
        assert prune(client, next(days)).versions == 1
    at, (first, second) = next(days), one_id(client)
    merge_activities(client, "ana", (first, second), open_change=lambda **c: opener(client, **c), now=at)
    compute(client, archive, tables=(), now=at)
    assert doubled_samples(client) == []


def one_id(client: Client) -> list[str]:
    return [row["activity_id"] for row in client.rows("SELECT activity_id FROM activities ORDER BY activity_id")]


def test_a_prune_killed_after_its_word_is_finished_by_the_next(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = small_files()
    for number, name in enumerate(NAMES[:2]):
        take_in(client, archive_at(tmp_path), "ana", [(name, files[name])], now=NOW + timedelta(minutes=number))
    compute(client, archive_at(tmp_path), tables=())
    monkeypatch.setattr("momentum.warehouse.prune._delete", lambda *_: 0)
    assert prune(client, NOW + timedelta(days=1)).versions == 1
    monkeypatch.undo()
    before = count(client, "records")
    assert prune(client, NOW + timedelta(days=2)).rows["records"] == before - count(client, "records") > 0
    assert sweep_begun(client, NOW + timedelta(days=3)) == 0
