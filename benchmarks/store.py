"""The embedded store: seconds to import and open it, and rows of `records` stored a second.

    python -m benchmarks.store [--rows N] [--json]

Ours beside clickhouse-connect's own ways into the same table (Arrow, pandas) in one run; medians of 5. Opening
is measured in fresh processes, on a store that has all tables.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse.migrations import migrate

ROUNDS = 5

OPEN = """
import time
started = time.perf_counter()
import sys
from pathlib import Path
from momentum.adapters.clickhouse import open_client
with open_client(store_dir=Path(sys.argv[1]), dsn=None, run_id="b", lock_timeout_s=5, on_wait=print) as client:
    client.rows("SELECT 1 AS one")
    print(time.perf_counter() - started)
"""


def records(rows: int) -> pa.Table:
    """Three hours of samples per activity, at 1 Hz, of a rider under way."""
    rng = np.random.default_rng(5)
    number = np.arange(rows)
    activity = pa.array(number // 10_800).cast(pa.string()).dictionary_encode()
    ts = pa.array(1_704_067_200_000 + number * 1000).cast(pa.timestamp("ms", "UTC"))
    return pa.table(
        {
            "athlete_id": pa.array(["a1"] * rows).dictionary_encode(),
            "activity_id": activity,
            "version": activity,
            "local_date": ts.cast(pa.date32()),
            "ts": ts,
            "lat": 48 + np.cumsum(rng.normal(0, 1e-5, rows)) % 1,
            "lon": 2 + np.cumsum(rng.normal(0, 1e-5, rows)) % 1,
            "altitude_m": (200 + np.cumsum(rng.integers(-1, 2, rows)) * 0.2).astype("float32"),
            "distance_m": number * 8.33,
            "speed_mps": rng.normal(8.33, 0.5, rows).round(3).astype("float32"),
            "heart_rate_bpm": rng.integers(120, 160, rows).astype("float32"),
            "power_w": rng.integers(0, 400, rows).astype("float32"),
            "cadence_rpm": rng.integers(70, 100, rows).astype("float32"),
            "temperature_c": np.full(rows, 21, "float32"),
        }
    )


def opening_s(folder: Path) -> float:
    command = [sys.executable, "-c", OPEN, str(folder)]
    seconds = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(ROUNDS)]
    return statistics.median(seconds)


def inserting(client: Client, rows: int) -> dict[str, float]:
    """Million rows a second by way of inserting."""
    table = records(rows)
    frame = table.to_pandas()
    peer = client._session._connection  # type: ignore[attr-defined]
    ways: dict[str, Callable[[], object]] = {
        "momentum Client.insert": lambda: client.insert("records", table),
        "clickhouse-connect insert_arrow": lambda: peer.insert_arrow("records", table),
        "clickhouse-connect insert_df": lambda: peer.insert_df("records", frame),
    }

    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # by turns, so that a busy machine is busy for all of them
        for name, way in ways.items():
            client.command("TRUNCATE TABLE records SYNC")
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
    return {name: rows / statistics.median(taken) / 1e6 for name, taken in seconds.items()}


def measure(rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        with open_client(store_dir=Path(folder), dsn=None, run_id="bench", lock_timeout_s=5, on_wait=print) as client:
            migrate(client)
            speeds = inserting(client, rows)
        return {
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "versions": {name: version(name) for name in ("chdb", "clickhouse-connect", "pyarrow")},
            "rows": rows,
            "import_and_open_s": opening_s(Path(folder)),
            "million_rows_per_s": speeds,
        }


def as_text(result: dict[str, Any]) -> str:
    ours, *_ = result["million_rows_per_s"].values()
    lines = [
        f"{result['machine']}, {result['versions']}",
        f"import and open, a fresh process: {result['import_and_open_s']:.2f} s",
        f"{result['rows']} rows of records, stored:",
    ]
    for name, speed in result["million_rows_per_s"].items():
        lines.append(f"  {name:32} {speed:5.2f} M rows/s   ours is {ours / speed:.2f} times as fast")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.rows)
    print(json.dumps(result, indent=2) if options.json else as_text(result))


if __name__ == "__main__":
    main()
