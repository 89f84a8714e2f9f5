"""Any order and grouping of an import gives the same tables."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client
from tests.imports import archive_at, compute, take_in
from tests.same_tables import differences, tables_of
from tests.small_files import small_files

ORDERS = 300
BATCHES = 10  # tests, so that they can be spread over processes


def import_shuffled(client: Client, folder: Path, athlete_id: str, files: dict[str, bytes], seed: int) -> None:
    """The files in a random order, in up to four imports, with recomputes in between or not."""
    dice = random.Random(seed)
    order = list(files.items())
    dice.shuffle(order)
    cuts = sorted(dice.sample(range(1, len(order)), dice.randrange(0, 4)))
    for first, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        take_in(client, archive_at(folder), athlete_id, order[first:end])
        if end < len(order) and dice.random() < 0.4:
            compute(client, archive_at(folder), tables=("daily_load",), athlete_id=athlete_id)


def test_files_become_the_activities_that_they_are(client: Client, tmp_path: Path) -> None:
    take_in(client, archive_at(tmp_path), "ana", small_files().items())
    compute(client, archive_at(tmp_path))
    tables = tables_of(client)
    assert len(tables["activities"]) == 7
    assert len(tables["activity_sources"]) == 12  # 15 names, three of them of refused files
    assert len(tables["quarantine"]) == 5
    assert len(tables["activity_metrics"]) == 7


@pytest.mark.parametrize("batch", range(BATCHES))
def test_300_orders_give_the_same_tables(client: Client, tmp_path: Path, batch: int) -> None:
    files = small_files()
    take_in(client, archive_at(tmp_path), "reference", files.items())
    seeds = range(batch, ORDERS, BATCHES)
    for seed in seeds:
        import_shuffled(client, tmp_path, f"athlete-{seed}", files, seed)
    compute(client, archive_at(tmp_path))
    reference = tables_of(client, "reference")
    assert len(reference["activities"]) == 7
    for seed in seeds:
        found = differences(reference, tables_of(client, f"athlete-{seed}"))
        assert not found, f"order {seed}: {found[:3]}"


def test_one_name_from_two_sources_is_told_of_both_whichever_came_first(client: Client, tmp_path: Path) -> None:
    content = small_files()["monday.fit"]
    for athlete_id, sources in (("reference", ("file", "strava")), ("other", ("strava", "file"))):
        for source in sources:
            take_in(client, archive_at(tmp_path), athlete_id, [("monday.fit", content)], source=source)
    compute(client, archive_at(tmp_path))
    reference = tables_of(client, "reference")
    assert not differences(reference, tables_of(client, "other"))
    assert client.rows("SELECT DISTINCT source, llm_allowed FROM activities") == [
        {"source": "file", "llm_allowed": True}
    ]
    assert len(reference["activity_sources"]) == 2
