"""How long it takes until something answers, each in a process of its own.

    python -m benchmarks.start_up [--rounds 7] [--json]

The graph's definitions against `import dagster` (goal: at most 1.5 times), `momentum --help` against the
same (goal: a quarter), `momentum sql` against chDB's own start with one query (told, no goal). The sides
take turns; medians count, ratios are of processor seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.processes import MOMENTUM, run, where

ROUNDS = 7
CHDB = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1])
client.query("SELECT 1")
"""
GOALS = {"definitions": 1.5, "help": 0.25}
PEERS = {"definitions": "import dagster", "help": "import dagster", "sql": "chDB alone"}


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians of the seconds of each start, and its ratio to its peer."""
    with tempfile.TemporaryDirectory() as name:
        home, other = Path(name) / "home", Path(name) / "chdb"
        commands: dict[str, list[Any]] = {
            "import dagster": [sys.executable, "-c", "import dagster"],
            "chDB alone": [sys.executable, "-c", CHDB, other],
            "definitions": [sys.executable, "-c", "import momentum_dagster.definitions"],
            "help": [*MOMENTUM, "--help"],
            "sql": [*MOMENTUM, "--home", home, "sql", "SELECT 1"],
        }
        taken: dict[str, list[dict[str, float]]] = {what: [] for what in commands}
        for command in commands.values():  # files are read once, the store is made
            run(command)
        for _ in range(rounds):
            for what, command in commands.items():
                taken[what].append(run(command)[0])
    seconds = {
        what: {unit: statistics.median(one[unit] for one in times) for unit in ("wall_s", "cpu_s")}
        for what, times in taken.items()
    }
    ratios = {what: seconds[what]["cpu_s"] / seconds[peer]["cpu_s"] for what, peer in PEERS.items()}
    return {**where("dagster", "chdb", "typer"), "seconds": seconds, "ratios": ratios, "goals": GOALS, "rounds": rounds}


def as_text(result: dict[str, Any]) -> str:
    lines = [f"Start-up, {result['machine']}, Python {result['python']}, median of {result['rounds']}"]
    lines += [
        f"{what:16}{one['wall_s']:7.2f} s{one['cpu_s']:7.2f} s of cores" for what, one in result["seconds"].items()
    ]
    for what, ratio in result["ratios"].items():
        goal = f" (goal: at most {GOALS[what]})" if what in GOALS else ""
        lines.append(f"{what} takes {ratio:.2f} times {PEERS[what]}{goal}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = measure(given.rounds)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


if __name__ == "__main__":
    main()
