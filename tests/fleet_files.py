"""Fleet files for tests: the default one with a few lines changed, and what is said about them."""

from __future__ import annotations

from momentum.fleet.problems import FileProblem, FleetFileError
from momentum.fleet.refusals import refusals
from momentum.fleet.schema import Fleet
from momentum.fleet.source import read_with_lines
from momentum.fleet.template import default_fleet_text


def changed(*pairs: tuple[str, str], text: str | None = None) -> str:
    """The default file with the first place of each `old` replaced by `new`; every `old` must be there."""
    text = default_fleet_text() if text is None else text
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def problems_of(text: str, previous: Fleet | None = None) -> list[FileProblem]:
    """Everything that is said about a text: of its reading, or, where it reads, of its rules."""
    try:
        fleet, lines = read_with_lines(text)
    except FleetFileError as error:
        return list(error.problems)
    return refusals(fleet, previous, lines)


def line_with(text: str, part: str, nth: int = 1) -> int:
    """The number of the nth line that holds the part."""
    return [number for number, line in enumerate(text.splitlines(), 1) if part in line][nth - 1]


def the_problem(text: str, key: str, previous: Fleet | None = None) -> FileProblem:
    """The only problem of a text, which must be of this key."""
    found = problems_of(text, previous)
    assert [problem.key for problem in found] == [key], found
    return found[0]
