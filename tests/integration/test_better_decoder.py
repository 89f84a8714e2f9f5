"""A better decoder is a backfill, not a new import: what the archive holds is read again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from momentum.activity_files.decoded import DecodedFile
from momentum.adapters.clickhouse import Client
from momentum.warehouse.ingest import assembly, intake
from tests.imports import archive_at, compute, opener, take_in
from tests.small_files import small_files


def test_a_new_decoder_reads_the_archive_again_once(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", small_files().items())
    compute(client, archive)
    before = {row["activity_id"]: row for row in client.rows("SELECT * FROM activities")}

    read = intake.decode
    asked: list[str] = []

    def better(stream, now) -> DecodedFile:  # type: ignore[no-untyped-def]
        decoded = read(stream, now)
        asked.append(decoded.format)
        for activity in decoded.activities:
            activity.ascent_m = 77.0
        return decoded

    for module in (intake, assembly):
        monkeypatch.setattr(module, "DECODER_VERSION", 2)
    monkeypatch.setattr(intake, "decode", better)
    opener(client)(
        athlete_id="ana", from_date=min(row["local_date"] for row in before.values()), cause="model", detail=""
    )
    compute(client, archive)

    after = {row["activity_id"]: row for row in client.rows("SELECT * FROM activities")}
    assert after.keys() == before.keys(), "a better decoder never moves an activity's id"
    assert {row["ascent_m"] for row in after.values()} == {77.0}
    assert {row["decoder_version"] for row in after.values()} == {2}
    assert all(after[key]["version"] != before[key]["version"] for key in before)
    read_once = len(asked)
    assert read_once >= len(small_files()) - 5

    compute(client, archive)
    opener(client)(athlete_id="ana", from_date=date(2024, 1, 1), cause="model", detail="")
    compute(client, archive)
    assert len(asked) == read_once, "what this decoder has read it does not read again"
