"""A better decoder is a backfill, not a new import: what the archive holds is read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from momentum.activity_files.decoded import DecodedFile, Refused
from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.adapters.archive import Archive
from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.warehouse.ingest import assembly, intake
from tests.imports import archive_at, compute, opener, take_in
from tests.small_files import recorded, small_files
from tests.unit.activity_files.made_activities import HOUR_MS, NOON_MS


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
        monkeypatch.setattr(module, "DECODER_VERSION", DECODER_VERSION + 1)
    monkeypatch.setattr(intake, "decode", better)
    opener(client)(
        athlete_id="ana", from_date=min(row["local_date"] for row in before.values()), cause="model", detail=""
    )
    compute(client, archive)

    after = {row["activity_id"]: row for row in client.rows("SELECT * FROM activities")}
    assert after.keys() == before.keys(), "a better decoder never moves an activity's id"
    assert {row["ascent_m"] for row in after.values()} == {77.0}
    assert {row["decoder_version"] for row in after.values()} == {DECODER_VERSION + 1}
    assert all(after[key]["version"] != before[key]["version"] for key in before)
    read_once = len(asked)
    assert read_once >= len(small_files()) - 5

    compute(client, archive)
    opener(client)(athlete_id="ana", from_date=date(2024, 1, 1), cause="model", detail="")
    compute(client, archive)
    assert len(asked) == read_once, "what this decoder has read it does not read again"


def compute_with_decoder(
    client: Client, archive: Archive, monkeypatch: pytest.MonkeyPatch, change: Callable[[DecodedFile], None]
) -> None:
    """A recompute by a new decoder, which gives `change` of what the old one gave."""
    read = intake.decode

    def better(stream: BinaryIO, now: datetime) -> DecodedFile:
        decoded = read(stream, now)
        change(decoded)
        return decoded

    for module in (intake, assembly):
        monkeypatch.setattr(module, "DECODER_VERSION", DECODER_VERSION + 1)
    monkeypatch.setattr(intake, "decode", better)
    opener(client)(athlete_id="ana", from_date=date(2024, 1, 1), cause="model", detail="")
    compute(client, archive)
    compute(client, archive)  # what reading again has opened


def test_what_a_better_decoder_refuses_counts_no_more(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", [(name, small_files()[name]) for name in ("late.fit", "evening.fit")])
    compute(client, archive)

    def refuse_late(decoded: DecodedFile) -> None:
        if decoded.activities[0].started_at_ms < NOON_MS:
            raise Refused("not an activity file", "a course to follow, not a ride")

    compute_with_decoder(client, archive, monkeypatch, refuse_late)
    assert client.rows("SELECT DISTINCT source_file FROM activity_sources") == [{"source_file": "evening.fit"}]
    assert client.rows("SELECT count() AS n FROM activity_metrics") == [{"n": 1}]
    assert client.rows("SELECT source_file, reason FROM quarantine") == [
        {"source_file": "late.fit", "reason": "not an activity file"}
    ]
    take_in(client, archive, "ana", [("again.fit", small_files()["evening.fit"])])
    compute(client, archive)
    assert client.rows("SELECT count() AS n FROM activities") == [{"n": 1}]


def test_a_better_decoder_may_find_fewer_activities_in_a_file(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(tmp_path)
    morning, midday = (fit_bytes(recorded(seed, NOON_MS + seed * HOUR_MS)) for seed in (1, 2))
    take_in(client, archive, "ana", [("chained.fit", morning + midday)])
    compute(client, archive)
    assert client.rows("SELECT count() AS n FROM activities") == [{"n": 2}]

    compute_with_decoder(client, archive, monkeypatch, lambda decoded: decoded.activities.pop() and None)
    assert client.rows("SELECT count() AS n FROM activities") == [{"n": 1}]
    assert client.rows("SELECT count() AS n FROM activity_metrics") == [{"n": 1}]


@pytest.mark.parametrize("refused", ["the whole file", "its second activity"])
def test_an_import_after_an_upgrade_does_not_stop_at_an_old_file_that_is_refused_now(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    archive = archive_at(tmp_path)
    morning, midday = (recorded(seed, NOON_MS + seed * HOUR_MS) for seed in (1, 2))
    take_in(client, archive, "ana", [("chained.fit", fit_bytes(morning) + fit_bytes(midday))])
    compute(client, archive)

    read = intake.decode

    def stricter(stream: BinaryIO, now: datetime) -> DecodedFile:
        decoded = read(stream, now)
        if len(decoded.activities) == 2:
            if refused == "the whole file":
                raise Refused("damaged", "its first part")
            decoded.activities.pop()
        return decoded

    for module in (intake, assembly):
        monkeypatch.setattr(module, "DECODER_VERSION", DECODER_VERSION + 1)
    monkeypatch.setattr(intake, "decode", stricter)

    by_watch = [recorded(seed, NOON_MS + seed * HOUR_MS, "Forerunner 255", "7") for seed in (1, 2)]
    files = [(f"{number}.fit", fit_bytes(activity)) for number, activity in enumerate(by_watch)]
    report = take_in(client, archive, "ana", [*files, ("evening.fit", small_files()["evening.fit"])])
    assert report.new == 3
    compute(client, archive)
    compute(client, archive)
    assert client.rows("SELECT count() AS n FROM activities") == [{"n": 3}]
    chained = client.rows("SELECT count() AS n FROM activity_sources WHERE source_file = 'chained.fit'")
    assert chained == [{"n": 0 if refused == "the whole file" else 1}]
    told = [row["source_file"] for row in client.rows("SELECT source_file FROM quarantine")]
    assert told == (["chained.fit"] if refused == "the whole file" else [])
