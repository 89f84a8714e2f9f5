"""A csv of entries: columns by the contract's names, every fault told with its line."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from momentum.errors import MomentumError
from momentum.warehouse.tables import TABLES, Column

Rows = list[tuple[int, dict[str, Any]]]  # line in the file, values by column


def read_csv(path: Path, table: str, required: Set[str], *, also: Sequence[Column] = ()) -> Rows:
    """Rows with the values' types, in their ranges; empty cells are left out. All lines are read before any is used.

    Columns are those of the table, and `also`. Raises MomentumError naming every fault by file, line and column.
    """
    left_out = {"at", "source", "status", "evidence", "source_sha256", "part", "leg"}  # not for people to enter
    columns = {column.name: column for column in (*TABLES[table].columns, *also) if column.name not in left_out}
    return read_rows(path, required, set(columns), lambda line, name, text: _value(path, line, columns[name], text))


def read_rows(path: Path, required: Set[str], known: Set[str], value: Callable[[int, str, str], Any]) -> Rows:
    """The same with the columns' names and a reader of cells at hand."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            header = set(reader.fieldnames or ())
            if missing := required - header:
                raise MomentumError(
                    f"{path}: no column {', '.join(sorted(missing))} in its first line{_other_separator(header)}"
                )
            if unknown := header - known:
                raise MomentumError(
                    f"{path}: unknown column {', '.join(map(repr, sorted(unknown)))}; "
                    f"known are {', '.join(sorted(known))}"
                )
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise MomentumError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise MomentumError(f"{path}: no csv in UTF-8 ({error}); a spreadsheet can save it as such") from error
    if not rows:
        raise MomentumError(f"{path}: nothing beneath its first line")
    found: Rows = []
    faults: list[str] = []
    for line, row in rows:
        try:
            cells = _cells(path, line, row)
        except MomentumError as error:
            faults.append(str(error))
            continue
        if empty := sorted(name for name in required if not cells[name]):
            faults.append(f"{path}, line {line}: {', '.join(empty)} is empty")
        values = {}
        for name, text in cells.items():
            try:
                if text:
                    values[name] = value(line, name, text)
            except MomentumError as error:
                faults.append(str(error))
        found.append((line, values))
    if faults:
        raise MomentumError("\n".join(faults))
    return found


def enter_each(path: Path, rows: Rows, enter: Callable[[dict[str, Any]], object]) -> int:
    """Enters row after row; how many. MomentumError with the line of the first that cannot be taken."""
    for line, row in rows:
        with told_with_line(path, line):
            enter(row)
    return len(rows)


@contextmanager
def told_with_line(path: Path, line: int) -> Iterator[None]:
    """Errors of an entry get the place it came from; entries of earlier lines are kept."""
    try:
        yield
    except MomentumError as error:
        raise MomentumError(
            f"{path}, line {line}: {str(error).rstrip('.')}. The lines before it were taken; "
            "mended, the whole file can be given again"
        ) from error


def _other_separator(header: Set[str]) -> str:
    found = [mark for mark in (";", "\t") if any(mark in name for name in header)]
    return f"; its columns are parted by {found[0]!r}, commas are needed" if found else ""


def _cells(path: Path, line: int, row: dict[str | None, Any]) -> dict[str, str]:
    if None in row or None in row.values():
        raise MomentumError(f"{path}, line {line}: not as many cells as the first line has")
    return {str(name): text.strip() for name, text in row.items()}


def _value(path: Path, line: int, column: Column, text: str) -> Any:
    type_ = column.type.removeprefix("Nullable(").removesuffix(")")
    try:
        if type_.startswith("Date"):
            return date.fromisoformat(text)
        if type_.startswith(("Float", "UInt")):
            return _in_range(path, line, column, float(text))
        if type_ == "Bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if type_.startswith("Array"):
            return [word for word in text.replace(",", " ").split() if word]
    except (ValueError, KeyError) as error:
        raise MomentumError(f"{path}, line {line}: {column.name} {text!r} is no {_kind(type_)}") from error
    return text


def _in_range(path: Path, line: int, column: Column, number: float) -> float:
    low = column.low if column.low is not None else -math.inf
    high = column.high if column.high is not None else math.inf
    if not low <= number <= high:  # NaN fails too
        raise MomentumError(f"{path}, line {line}: {column.name} {number:g} is not between {low:g} and {high:g}")
    return number


def _kind(type_: str) -> str:
    if type_.startswith("Date"):
        return "day such as 2024-05-31"
    return "yes or no" if type_ == "Bool" else "number"
