"""etcd's majority: how many servers there are, and who may leave at once."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet


def majority(members: int) -> int:
    """How many of so many members must live for etcd to write."""
    return members // 2 + 1


def server_names(fleet: Fleet) -> list[str]:
    """The members of etcd: the servers of role `server`, in the file's order."""
    return [server.name for server in fleet.servers if server.role == "server"]


def refusals(fleet: Fleet, previous: Fleet | None, lines: Lines | None) -> Iterator[FileProblem]:
    now = server_names(fleet)
    if not now:
        yield problem(lines, "servers", "has no server of role `server`; a cluster needs one, three or five")
    elif len(now) % 2 == 0:
        yield problem(
            lines,
            "servers",
            f"has {len(now)} servers of role `server`: an even number bears no more losses than {len(now) - 1} "
            f"and can split in halves. Make it {len(now) - 1} or {len(now) + 1}",
        )
    if previous is not None and now:
        yield from _removals(server_names(previous), now, lines)


def _removals(before: list[str], now: list[str], lines: Lines | None) -> Iterator[FileProblem]:
    kept = [name for name in before if name in now]
    gone = [name for name in before if name not in now]
    if before and len(kept) < majority(len(before)):
        yield problem(
            lines,
            "servers",
            f"takes {', '.join(gone)} away and keeps {len(kept)} of {len(before)} servers: etcd needs "
            f"{majority(len(before))} of them and would lose its quorum. Replace one, apply, then the next",
        )
    # From five to three nobody can go by way of four, which is refused; three of the five keep the majority throughout.
    elif len(gone) > 1 and len(now) > len(kept):
        yield problem(
            lines,
            "servers",
            f"replaces {', '.join(gone)} at once: etcd changes one member at a time. Replace one, apply, then the next",
        )
    elif len(gone) > 2:
        yield problem(lines, "servers", f"takes {', '.join(gone)} away at once: take away two, apply, then the others")
