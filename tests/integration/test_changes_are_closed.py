"""A change is closed by a run that did all that it asked for, and by no other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from momentum.adapters.clickhouse import Client
from momentum.adapters.doorbell import Doorbell
from momentum.settings import Settings
from momentum.warehouse.changes import open_changes
from tests.graph import causes, run_recompute
from tests.imports import archive_at, take_in
from tests.small_files import small_files

MAY = date(2024, 5, 1)
THIS_MONTH = datetime.now(UTC).date().replace(day=1)


def test_only_a_whole_run_over_the_whole_range_closes_a_change(client: Client, tmp_path: Path) -> None:
    take_in(client, archive_at(tmp_path), "ana", [("monday.fit", small_files()["monday.fit"])])
    bell = Doorbell(Settings(home=tmp_path).doorbell_path)
    bell.ring(MAY)

    def files_open() -> int:
        return sum(change.cause == "file" for change in open_changes(client))

    with dg.DagsterInstance.ephemeral() as instance:

        def run(first: date, *assets: str) -> None:
            result = run_recompute(client, tmp_path, instance, first, THIS_MONTH, assets)
            assert result.success, causes(result)

        run(MAY, "changes")
        assert files_open() == 1, "nothing was computed"
        assert bell.last().open_from is not None
        run(MAY, "activities", "activity_sources", "activity_metrics", "changes")
        assert files_open() == 1, "half of it was computed"
        run(THIS_MONTH)
        assert files_open() == 1, "the months before were not computed"
        run(MAY)
        assert open_changes(client) == []
        assert bell.last().open_from is None
