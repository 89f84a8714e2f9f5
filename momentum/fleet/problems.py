"""What is wrong in the fleet file, as a person is told: the line, the key, the reason and the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from momentum.errors import MomentumError

# The line of every key that the file gives, by its dotted name: "servers[1].plan" -> 14. Lines count from 1.
Lines = Mapping[str, int]


@dataclass(frozen=True, order=True)
class FileProblem:
    """One reason why the file is not taken. `line` is 1 where the text is not known."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.key}: {self.message}" if self.key else f"line {self.line}: {self.message}"


class FleetFileError(MomentumError):
    """The fleet file is refused; `problems` are all of them, in the order of lines."""

    def __init__(self, problems: Sequence[FileProblem], file: str = "fleet.yaml") -> None:
        self.problems = tuple(sorted(problems))
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"{file} is refused for {count}:", *(f"  {p}" for p in self.problems)]))


def line_of(lines: Lines | None, key: str) -> int:
    """The line of a key; of what it is part of where the file leaves it to its default; else 1."""
    while lines and key:
        if key in lines:
            return lines[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return 1


def problem(lines: Lines | None, key: str, message: str) -> FileProblem:
    return FileProblem(line_of(lines, key), key, message)
