"""How long planning takes, by the number of servers, and a whole bootstrap when everything outside takes no time.

    python -m benchmarks.fleet_plan [--rounds 20] [--json]

Planning is pure: over an account with nothing in it, and over a fleet that was read and is as its file says. The
bootstrap is all of it, as it is: every area, every executor, the loop, journal and lease, against the tests' provider,
hosts, K3s and object store in memory; the journal is on a real disk, and waiting for K3s is left out. Calls of an
apply without a change are counted there: of the provider's API, and commands over SSH, but for the one that reads a
server's kubeconfig: Kubernetes' API is in memory too.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.fleet_file import fleet_text
from benchmarks.fleet_world import world_of
from benchmarks.processes import measured, median_ms, where
from momentum.fleet.drift import drift
from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan import plan
from momentum.fleet.plan_picture import plan_picture
from momentum.fleet.source import read_with_lines
from momentum.provisioning.execute import k3s_host
from tests.standins import company as of_company
from tests.standins.company import Company
from tests.standins.machines_in_memory import MemoryHosts, read_hosts
from tests.standins.world import Fuse

SIZES = (4, 100)


def measure(rounds: int) -> dict[str, Any]:
    """Medians in milliseconds."""
    return {
        **where("pydantic"),
        "servers": {servers: _planning(servers, rounds) for servers in SIZES},
        **_company(max(3, rounds // 4)),
        "rounds": rounds,
    }


def _planning(servers: int, rounds: int) -> dict[str, Any]:
    fleet, _ = read_with_lines(fleet_text(servers))
    nothing, unknown = Facts(machines={}, dns=()), Known()
    facts, known = world_of(fleet)
    made = plan(fleet, nothing, unknown)
    assert not plan(fleet, facts, known).steps and not drift(fleet, facts, known)
    return {
        "steps": len(made.steps),
        "new_ms": median_ms(rounds, lambda: plan(fleet, nothing, unknown).hash),
        "read_ms": median_ms(rounds, lambda: plan(fleet, facts, known).hash),
        "drift_ms": median_ms(rounds, lambda: drift(fleet, facts, known)),
        "picture_ms": median_ms(rounds, lambda: plan_picture(made, 20)),
    }


def _company(rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, patch.object(k3s_host, "BETWEEN_LOOKS_S", 0):
        numbers = itertools.count()

        def bootstrap() -> Company:
            company = Company(Path(folder) / str(next(numbers)))
            company.apply(Fuse())
            return company

        taken = median_ms(rounds, bootstrap)
        company = bootstrap()
        calls = len(company.server.calls)
        plan_ms = median_ms(rounds, company.planned)
        assert not company.planned()
        before = len(company.server.calls)
        with _counted() as commands:
            _, done = measured(lambda: company.apply(Fuse()))
        assert not done
        asked = Counter(method for method, _, _ in company.server.calls[before:])
        return {
            "bootstrap_ms": taken,
            "bootstrap_calls": calls,
            "look_and_plan_ms": plan_ms,
            "no_change_ms": median_ms(rounds, lambda: company.apply(Fuse())),
            "no_change_calls": dict(asked),
            "no_change_commands": dict(commands),
        }


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Commands over SSH: a look takes one a host, other readers run theirs."""
    commands = Counter[str]()

    class Counting(MemoryHosts):
        def run(self, host: str, argv: Sequence[str], **options: Any) -> Any:
            commands["others"] += 1
            return super().run(host, argv, **options)

        def read(self, host: str, path: str) -> bytes | None:
            commands["others"] += 1
            return super().read(host, path)

    def look(hosts: MemoryHosts, names: Collection[str]) -> Any:
        commands["looks at hosts"] += len(names)
        return read_hosts(hosts, names)

    with patch.object(of_company, "MemoryHosts", Counting), patch.object(of_company, "read_hosts", look):
        yield commands


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
            f"{servers} servers: {row['steps']} steps of a new fleet planned and hashed in {row['new_ms']:.1f} ms, "
            f"drawn in {row['picture_ms']:.1f} ms; one that is as its file says in {row['read_ms']:.1f} ms, "
            f"its drift in {row['drift_ms']:.1f} ms"
        )
    calls, commands = found["no_change_calls"], found["no_change_commands"]
    print(f"bootstrap of 4 in memory: {found['bootstrap_ms']:.0f} ms, {found['bootstrap_calls']} calls of the API")
    print(f"look and plan of it: {found['look_and_plan_ms']:.1f} ms")
    print(f"apply without a change: {found['no_change_ms']:.1f} ms, calls {calls}, commands over SSH {commands}")


if __name__ == "__main__":
    main()
