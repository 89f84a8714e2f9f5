"""A csv of entries: columns by the contract's names, every fault told with its line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from momentum.errors import MomentumError
from momentum.warehouse.tables import TABLES, Column

Rows = list[tuple[int, dict[str, Any]]]  # line in the file, values by column


def read_csv(path: Path, table: str, required: Set[str], *, also: Sequence[Column] = ()) -> Rows:
    """Rows with the values' types; empty cells are left out. All lines are read before any is used.

    Columns are those of the table, and `also`. Raises MomentumError naming file, line and column.
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
                raise MomentumError(f"{path}: no column {', '.join(sorted(missing))} in its first line")
            if unknown := header - known:
                raise MomentumError(
                    f"{path}: unknown column {', '.join(map(repr, sorted(unknown)))}; "
                    f"known are {', '.join(sorted(known))}"
                )
            rows = [(reader.line_num, _cells(path, reader.line_num, row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MomentumError(f"{path}: cannot be read as a csv in UTF-8 ({error})") from error
    found = []
    for line, cells in rows:
        if empty := sorted(name for name in required if not cells[name]):
            raise MomentumError(f"{path}, line {line}: {', '.join(empty)} is empty")
        found.append((line, {name: value(line, name, text) for name, text in cells.items() if text}))
    return found


@contextmanager
def told_with_line(path: Path, line: int) -> Iterator[None]:
    """Errors of an entry get the place it came from; entries of earlier lines are kept."""
    try:
        yield
    except MomentumError as error:
        raise MomentumError(
            f"{path}, line {line}: {error}. The lines before it were taken; mended, the whole file can be given again"
        ) from error


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
            return float(text)
        if type_ == "Bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if type_.startswith("Array"):
            return [word for word in text.replace(",", " ").split() if word]
    except (ValueError, KeyError) as error:
        raise MomentumError(f"{path}, line {line}: {column.name} {text!r} is no {_kind(type_)}") from error
    return text


def _kind(type_: str) -> str:
    if type_.startswith("Date"):
        return "day such as 2024-05-31"
    return "yes or no" if type_ == "Bool" else "number"
