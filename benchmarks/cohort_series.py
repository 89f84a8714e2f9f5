"""All columns of `fitness` for a cohort: ours, computed from the stored daily_load and stored, against pandas
with the same columns in memory.

    python -m benchmarks.cohort_series [--athletes N] [--days M] [--full] [--rounds R] [--json]

Each side runs in a process of its own, so that its peak memory is its own, alternating for some rounds;
medians are printed. Each athlete trains one sport, so a day is two rows of fitness (the sport and all), for
both sides. --full is the size of the goal, 10 million athlete-days.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

FIRST = date(2019, 1, 1)
SOURCES = np.array(["", "tss", "srpe"])
SERIES = ("all", "cycling")
COMPARED = (
    "load", "ctl", "atl", "tsb", "tsb_evening", "ramp_rate", "acwr", "acwr_uncoupled", "acwr_ewma", "monotony",
    "strain", "source_changed",
)  # fmt: skip


def generate(athletes: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Load and source (place in SOURCES) by athlete and day: about five days of training a week."""
    rng = np.random.default_rng(11)
    load = np.where(rng.random((athletes, days)) < 0.7, rng.uniform(20, 145, (athletes, days)), 0.0)
    load[:, 0] = 50.0
    return load, np.where(load > 0, np.where(rng.random(load.shape) < 0.02, 2, 1), 0).astype(np.int8)


def client(folder: Path) -> Any:
    from momentum.adapters.clickhouse import open_client

    return open_client(
        store_dir=folder / "store", dsn=None, database="bench", run_id="bench", lock_timeout_s=5, on_wait=print
    )


