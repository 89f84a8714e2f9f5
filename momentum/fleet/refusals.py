"""Everything that is refused at once, offline: the rules that hold between the sections of the fleet file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from momentum.fleet import budget_rules, capacity, ladder, networks, quorum, selection, unchangeable
from momentum.fleet.problems import FileProblem, FleetFileError, Lines, problem
from momentum.fleet.schema import Fleet
from momentum.fleet.source import read_with_lines

# Five fields of numbers, ranges, steps and lists, or one of cron's words.
_CRON = re.compile(r"@(hourly|daily|midnight|weekly|monthly)|[\d*/,-]+( [\d*/,-]+){4}")


def refusals(fleet: Fleet, previous: Fleet | None = None, lines: Lines | None = None) -> list[FileProblem]:
    """Why the fleet is refused, in the order of lines; none means that it may be planned.

    `previous` is the fleet that was applied last; without it, rules about changes are not asked. `lines` is what
    `source.read_with_lines` gave with the fleet; without it every problem names its key and line 1.
    """
    found = [
        *quorum.refusals(fleet, previous, lines),
        *networks.refusals(fleet, lines),
        *ladder.refusals(fleet, previous, lines),
        *unchangeable.refusals(fleet, previous, lines),
        *capacity.refusals(fleet, lines),
        *selection.refusals(fleet, lines),
        *budget_rules.refusals(fleet, lines),
        *_k3s(fleet, lines),
    ]
    return sorted(found)


def accepted_fleet(text: str, previous: Fleet | None = None) -> Fleet:
    """The fleet of a text that nothing is wrong with. Raises FleetFileError with every problem."""
    fleet, lines = read_with_lines(text)
    problems = refusals(fleet, previous, lines)
    if problems:
        raise FleetFileError(problems)
    return fleet


def _k3s(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    cron = fleet.k3s.etcd_snapshot_cron
    if not _CRON.fullmatch(cron):
        yield problem(lines, "k3s.etcd_snapshot_cron", f"must be five fields as in `0 */6 * * *`, found '{cron}'")
