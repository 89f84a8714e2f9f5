"""Field by field, on every real file: we read what fitdecode 0.11 and Garmin's own SDK 21.218 read.

Differences that are known stand, each with its reason, in fit_reference.py.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from fit_reference import FOLDER, differences, file_bytes, real_files

from momentum.activity_files.decoded import Refused
from momentum.activity_files.fit import decode_fit, messages

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not real_files(), reason="no real files beside the repository"),
]

# The same file is there zipped, too; the empty one has nothing to compare.
COMPARED = [p for p in real_files() if p.name != "GoldenCheetah__Fr955v19.28andStryd.fit.zip" and p.stat().st_size]
READERS = ("fitdecode", "sdk")
Jobs = dict[tuple[str, str], "Future[list[str]]"]


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    """The references take half a minute between them: two processes share it."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        largest_first = sorted(COMPARED, key=lambda path: -path.stat().st_size)
        yield {(p.name, reader): pool.submit(differences, p, reader) for p in largest_first for reader in READERS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", [path.name for path in COMPARED])
def test_every_field_of_every_message(name: str, reader: str, jobs: Jobs) -> None:
    assert jobs[name, reader].result() == []


def test_number_of_records_is_the_manifests() -> None:
    with (FOLDER.parent / "MANIFEST.tsv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines, delimiter="\t") if row[0].startswith("fit/") and row[5] != "0"]
    counts = {}
    for row in rows:
        record = messages(file_bytes(FOLDER.parent / row[0]))["record"]
        counts[row[0]] = str(len(next(iter(record.values()))))
    assert counts == {row[0]: row[5] for row in rows}
    assert len(rows) >= 46


@pytest.mark.parametrize(
    ("name", "reason"),
    [("sports-lib__empty-sessions.fit", "empty file"), ("fitdecode__MonitoringFile.fit", "no activity in it")],
)
def test_files_without_an_activity_are_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_fit((FOLDER / name).read_bytes())
    assert refused.value.reason == reason
