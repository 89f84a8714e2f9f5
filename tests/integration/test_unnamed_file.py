"""A file counts when its row stands in `raw_files`: what a killed import wrote before that is no activity yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from momentum.adapters.clickhouse import Client
from momentum.demo.xml_writer import tcx_parts
from tests.imports import archive_at, compute, take_in
from tests.unit.activity_files.made_activities import ride, without


class Killed(BaseException):
    pass


def tcx() -> bytes:
    activity = ride(480)
    activity.laps = {
        "start": np.array([activity.started_at_ms]), "elapsed_s": np.array([480.0]), "distance_m": np.array([np.nan]),
        "kind": np.array(["lap"]), "stroke": np.array([""]), "swim_strokes": np.array([np.nan]),
    }  # fmt: skip
    return b"".join(tcx_parts(without(activity, "power_w")))


def count(client: Client, table: str) -> int:
    return client.rows(f"SELECT count() AS n FROM {table}")[0]["n"]


def test_a_file_without_a_name_counts_only_after_it_is_imported_again(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(tmp_path)
    files = [("ride.tcx", tcx())]
    insert = client.insert

    def dies(table: str, data: Any) -> None:
        if table == "raw_files":
            raise Killed
        insert(table, data)

    with monkeypatch.context() as patch:
        patch.setattr(client, "insert", dies)
        with pytest.raises(Killed):
            take_in(client, archive, "a", files)
    assert count(client, "decoded_files") == 1
    compute(client, archive)
    assert count(client, "activities") == count(client, "activity_metrics") == 0
    take_in(client, archive, "a", files)
    compute(client, archive)
    assert count(client, "activities") == count(client, "activity_sources") == count(client, "activity_metrics") == 1
    assert count(client, "decoded_files") == 1
