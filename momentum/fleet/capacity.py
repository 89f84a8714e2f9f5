"""Memory and disk of the planned platform against what is left when one server is lost.

What a machine is sold with is not what pods get: the system, kubelet, K3s and, on servers, etcd and the API take
their part first. The worst loss is assumed, whichever machine that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from momentum.fleet.prices import PLANS
from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet, Server

# Estimates to be replaced by what `free` says on a running host.
MEMORY_RESERVE_GB = {"server": 1.5, "agent": 0.7}
# System 5, container images 10, logs and etcd 5: kubelet evicts pods when the disk is nearly full.
DISK_RESERVE_GB = 20.0


@dataclass(frozen=True)
class Capacity:
    """GB over the whole fleet. `left_*` is what pods may use after the loss of `worst_*`, reserves taken off.

    `base_memory_gb` is what the platform always needs, `peak_memory_gb` with a runner and a Dagster run at work.
    """

    memory_gb: float
    disk_gb: float
    left_memory_gb: float
    left_disk_gb: float
    worst_memory_loss: str
    worst_disk_loss: str
    base_memory_gb: float
    peak_memory_gb: float
    platform_disk_gb: float


def usable_memory_gb(server: Server) -> float:
    """What pods may use of one machine; 0 for an unknown plan."""
    plan = PLANS.get(server.plan)
    return max(plan.memory_gb - MEMORY_RESERVE_GB[server.role], 0.0) if plan else 0.0


def usable_disk_gb(server: Server) -> float:
    plan = PLANS.get(server.plan)
    return max(plan.disk_gb - DISK_RESERVE_GB, 0.0) if plan else 0.0


def capacity(fleet: Fleet) -> Capacity:
    """Sums over the fleet. Machines of unknown plans count as nothing."""
    memory, disk = sum(map(usable_memory_gb, fleet.servers)), sum(map(usable_disk_gb, fleet.servers))
    worst_memory, worst_disk = max(fleet.servers, key=usable_memory_gb), max(fleet.servers, key=usable_disk_gb)
    plans = [PLANS[server.plan] for server in fleet.servers if server.plan in PLANS]
    parts = fleet.platform
    return Capacity(
        memory_gb=sum(plan.memory_gb for plan in plans),
        disk_gb=sum(plan.disk_gb for plan in plans),
        left_memory_gb=_tenths(memory - usable_memory_gb(worst_memory)),
        left_disk_gb=_tenths(disk - usable_disk_gb(worst_disk)),
        worst_memory_loss=worst_memory.name,
        worst_disk_loss=worst_disk.name,
        base_memory_gb=_tenths(sum(part.memory_gb for part in parts)),
        peak_memory_gb=_tenths(sum(max(part.peak_memory_gb or 0.0, part.memory_gb) for part in parts)),
        platform_disk_gb=_tenths(sum(part.disk_gb for part in parts)),
    )


def refusals(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    # With an unknown plan the sums are wrong; the plan itself is refused then.
    if not fleet.platform or any(server.plan not in PLANS for server in fleet.servers):
        return
    sums = capacity(fleet)
    for what, needed in (("", sums.base_memory_gb), (" at its peak", sums.peak_memory_gb)):
        if needed > sums.left_memory_gb:
            yield problem(
                lines,
                "platform",
                f"needs {needed:g} GB of memory{what}, but {sums.left_memory_gb:g} GB are left when "
                f"{sums.worst_memory_loss} is lost and the hosts' own part is taken off",
            )
            break
    if sums.platform_disk_gb > sums.left_disk_gb:
        yield problem(
            lines,
            "platform",
            f"needs {sums.platform_disk_gb:g} GB of disk, but {sums.left_disk_gb:g} GB are left when "
            f"{sums.worst_disk_loss} is lost and {DISK_RESERVE_GB:g} GB a machine are kept for the system",
        )


def _tenths(amount_gb: float) -> float:
    """Sums of tenths of a GB, without the dust of binary fractions: 26.0 must not be above 26."""
    return round(amount_gb, 3)
