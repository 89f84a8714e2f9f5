"""How long real hosts take, by their number: brought up, looked at, and applied to again without a change.

    python -m benchmarks.fleet_hosts [--hosts 1,2,4,8] [--rounds 3] [--json]

Hosts are namespaces of this machine with real sshd, wireguard-go and nftables (tests/hosts). Bring-up is the
executor's own loop under one approved plan: kernel settings, mesh, firewall, step by step with journal, fence and a
look after each; the journal is on a real disk, its mirror a folder beside it. K3s cannot run there, and neither the
provider nor the cluster is asked. Without root there is nothing to measure, and why is said.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.processes import measured, median_ms, where
from momentum.adapters.object_store import FolderStore
from momentum.adapters.ssh import Hosts
from momentum.fleet.facts import Facts, Known
from momentum.fleet.operations import base, firewall, keys, mesh
from momentum.fleet.plan import basis, plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Plan
from momentum.provisioning.apply import apply
from momentum.provisioning.journal import Journal
from momentum.provisioning.kinds import all_kinds
from momentum.provisioning.lease import Lease
from momentum.provisioning.looking import Readers, observer
from momentum.provisioning.observe.hosts import read_hosts
from momentum.provisioning.outside import Outside
from tests.hosts import Network, reason_to_skip
from tests.hosts.fixtures import endpoint
from tests.hosts.small_fleet import fleet_of, machines_of

AREAS = {"keys": keys.steps, "base": base.steps, "mesh": mesh.steps, "firewall": firewall.steps}

PROGRAMS = (("ssh", "-V"), ("wireguard-go", "--version"), ("nft", "--version"))


def measure(numbers: list[int], rounds: int) -> dict[str, Any]:
    """By the number of hosts: medians in seconds of a bring-up, milliseconds of looks, and calls over SSH."""
    said: dict[str, Any] = {**where("asyncssh"), "rounds": rounds, "skipped": reason_to_skip()}
    if said["skipped"] is None:
        said["programs"] = [_version(*command) for command in PROGRAMS]
        said["hosts"] = {number: _medians([_once(number) for _ in range(rounds)]) for number in numbers}
    return said


def _version(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0]


def _once(number: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, Network(Path(folder)) as network:
        names = [f"host-{each}" for each in range(number)]
        for name in names:
            network.add(name)
        ends = {name: endpoint(host) for name, host in network.hosts.items()}
        with Hosts(ends, client_keys=[network.key]) as hosts:
            return _measured(fleet_of(network, names), network, hosts, Path(folder))


def _measured(fleet: Fleet, network: Network, hosts: Hosts, folder: Path) -> dict[str, float]:
    store = FolderStore(folder / "store")
    journal = Journal(folder / "journal.db", store)
    for server in fleet.servers:
        journal.remember("service", server.name, f"vps-{server.name}")
        journal.remember("host_key", server.name, network.hosts[server.name].host_key)
    outside = Outside(fleet, None, hosts, None, journal, Facts())  # type: ignore[arg-type]
    observe = observer(outside, _readers(fleet, network, hosts))
    first, facts = measured(lambda: observe(None, None))
    made = _planned(fleet, facts, journal.known())
    journal.approve(made, "a benchmark", basis(made, facts, journal.known()))
    calls = hosts.calls.total()
    again = partial(apply, made.hash, outside, observe, all_kinds(), planner=_planned)
    up, applied = measured(lambda: again(lease=Lease(store, "a benchmark")))
    assert len(applied.done) == len(made.steps) and not _planned(fleet, outside.facts, journal.known()).steps
    made_calls, calls = hosts.calls.total() - calls, hosts.calls.total()
    nothing, _ = measured(lambda: again(lease=Lease(store, "a benchmark")))
    return {
        "steps": len(made.steps),
        "bring_up_s": up["wall_s"],
        "bring_up_calls": made_calls,
        "first_look_ms": first["wall_s"] * 1000,
        "no_change_ms": nothing["wall_s"] * 1000,
        "no_change_calls": hosts.calls.total() - calls,
        "look_ms": median_ms(5, lambda: observe(None, None)),
    }


def _readers(fleet: Fleet, network: Network, hosts: Hosts) -> Readers:
    machines = machines_of(network, [server.name for server in fleet.servers])
    return Readers(
        machines=lambda: machines,
        machine=machines.__getitem__,
        dns=tuple,
        hosts=lambda names, _: read_hosts(hosts, fleet, names),
        cluster=lambda _: None,
    )


def _planned(fleet: Fleet, facts: Facts, known: Known) -> Plan:
    return plan(fleet, facts, known, AREAS)


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {what: statistics.median(run[what] for run in runs) for what in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", default="1,2,4,8")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure([int(number) for number in given.hosts.split(",")], given.rounds)
    if given.json:
        print(json.dumps(found))
        return
    if found["skipped"]:
        print(f"not measured: {found['skipped']}")
        return
    print(", ".join(found["programs"]))
    for number, row in found["hosts"].items():
        print(
            f"{number} hosts: {row['steps']:.0f} steps in {row['bring_up_s']:.1f} s with {row['bring_up_calls']:.0f} "
            f"calls over SSH; first look {row['first_look_ms']:.0f} ms, a look {row['look_ms']:.0f} ms, an apply "
            f"without a change {row['no_change_ms']:.0f} ms with {row['no_change_calls']:.0f} calls"
        )


if __name__ == "__main__":
    main()
