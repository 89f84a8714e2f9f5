"""Import of distinct variants of real files, from the folder to the rollups.

    python -m benchmarks.imports [--files 2000] [--json]

Sides, each in a process of its own: the whole way without Dagster; the decoder alone on the same files;
the store alone, taking the same Arrow blocks; `momentum import` with Dagster. What is neither decoder
nor store is "the rest" (archive, matching, merging, metrics, models, swaps); goal: at most as much
again. Ratios are of processor seconds, all threads, because a shared machine stretches the wall clock.
Memory is the process's peak for a quarter of the files and for all of them: it should not grow.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.processes import MOMENTUM, measured, peak_mb, run, side, where

ATHLETE = "bench"
GOAL = 1.0  # the rest to decoder and store


def measure(files: int = 2000, *, with_dagster: bool = True) -> dict[str, Any]:
    """Seconds of every side, memory at two sizes, bytes a sample in the store and in the files."""
    from benchmarks.variants import ACTIVITIES, write_variants

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        few, all_of_them = scratch / "few", scratch / "all"
        write_variants(ACTIVITIES, few, max(1, files // 4))
        write_variants(ACTIVITIES, all_of_them, files)
        size = sum(path.stat().st_size for path in all_of_them.rglob("*.*"))
        quarter = _side("whole", few, scratch / "home")
        decoder = _side("decoder", all_of_them, scratch / "home")
        whole = _side("whole", all_of_them, scratch / "home")
        shutil.rmtree(scratch / "home")
        _side("record", all_of_them, scratch / "home")
        store = _side("store", scratch / "home" / "blocks", scratch / "other")
        shutil.rmtree(scratch / "home")
        shutil.rmtree(scratch / "other")
        command = None
        if with_dagster:
            command, _ = run([*MOMENTUM, "--home", scratch / "home", "import", all_of_them, "--athlete", ATHLETE])
    rest = {unit: whole[unit] - decoder[unit] - store[unit] for unit in ("wall_s", "cpu_s")}
    return {
        **where("chdb", "dagster", "numpy", "pyarrow"),
        "files": files,
        "samples": whole["samples"],
        "megabytes": size / 1e6,
        "files_per_s": files / whole["wall_s"],
        "samples_per_s": whole["samples"] / whole["wall_s"],
        "mb_per_s": size / 1e6 / whole["wall_s"],
        "whole": whole,
        "decoder": decoder,
        "store": store,
        "rest": rest,
        "rest_ratio": rest["cpu_s"] / (decoder["cpu_s"] + store["cpu_s"]),
        "goal": GOAL,
        "command": command,
        "peak_mb": {str(files // 4): quarter["peak_mb"], str(files): whole["peak_mb"]},
        "store_bytes_per_sample": whole["store_bytes"] / whole["samples"],
        "file_bytes_per_sample": size / whole["samples"],
    }


def _side(what: str, folder: Path, home: Path) -> dict[str, Any]:
    return side("imports", "--side", what, "--folder", folder, "--home", home)


def whole(folder: Path, home: Path, blocks: Path | None = None) -> dict[str, Any]:
    """Files to rollups without Dagster, with the seconds of each step; keeps the blocks inserted if asked."""
    from momentum.activity_files.decoder_version import DECODER_VERSION
    from momentum.warehouse.changes import close_changes, open_changes
    from momentum.warehouse.ingest.assembly import assemble
    from momentum.warehouse.metrics import recompute_metrics
    from momentum.warehouse.models.registry import MODELS, model_version
    from momentum.warehouse.models.run import recompute

    now = datetime.now(UTC)
    steps: dict[str, dict[str, float]] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        steps[name], answer = measured(work)
        return answer

    def everything() -> int:
        from momentum.warehouse.changes import open_change

        opened = partial(open_change, client, lambda: None, now=now)
        report = step("intake", lambda: _take_in(client, home, folder, opened, now))
        changes = open_changes(client)
        first, last = min(change.from_date for change in changes).replace(day=1), now.date().replace(day=1)
        months = ([ATHLETE], first, last)
        decoders = {"open_change": opened, "model_version": str(DECODER_VERSION), "run_id": "bench", "now": now}
        step("assembly", lambda: assemble(client, _archive(home), *months, **decoders))
        version = model_version("activity_metrics")
        step("activity_metrics", lambda: recompute_metrics(client, *months, model_version=version))
        for table in (name for name, model in MODELS.items() if model.sql):
            step(table, partial(recompute, client, table, first, last, now=now))
        close_changes(client, [change.change_id for change in changes], "bench", now)
        return report.samples

    with _client(home) as client:
        if blocks is not None:
            _keep_blocks(client, blocks)
        took, samples = measured(everything)
        [disk] = client.rows(
            "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase()"
        )
    return took | {"peak_mb": peak_mb(), "samples": samples, "store_bytes": disk["bytes"], "steps": steps}


def _take_in(client: Any, home: Path, folder: Path, opened: Callable[..., str], now: datetime) -> Any:
    from momentum.activity_files.archives import walk
    from momentum.warehouse.ingest.intake import Intake, take_all

    intake = Intake(client, _archive(home), ATHLETE, open_change=opened, run_id="bench", now=now)
    for _ in take_all(intake, walk(folder)):
        pass
    return intake.report


def _archive(home: Path) -> Any:
    from momentum.adapters.archive import Archive

    return Archive(home / "raw")


@contextmanager
def _client(home: Path) -> Iterator[Any]:
    from momentum.adapters.clickhouse import open_client
    from momentum.warehouse.migrations import migrate

    with open_client(store_dir=home / "store", dsn=None, run_id="bench", lock_timeout_s=5, on_wait=print) as client:
        migrate(client)
        yield client


def _keep_blocks(client: Any, folder: Path) -> None:
    """Writes down every block that goes into the store, in order."""
    import pyarrow as pa

    folder.mkdir()
    insert, count = client.insert, iter(range(1_000_000))

    def kept(table: str, data: Any) -> None:
        name = f"{next(count):06}-{table.partition('__')[0]}"
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_file(sink, data.schema) as writer:
            writer.write_table(data)
        insert(table, data)

    client.insert = kept


def decoder(folder: Path, home: Path) -> dict[str, Any]:
    """Every file read and decoded, nothing else."""
    from momentum.activity_files.read import decode

    def everything() -> None:
        for path in sorted(folder.rglob("*.*")):
            with path.open("rb") as stream:
                decode(stream)

    return measured(everything)[0] | {"peak_mb": peak_mb()}


def store(folder: Path, home: Path) -> dict[str, Any]:
    """The same blocks into the same tables; reading them from disk is not counted."""
    import pyarrow as pa

    took = {"wall_s": 0.0, "cpu_s": 0.0}
    with _client(home) as client:
        for path in sorted(folder.iterdir()):
            with pa.memory_map(str(path)) as source:
                data = pa.ipc.open_file(source).read_all()
                once, _ = measured(lambda data=data, path=path: client.insert(path.name.partition("-")[2], data))
            took = {unit: took[unit] + once[unit] for unit in took}
    return took | {"peak_mb": peak_mb()}


def as_text(result: dict[str, Any]) -> str:
    lines = [
        f"Import of {result['files']} distinct files, {result['megabytes']:.0f} MB, {result['samples']:,} samples; "
        f"{result['machine']}",
        f"{'':20}{'wall s':>9}{'cores s':>9}{'peak MB':>9}",
        *(
            f"{label:20}{result[name]['wall_s']:9.1f}{result[name]['cpu_s']:9.1f}{result[name].get('peak_mb', 0):9.0f}"
            for name, label in (
                ("whole", "files to rollups"),
                ("decoder", "decoder alone"),
                ("store", "store alone"),
                ("rest", "the rest"),
                ("command", "momentum import"),
            )
            if result[name]
        ),
        *(f"  {name:18}{one['wall_s']:9.1f}{one['cpu_s']:9.1f}" for name, one in result["whole"]["steps"].items()),
        f"the rest is {result['rest_ratio']:.2f} of decoder and store (goal: at most {result['goal']:.0f})",
        f"{result['files_per_s']:.1f} files/s, {result['samples_per_s']:,.0f} samples/s, {result['mb_per_s']:.1f} MB/s",
        "peak memory: " + ", ".join(f"{mb:.0f} MB for {files} files" for files, mb in result["peak_mb"].items()),
        f"{result['store_bytes_per_sample']:.1f} bytes a sample in the store, {result['file_bytes_per_sample']:.1f} "
        "in the files",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--no-command", action="store_true", help="leave out `momentum import`")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=["whole", "record", "decoder", "store"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        given.home.mkdir(exist_ok=True)
        sides: dict[str, Callable[[], dict[str, Any]]] = {
            "whole": lambda: whole(given.folder, given.home),
            "record": lambda: whole(given.folder, given.home, given.home / "blocks"),
            "decoder": lambda: decoder(given.folder, given.home),
            "store": lambda: store(given.folder, given.home),
        }
        print(json.dumps(sides[given.side]()))
        return
    result = measure(given.files, with_dagster=not given.no_command)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


if __name__ == "__main__":
    main()
