"""An insert over several months is not atomic: whatever part of it arrived, the next import makes it whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from momentum.adapters.clickhouse import Client
from tests.imports import archive_at, compute, take_in
from tests.same_tables import differences, doubled_samples, tables_of
from tests.small_files import small_files


class PowerCut(Exception):
    """The process ends here."""


class TornClient(Client):
    """Of the first insert into a table only the earliest month arrives, then the process ends."""

    table: str

    def insert(self, table: str, data: pa.Table) -> None:
        if table.partition("__staging_")[0] != self.table:
            super().insert(table, data)
            return
        months = pc.strftime(data["local_date"], "%Y-%m")
        assert len(months.unique()) > 1, "nothing to tear"
        super().insert(table, data.filter(pc.equal(months, pc.min(months))))
        raise PowerCut


@pytest.mark.parametrize("table", ["records", "laps", "activities", "activity_sources", "activity_metrics"])
def test_what_arrived_of_some_months_counts_only_when_all_did(client: Client, tmp_path: Path, table: str) -> None:
    archive, files = archive_at(tmp_path), small_files().items()
    torn = TornClient(client._session, client.run_id)
    torn.table = table
    with pytest.raises(PowerCut):
        take_in(torn, archive, "torn", files)
        compute(torn, archive)
    assert client.rows("SELECT * FROM activity_metrics") == []

    take_in(client, archive, "torn", files)
    take_in(client, archive, "whole", files)
    compute(client, archive)
    assert doubled_samples(client) == []
    assert differences(tables_of(client, "whole"), tables_of(client, "torn")) == []