def prepare(folder: Path, athletes: int, days: int) -> dict[str, Any]:
    """Fill daily_load, some athletes an insert."""
    import pyarrow as pa

    from momentum.warehouse.migrations import migrate

    load, source = generate(athletes, days)
    dates = np.array(FIRST, dtype="datetime64[D]") + np.arange(days)
    step = max(1, 500_000 // days)
    with client(folder) as store:
        migrate(store)
        for start in range(0, athletes, step):
            loads, sources = load[start : start + step].ravel(), source[start : start + step].ravel()
            trained = loads > 0
            offsets = pa.array(np.concatenate(([0], np.cumsum(trained))).astype(np.int32))
            sport = pa.array(["cycling"] * int(trained.sum()))
            names = [f"athlete-{number:06}" for number in range(start, min(start + step, athletes))]
            store.insert(
                "daily_load",
                pa.table(
                    {
                        "athlete_id": np.repeat(names, days),
                        "local_date": np.tile(dates, len(names)),
                        "load": loads,
                        "load_by_sport": pa.MapArray.from_arrays(offsets, sport, pa.array(loads[trained])),
                        "load_sources_by_sport": pa.MapArray.from_arrays(
                            offsets, sport, pa.array(SOURCES[sources[trained]])
                        ),
                    }
                ),
            )
    return {}


def ours(folder: Path, athletes: int, days: int) -> dict[str, Any]:
    """recompute(fitness) from the stored daily_load into the store, months swapped in."""
    from momentum.warehouse.models.run import recompute

    with client(folder) as store:
        store.command("TRUNCATE TABLE publications")
        store.command("TRUNCATE TABLE fitness")
        last, now = FIRST + timedelta(days=days - 1), datetime(2050, 1, 1, tzinfo=UTC)
        timed = measured(lambda: recompute(store, "fitness", FIRST, last, now=now))
        sums = ", ".join(f"sum({name}) AS {name}" for name in COMPARED)
        timed["sums"] = store.rows(f"SELECT count() AS rows, {sums} FROM fitness")[0]
    return timed


def pandas(folder: Path, athletes: int, days: int) -> dict[str, Any]:
    """The same columns with groupby, ewm, shift and rolling on a frame that lies sorted in memory."""
    import pandas as pd

    load, source = generate(athletes, days)
    series = np.arange(athletes * len(SERIES), dtype=np.int32)
    frame = pd.DataFrame(
        {
            "series": np.repeat(series, days),
            "day": np.tile(np.arange(days, dtype=np.int32), series.size),
            "load": np.repeat(load, len(SERIES), axis=0).ravel(),
            "source": np.repeat(source, len(SERIES), axis=0).ravel(),
        }
    )
    del load, source
    timed = measured(lambda: pandas_columns(frame))
    timed["sums"] = {"rows": len(frame)} | {name: float(frame[name].sum()) for name in COMPARED}
    return timed


def pandas_columns(frame: Any) -> None:
    """Add the columns of fitness to a frame of series, day, load and source."""
    import pandas as pd

    by_series = frame.groupby("series", sort=False)
    load = by_series["load"]
    n = by_series.cumcount().to_numpy() + 1
    first = load.transform("first").to_numpy()
    for name, tau in (("ctl", 42), ("atl", 7)):
        # adjust=False begins at the first value where ours begins at 0.
        average = load.ewm(alpha=1 - np.exp(-1 / tau), adjust=False).mean().to_numpy()
        frame[name] = average - first * np.exp(-n / tau)
    shifted = by_series[["ctl", "atl"]].shift(1, fill_value=0.0)
    frame["tsb"] = shifted["ctl"] - shifted["atl"]
    frame["tsb_evening"] = frame["ctl"] - frame["atl"]
    frame["ramp_rate"] = frame["ctl"] - by_series["ctl"].shift(7, fill_value=0.0)
    week, month = load.rolling(7), load.rolling(28)
    week_load, week_sd, month_load = week.sum().to_numpy(), week.std().to_numpy(), month.sum().to_numpy()
    acute, chronic = (load.ewm(alpha=2 / (days + 1), adjust=False).mean().to_numpy() for days in (7, 28))
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["acwr"] = np.where(month_load == 0, np.nan, 4 * week_load / month_load)
        before = month_load - week_load
        frame["acwr_uncoupled"] = np.where(before == 0, np.nan, 3 * week_load / before)
        frame["acwr_ewma"] = np.where((n < 28) | (chronic == 0), np.nan, acute / chronic)
        reason = np.select([n < 7, week_load == 0, week_sd == 0], [1, 2, 3], 0).astype(np.int8)
        frame["monotony"] = np.where(reason == 0, week_load / 7 / week_sd, np.nan)
    frame["monotony_reason"] = pd.Categorical.from_codes(reason, ["", "fewer than 7 days", "no load", "constant load"])
    frame["strain"] = frame["monotony"] * week_load
    told = frame["source"].where(frame["source"] > 0)
    before = told.groupby(frame["series"], sort=False).ffill().groupby(frame["series"], sort=False).shift(1)
    frame["source_changed"] = told.notna() & before.notna() & (told != before)


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    """Wall and processor seconds of the work; peak memory of the process at its end."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_own_process(side: str, folder: Path, athletes: int, days: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.cohort_series", "--athletes", f"{athletes}", "--days", f"{days}"]
    done = subprocess.run([*command, "--side", side, "--folder", str(folder)], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def compare(athletes: int, days: int, rounds: int) -> dict[str, Any]:
    """Medians of both sides, their ratio, and the largest relative difference of a column's sum."""
    results: dict[str, list[dict[str, Any]]] = {"ours": [], "pandas": []}
    with tempfile.TemporaryDirectory() as name:
        in_own_process("prepare", Path(name), athletes, days)
        for _ in range(rounds):
            for side, timed in results.items():
                timed.append(in_own_process(side, Path(name), athletes, days))
    report: dict[str, Any] = {
        side: {unit: statistics.median(one[unit] for one in timed) for unit in ("wall_s", "cpu_s", "peak_mb")}
        for side, timed in results.items()
    }
    sums = [timed[0]["sums"] for timed in results.values()]
    return report | {
        "athlete_days": athletes * days,
        "rows": sums[0]["rows"],
        "ratio_wall": report["ours"]["wall_s"] / report["pandas"]["wall_s"],
        "ratio_cpu": report["ours"]["cpu_s"] / report["pandas"]["cpu_s"],
        "largest_difference": max(abs(sums[0][c] - sums[1][c]) / max(1.0, abs(sums[1][c])) for c in sums[0]),
        "rounds": rounds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--athletes", type=int, default=1000)
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--full", action="store_true", help="10,000 athletes, 1,000 days")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=["prepare", "ours", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        sides = {"prepare": prepare, "ours": ours, "pandas": pandas}
        print(json.dumps(sides[given.side](given.folder, given.athletes, given.days)))
        return
    athletes, days = (10_000, 1_000) if given.full else (given.athletes, given.days)
    report = compare(athletes, days, given.rounds)
    if given.json:
        print(json.dumps(report))
        return
    print(f"{report['athlete_days']:,} athlete-days, {report['rows']:,} rows of fitness, median of {given.rounds}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for side in ("ours", "pandas"):
        print(f"{side:8} {{wall_s:8.2f}} s  {{cpu_s:8.2f}} s of cores  {{peak_mb:8.0f}} MB".format(**report[side]))
    print(f"ratio    {report['ratio_wall']:8.2f}    {report['ratio_cpu']:8.2f}   (goal: at most 2, under 1,000 MB)")
    print(f"largest relative difference of a column's sum: {report['largest_difference']:.1e}")


if __name__ == "__main__":
    main()
