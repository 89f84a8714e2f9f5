"""Kubernetes minors, one at a time, upwards only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet

_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)\+k3s(\d+)")


def is_release(version: str) -> bool:
    """As the file names them; no release candidate, and no other distribution."""
    return _VERSION.fullmatch(version) is not None


def version_key(version: str) -> tuple[int, int, int, int]:
    """v1.36.3+k3s1 -> (1, 36, 3, 1), in the order of age. Raises ValueError for anything else."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version} is not a K3s version such as v1.36.3+k3s1")
    major, minor, patch, build = map(int, match.groups())
    return major, minor, patch, build


def minor_of(version: str) -> str:
    """v1.36.3+k3s1 -> v1.36, which is also the name of the channel."""
    major, minor, *_ = version_key(version)
    return f"v{major}.{minor}"


def ladder(current: str, wanted: str) -> tuple[str, ...]:
    """The minors to go through, one upgrade each, the wanted one last; none where the minor stays."""
    major, now, *_ = version_key(current)
    return tuple(f"v{major}.{minor}" for minor in range(now + 1, version_key(wanted)[1] + 1))


def refusals(fleet: Fleet, previous: Fleet | None, lines: Lines | None) -> Iterator[FileProblem]:
    wanted = fleet.k3s.version
    if minor_of(wanted) != fleet.k3s.channel:
        yield problem(
            lines,
            "k3s.channel",
            f"is {fleet.k3s.channel}, but k3s.version is {wanted}: set the channel to {minor_of(wanted)}",
        )
    if previous is None:
        return
    current = previous.k3s.version
    if version_key(wanted) < version_key(current):
        yield problem(
            lines,
            "k3s.version",
            f"goes down from {current} to {wanted}; Kubernetes only goes up (the way back is the restore procedure)",
        )
    steps = ladder(current, wanted)
    if len(steps) > 1:
        yield problem(
            lines,
            "k3s.version",
            f"skips a minor: {current} is applied and {wanted} wanted. One at a time: {', then '.join(steps)}; "
            f"ask for a {steps[0]} first",
        )
