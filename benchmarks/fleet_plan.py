"""How long planning takes, by the number of servers, and the engine's own share of a bootstrap.

    python -m benchmarks.fleet_plan [--rounds 20] [--json]

Planning: the real areas, pure, over an account with nothing in it. The bootstrap: the executor's loop, journal and
lease against the tests' world in memory with their simple areas, the journal on a real disk, its mirror in memory:
what is left of a real bootstrap when everything outside takes no time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fleet_file import fleet_text
from benchmarks.processes import median_ms, where
from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan import AREAS, plan
from momentum.fleet.plan_picture import plan_picture
from momentum.fleet.source import read_with_lines
from tests.standins.objects import MemoryStore
from tests.standins.operator import Operator
from tests.standins.world import World, small_fleet


def measure(rounds: int) -> dict[str, Any]:
    """Medians in milliseconds; `areas` says which of the plan's areas were there."""
    facts, known = Facts(machines={}, dns=()), Known()
    found = {}
    for servers in (4, 100):
        fleet, _ = read_with_lines(fleet_text(servers))
        made = plan(fleet, facts, known)
        found[servers] = {
            "steps": len(made.steps),
            "plan_and_hash_ms": median_ms(rounds, lambda f=fleet: plan(f, facts, known).hash),
            "picture_ms": median_ms(rounds, lambda p=made: plan_picture(p, 20)),
        }
    bootstrap, nothing = _engine(max(3, rounds // 4))
    return {
        **where("pydantic"),
        "areas": list(AREAS),
        "servers": found,
        "bootstrap_of_4_ms": bootstrap,
        "apply_without_a_change_ms": nothing,
        "rounds": rounds,
    }


def _engine(rounds: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(rounds + 1))

        def bootstrap() -> Operator:
            home = Path(folder) / str(next(numbers))
            home.mkdir()
            operator = Operator(home, small_fleet(), World(), MemoryStore())
            operator.apply(operator.approved().hash)
            return operator

        taken = median_ms(rounds, bootstrap)
        built = bootstrap()
        applied = built.journal.history()[-1].plan
        return taken, median_ms(rounds, lambda: built.apply(applied))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.rounds)
    if given.json:
        print(json.dumps(found))
        return
    for servers, row in found["servers"].items():
        print(
            f"{servers} servers: {row['steps']} steps, planned with their hash in {row['plan_and_hash_ms']:.1f} ms, "
            f"drawn in {row['picture_ms']:.1f} ms"
        )
    print(f"bootstrap of 4 in memory, journal on disk: {found['bootstrap_of_4_ms']:.0f} ms")
    print(f"apply without a change: {found['apply_without_a_change_ms']:.2f} ms")


if __name__ == "__main__":
    main()
