"""One new file, from the inbox to fitness, against the same job with an empty inbox.

    python -m benchmarks.one_file [--rounds 9] [--json]

The home holds the demo: three athletes, two years each. A round puts a new activity of the last days
(a real file moved there) into one athlete's inbox and runs `take_in` and `recompute` as the command line
does; then it runs both again over the same months with nothing in the inbox and nothing changed. Both
sides take turns in one process. Goal: the median with a file is at most 1.5 times the other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import measured, side, where

ROUNDS = 9
GOAL = 1.5
ATHLETE = "camille"
SECONDS = (40 * 60, 120 * 60)  # how long a usual session is


def measure(rounds: int = ROUNDS, weeks: int | None = None) -> dict[str, Any]:
    """Medians of the seconds with a new file and without. weeks: of the demo, if not the usual two years."""
    with tempfile.TemporaryDirectory() as home:
        taken = side("one_file", "--rounds", rounds, "--weeks", weeks or 0, "--side", home)
    seconds = {
        what: {unit: statistics.median(one[unit] for one in times) for unit in ("wall_s", "cpu_s")}
        for what, times in taken["rounds"].items()
    }
    return {
        **where("dagster", "chdb"),
        "rounds": rounds,
        "activities": taken["activities"],
        "seconds": seconds,
        "ratio_wall": seconds["new file"]["wall_s"] / seconds["empty inbox"]["wall_s"],
        "ratio": seconds["new file"]["cpu_s"] / seconds["empty inbox"]["cpu_s"],
        "goal": GOAL,
    }


def turns(home: Path, rounds: int, weeks: int | None) -> dict[str, Any]:
    """Seconds of every round of both sides, and how many activities the home held before."""
    os.environ["MOMENTUM_HOME"] = str(home)
    from momentum_dagster.cli.demo import fill_demo
    from momentum_dagster.cli.shared import store

    fill_demo(weeks)
    _job(None)
    with store() as client:
        [before] = client.rows("SELECT count() AS activities FROM activities WHERE leg = 0")
    taken: dict[str, list[dict[str, float]]] = {"new file": [], "empty inbox": []}
    for number in range(rounds + 1):
        _put_new_file(home / "inbox" / ATHLETE, number)
        with_file, months = measured(lambda: _job(None))
        without, _ = measured(lambda months=months: _job(months))
        if number:  # the first brings in what is loaded or compiled once
            taken["new file"].append(with_file)
            taken["empty inbox"].append(without)
    with store() as client:
        [after] = client.rows("SELECT count() AS activities FROM activities WHERE leg = 0")
    if after["activities"] != before["activities"] + rounds + 1:
        raise RuntimeError("not every new file became an activity")
    return {"rounds": taken, **before}


def _job(months: tuple[date, date] | None) -> tuple[date, date]:
    """Takes in what waits, computes the months that are open, or these; the months."""
    from momentum_dagster.cli.runs import Outcome, execute, raise_for, recompute_open
    from momentum_dagster.partitions import range_tags

    outcome = Outcome()
    execute("take_in", outcome, tags={})
    if months is None:
        months = recompute_open(outcome)
    else:
        execute("recompute", outcome, tags=range_tags(*months))
    raise_for(outcome)
    if months is None:
        raise RuntimeError("the file in the inbox opened no change")
    return months


def _put_new_file(inbox: Path, number: int) -> None:
    """An activity that nobody has yet, in the small hours of one of the last days."""
    from benchmarks.variants import ACTIVITIES, STEP_S, read_sources

    sources = (
        [source for source in read_sources(ACTIVITIES) if SECONDS[0] < source.ends_s - source.starts_s < SECONDS[1]]
        if ACTIVITIES.is_dir()
        else []
    )
    if not sources:
        raise SystemExit(f"no real files at {ACTIVITIES}")
    source = sources[number % len(sources)]
    night = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC) - timedelta(days=2 + number)
    shift_s = int(night.timestamp() - source.starts_s) // STEP_S * STEP_S
    (inbox / f"new-{number}-{source.name}").write_bytes(source.moved(shift_s, 1_000 + number))


def as_text(result: dict[str, Any]) -> str:
    lines = [
        f"One new file into a home with {result['activities']} activities, to fitness; {result['machine']}, "
        f"median of {result['rounds']}"
    ]
    lines += [
        f"{what:12}{one['wall_s']:7.2f} s{one['cpu_s']:7.2f} s of cores" for what, one in result["seconds"].items()
    ]
    lines.append(
        f"{result['ratio']:.2f} times as long by processor, {result['ratio_wall']:.2f} by the clock "
        f"(goal: at most {result['goal']})"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--weeks", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(turns(given.side, given.rounds, given.weeks or None)))
        return
    result = measure(given.rounds, given.weeks or None)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


if __name__ == "__main__":
    main()
