"""FIT decoding: ours, with everything in, beside fitdecode and fitfast on the same files in one run.

`python -m benchmarks.fit_decoding [--json]`. The files are the real ones beside the repository; ours
is `decode_fit` (CRC, sessions and legs, laps, beats, chest straps, developer fields), fitfast's is
`records` (Rust, the records' numbers only), fitdecode's is a walk through every message, with CRC.
Rates and ratios are over the six largest files that all three read; "correct" counts every readable file, by the number
of records that the manifest gives.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import platform
import statistics
import time
import warnings
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "activities"
LARGEST = 6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments.add_argument("--repeats", type=int, default=5, help="runs of the fast decoders; the median counts")
    given = arguments.parse_args()
    if not (FOLDER / "MANIFEST.tsv").is_file():
        raise SystemExit(f"no real files at {FOLDER}")
    result = measure(given.repeats)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


def measure(repeats: int) -> dict[str, Any]:
    """Rates in MB/s, ratios and correctness of the three decoders, and where it was measured."""
    files = readable_files()
    # fitfast refuses files whose header CRC is 0, which is legal: it would have nothing to be measured by.
    shared = [file for file in files if _records(_fitfast, file[1]) is not None]
    largest = sorted(shared, key=lambda file: len(file[1]))[-LARGEST:]
    size = sum(len(data) for _, data, _ in largest) / 1e6
    readers: dict[str, tuple[Callable[[bytes], int], int]] = {
        "momentum": (_ours, repeats * 3),
        "fitfast": (_fitfast, repeats * 3),
        "fitdecode": (_fitdecode, max(1, repeats // 2)),
    }
    seconds = {
        name: _median_s(read, [data for _, data, _ in largest], times) for name, (read, times) in readers.items()
    }
    small = min((data for _, data, _ in files), key=len)
    return {
        "files": [name for name, _, _ in largest],
        "megabytes": round(size, 2),
        "mb_per_s": {name: round(size / s, 2) for name, s in seconds.items()},
        "times_fitdecode": {name: round(seconds["fitdecode"] / s, 1) for name, s in seconds.items()},
        "times_fitfast": round(seconds["fitfast"] / seconds["momentum"], 1),
        "correct": {
            name: sum(_records(read, data) == records for _, data, records in files)
            for name, (read, _) in readers.items()
        },
        "readable": len(files),
        "smallest_file_ms": round(_median_s(_ours, [small], repeats * 3) * 1000, 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("numpy", "numba", "fitdecode", "fitfast", "garmin-fit-sdk")},
    }


def readable_files() -> list[tuple[str, bytes, int]]:
    """Name, bytes and number of records of every real file that the manifest calls readable."""
    with (FOLDER / "MANIFEST.tsv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines, delimiter="\t") if row[0].startswith("fit/")]
    files = []
    for row in rows:
        if row[5] == "0" or row[8]:
            continue
        data = (FOLDER / row[0]).read_bytes()
        if row[0].endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = archive.read(archive.namelist()[0])
        files.append((row[0], data, int(row[5])))
    return list({data: (name, data, records) for name, data, records in files}.values())


def _ours(data: bytes) -> int:
    from momentum.activity_files.fit import decode_fit

    decoded = decode_fit(data)
    parts = [part for activity in decoded.activities for part in (activity.legs or [activity])]
    return sum(len(part.samples.get("ts", ())) for part in parts)


def _fitfast(data: bytes) -> int:
    import fitfast

    columns = fitfast.records(data)
    return max((len(values) for values in columns.values()), default=0)


def _fitdecode(data: bytes) -> int:
    import fitdecode

    with warnings.catch_warnings(), fitdecode.FitReader(io.BytesIO(data)) as reader:
        warnings.simplefilter("ignore")
        return sum(isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record" for frame in reader)


def _median_s(read: Callable[[bytes], int], files: list[bytes], repeats: int) -> float:
    for data in files:  # compiled code and caches warm, pages in
        if repeats > 2:
            read(data)
    runs = []
    for _ in range(repeats):
        start = time.perf_counter()
        for data in files:
            read(data)
        runs.append(time.perf_counter() - start)
    return statistics.median(runs)


def _records(read: Callable[[bytes], int], data: bytes) -> int | None:
    """Number of records read; None where the decoder gives up."""
    try:
        return read(data)
    except Exception:  # noqa: BLE001 - whatever a peer raises counts as not read
        return None


def as_text(result: dict[str, Any]) -> str:
    lines = [f"FIT decoding, {LARGEST} largest files, {result['megabytes']} MB; {result['machine']}"]
    lines.append(f"{'decoder':<12}{'MB/s':>10}{'x fitdecode':>14}{'correct of ' + str(result['readable']):>16}")
    for name, rate in result["mb_per_s"].items():
        lines.append(f"{name:<12}{rate:>10}{result['times_fitdecode'][name]:>14}{result['correct'][name]:>16}")
    lines.append(f"momentum is {result['times_fitfast']} times fitfast; smallest file {result['smallest_file_ms']} ms")
    lines.append(", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
