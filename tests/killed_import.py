"""An import and its recompute, killed before every write and in the middle of some; each then completed.

    python -m tests.killed_import FOLDER

Prints one JSON object: how many copies were made, and for each that did not end as the undisturbed run
did, what differs. A process of its own, because a process that holds the engine cannot fork.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from momentum.activity_files.decoded import Refused
from momentum.activity_files.read import decode
from momentum.adapters.archive import Archive
from momentum.adapters.clickhouse import Client, open_client
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import tcx_parts
from momentum.warehouse.changes import open_changes
from momentum.warehouse.entries import athlete_entries
from momentum.warehouse.migrations import migrate
from tests.frozen_copies import Point, frozen_copies, stopping_client, stopping_renames
from tests.imports import compute, entered, take_in
from tests.same_tables import Dump, differences, doubled_samples, tables_of
from tests.small_files import recorded, small_files
from tests.unit.activity_files.made_activities import DAY_MS, NOON_MS, without

NOW = datetime(2024, 5, 20, 12, tzinfo=UTC)
WITHIN = 0.1  # so many writes are also killed half way
WORKERS = 2
TABLES = ("daily_load", "fitness")  # the rollups go the same way
COMPUTE = "compute"  # labels of the second half begin with it


def files() -> dict[str, bytes]:
    """Small files of two months, so that a batch of swaps can be half done.

    The day of the ride indoors hangs on the home zone, so its samples are written again when that changes.
    """
    names = ("monday.fit", "monday copy.fit", "monday.tcx", "watch.fit", "unit.fit", "truncated.fit", "not one.fit")
    indoors = without(recorded(6, NOON_MS + DAY_MS), "lat", "lon", "power_w")
    return {name: small_files()[name] for name in names} | {
        "april.fit": fit_bytes(recorded(4, NOON_MS - 6 * DAY_MS)),
        "indoors.tcx": b"".join(tcx_parts(indoors)),
    }


@contextmanager
def opened(home: Path) -> Iterator[Client]:
    with open_client(
        store_dir=home / "store", dsn=None, run_id="killed", lock_timeout_s=5, on_wait=partial(print, file=sys.stderr)
    ) as client:
        migrate(client)
        yield client


def first_half(client: Client, archive: Archive) -> None:
    """Files in, then the athlete's zone: the assembly has samples to write again."""
    take_in(client, archive, "ana", files().items(), now=NOW)
    entered(client, athlete_entries, NOW, athlete_id="ana", timezone="Pacific/Auckland")


def whole(home: Path, point: Point) -> None:
    """Both halves, stopping before every write."""
    with opened(home) as client:
        with stopping_renames(point):
            first_half(stopping_client(client, point), Archive(home / "raw"))
        later = stopping_client(client, lambda name: point(f"{COMPUTE} {name}"))
        compute(later, Archive(home / "raw"), now=NOW, tables=TABLES)


def completed(home: Path, number: int) -> tuple[Dump, list[str]]:
    """The tables after one more run over what a kill left, and what should not be there.

    Killed in the recompute, the next recompute alone must do. Killed in the import, the import is made
    again, half of the times after a recompute that came between.
    """
    archive = Archive(home / "raw")
    for folder in home.glob("raw/incoming-*"):
        os.utime(folder, (0, 0))  # a minute later, or it might belong to a writer that begins
    with opened(home) as client:
        if COMPUTE not in home.name:
            if number % 2:
                compute(client, archive, now=NOW, tables=TABLES)
            first_half(client, archive)
        compute(client, archive, now=NOW, tables=TABLES)
        tables = client.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")
        wrong = [f"left over: {row['name']}" for row in tables if "staging" in row["name"]]
        wrong += [f"still open: {change.cause}" for change in open_changes(client)]
        wrong += [f"left over: {path.name}" for path in home.glob("raw/incoming-*")]
        return tables_of(client), wrong + doubled_samples(client)


def judge(home: Path, copies: Sequence[Path], result: Path) -> None:
    """Completes each copy and writes what is wrong; the undisturbed run is what `home` holds."""
    with opened(home) as client:
        reference = tables_of(client)
    found = []
    for copy in copies:
        print(copy.name, file=sys.stderr)  # what was worked on when it fails
        tables, wrong = completed(copy, int(copy.name[:4]))
        wrong += differences(reference, tables)
        found += [f"{copy.name}: {one}" for one in wrong]
        shutil.rmtree(copy)
    result.write_text(json.dumps(found))


def in_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    return child


def main(folder: Path) -> None:
    for data in files().values():  # compiled code is loaded once, for all children
        with suppress(Refused):
            decode(io.BytesIO(data))
    home, into = folder / "home", folder / "copies"
    home.mkdir()
    into.mkdir()
    copies = frozen_copies(home, into, partial(whole, home), seed=1, within=WITHIN)
    results = [folder / f"{worker}.json" for worker in range(WORKERS)]
    children = [
        in_child(partial(judge, home, copies[worker::WORKERS], result)) for worker, result in enumerate(results)
    ]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * WORKERS
    wrong = [line for result in results for line in json.loads(result.read_text())]
    print(json.dumps({"copies": [copy.name for copy in copies], "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
