"""Hundreds of damaged files beside good ones: nothing stops, nothing is lost, nothing good is touched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

from momentum.activity_files.archives import FoundFile, RefusedFile, walk
from momentum.adapters.clickhouse import Client
from momentum.warehouse.checks import checks
from tests.damaged_files import damaged_files
from tests.imports import archive_at, compute, take_in
from tests.same_tables import Dump, differences, tables_of
from tests.small_files import small_files

COUNT = 255
OF_FILES = ("activities", "activity_sources", "decoded_files", "records", "laps", "rr_intervals", "developer_fields")


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """Folders of what an athlete hands in: damaged files, good ones, damaged ones again."""
    damaged = list(damaged_files(COUNT, seed=4).items())
    write(tmp_path / "drop" / "before", dict(damaged[: COUNT // 2]))
    write(tmp_path / "drop" / "good", small_files())
    write(tmp_path / "drop" / "after", dict(damaged[COUNT // 2 :]))
    return tmp_path / "drop"


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def walked(drop: Path, *folders: str) -> Iterator[FoundFile | RefusedFile]:
    return chain.from_iterable(walk(drop / folder) for folder in folders)


def of_good_files(dump: Dump, known: Dump) -> Dump:
    """Only the rows that speak of a file or an activity which `known` knows."""
    ids = {value for row in known["activity_aliases"] for value in row if isinstance(value, str)} - {"athlete"}
    return {
        name: [row for row in dump[name] if ids.intersection(v for v in row if isinstance(v, str))] for name in OF_FILES
    }


def test_damaged_files_are_accounted_for_and_touch_no_good_one(
    client: Client, tmp_path: Path, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, home = tmp_path / "scratch", tmp_path / "home"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    handed_in = {path: path.read_bytes() for path in drop.rglob("*") if path.is_file()}

    take_in(client, archive_at(home), "alone", walked(drop, "good"))
    report = take_in(client, archive_at(home), "among", walked(drop, "before", "good", "after"))
    compute(client, archive_at(home))

    assert report.files >= len(handed_in)
    told = {
        row["source_file"]
        for table in ("activity_sources", "quarantine")
        for row in client.rows(f"SELECT source_file FROM {table} WHERE athlete_id = 'among'")
    }
    outer = {name.partition("!")[0] for name in told}
    assert {path.relative_to(drop).as_posix() for path in handed_in} <= outer
    # both happens, so neither is trivial: refused, and read with a note or without
    assert report.refused > COUNT / 4
    assert report.activities > COUNT / 4
    nameless = client.rows("SELECT source_file FROM quarantine WHERE reason = '' OR source_file = ''")
    assert nameless == []

    alone = tables_of(client, "alone")
    among = of_good_files(tables_of(client, "among"), alone)
    assert len(among["activities"]) == 7
    assert differences({name: alone[name] for name in OF_FILES}, among) == []

    failed = [result.message for one in checks() if one.blocking and not (result := one.run(client)).passed]
    assert failed == []

    once = tables_of(client)
    again = take_in(client, archive_at(home), "among", walked(drop, "before", "good", "after"))
    compute(client, archive_at(home))
    assert again.new == again.activities == 0
    assert differences(once, tables_of(client)) == []

    # nothing written but into the home, and nothing forgotten in the folder for temporary files
    assert {path: path.read_bytes() for path in drop.rglob("*") if path.is_file()} == handed_in
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drop", "home", "scratch"]
    assert list(scratch.iterdir()) == []
    assert [path.name for path in home.iterdir()] == ["raw"]
