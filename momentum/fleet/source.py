"""fleet.yaml -> `Fleet`, or all that is wrong with it at once, each with its line and key."""

from __future__ import annotations

import json

from pydantic import ValidationError

from momentum.fleet.problems import FileProblem, FleetFileError, Lines, line_of
from momentum.fleet.schema import Fleet
from momentum.fleet.secret_scan import secrets_in
from momentum.fleet.wording import words
from momentum.fleet.yaml_text import read_yaml

__all__ = ["FileProblem", "FleetFileError", "Lines", "read_fleet", "read_with_lines"]


def read_fleet(text: str) -> Fleet:
    """The fleet that the text asks for. Raises FleetFileError with every problem of the text and its types.

    What holds between sections (overlaps, budget, quorum) is asked of `refusals.refusals` afterwards.
    """
    return read_with_lines(text)[0]


def read_with_lines(text: str) -> tuple[Fleet, Lines]:
    """The fleet and the line of every key, for rules that point into the text."""
    value, lines, problems = read_yaml(text)
    secret_lines = dict(secrets_in(text))
    problems += [FileProblem(line, _key_at(lines, line), _no_secret(kind)) for line, kind in secret_lines.items()]
    if isinstance(value, dict):
        try:
            # Strict, and as JSON: a text becomes an address, but neither "22" nor `true` becomes a port.
            fleet = Fleet.model_validate_json(json.dumps(value, ensure_ascii=False).encode(), strict=True)
        except UnicodeEncodeError:
            problems.append(FileProblem(1, "", "holds half a character (a lone surrogate such as \\ud800)"))
        except ValidationError as error:
            problems += _told(error, lines, secret_lines)
        else:
            if not problems:
                return fleet, lines
    raise FleetFileError([_without_secret_key(problem) for problem in problems])


def _told(error: ValidationError, lines: Lines, secret_lines: dict[int, str]) -> list[FileProblem]:
    told = []
    for one in error.errors(include_url=False):
        key = _dotted(one["loc"])
        line = line_of(lines, key)
        # A value may stand lines below its key.
        hidden = line in secret_lines or any(secrets_in(str(one["input"])))
        told.append(FileProblem(line, key, words(one, show_value=not hidden)))
    return told


def _dotted(loc: tuple[int | str, ...]) -> str:
    """("servers", 1, "plan") -> servers[1].plan"""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc if step != "[key]"]
    return "".join(steps).lstrip(".")


def _key_at(lines: Lines, line: int) -> str:
    """The innermost key that stands in a line, if one does."""
    return max((key for key, at in lines.items() if at == line), key=len, default="")


def _without_secret_key(problem: FileProblem) -> FileProblem:
    """A secret that was written as a key is no more repeated than one that is a value."""
    shown = ".".join("..." if any(secrets_in(step)) else step for step in problem.key.split("."))
    return FileProblem(problem.line, shown, problem.message)


def _no_secret(kind: str) -> str:
    return f"holds {kind}. This file is kept in git: take it out, put it into the encrypted file, and change it"
