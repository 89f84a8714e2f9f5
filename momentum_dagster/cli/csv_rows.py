"""A csv of entries: columns by the contract's names, and what is wrong with its cells, line by line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from momentum.errors import MomentumError
from momentum.warehouse.tables import TABLES, Column


@dataclass(frozen=True)
class Read:
    """Values by column under their line, of the lines that can be read; the faults of the others with their lines."""

    rows: dict[int, dict[str, Any]]
    faults: list[tuple[int, str]]


def read_csv(path: Path, table: str, required: Set[str], *, also: Sequence[Column] = ()) -> Read:
    """Rows with the values' types, in their ranges; empty cells are left out.

    Columns are those of the table, and `also`. Raises MomentumError if the file is no csv with such columns.
    """
    left_out = {"at", "source", "status", "evidence", "source_sha256", "part", "leg"}  # not for people to enter
    columns = {column.name: column for column in (*TABLES[table].columns, *also) if column.name not in left_out}
    return read_rows(path, required, set(columns), lambda name, text: _value(columns[name], text))


def read_rows(path: Path, required: Set[str], known: Set[str], value: Callable[[str, str], Any]) -> Read:
    """The same with the columns' names at hand, and a reader of cells that raises ValueError with the fault."""
    read = Read({}, [])
    for line, row in _lines(path, required, known):
        if None in row or None in row.values():
            read.faults.append((line, "not as many cells as the first line has"))
            continue
        cells = {str(name): text.strip() for name, text in row.items()}
        faults, values = [], {}
        if empty := sorted(name for name in required if not cells[name]):
            faults.append(f"{', '.join(empty)} is empty")
        for name, text in cells.items():
            try:
                if text:
                    values[name] = value(name, text)
            except ValueError as error:
                faults.append(str(error))
        if faults:
            read.faults.extend((line, fault) for fault in faults)
        else:
            read.rows[line] = values
    return read


def refuse_lines(path: Path, faults: Sequence[tuple[int, str]]) -> None:
    """Raises MomentumError with every fault in order of the lines, if there is any."""
    if faults:
        told = [f"{path}, line {line}: {fault}" for line, fault in sorted(faults, key=lambda fault: fault[0])]
        raise MomentumError("\n".join([*told, "nothing of the file was taken"]))


def _lines(path: Path, required: Set[str], known: Set[str]) -> list[tuple[int, dict[str | None, Any]]]:
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
    except UnicodeDecodeError as error:
        raise MomentumError(f"{path}: no csv in UTF-8 ({error}); a spreadsheet can save it as such") from error
    except csv.Error as error:  # where cells end is not known from here on
        raise MomentumError(
            f"{path}, line {reader.reader.line_num}: no csv ({error}); are its quotes closed?"
        ) from error
    if not rows:
        raise MomentumError(f"{path}: nothing beneath its first line")
    return rows


def _other_separator(header: Set[str]) -> str:
    found = [mark for mark in (";", "\t") if any(mark in name for name in header)]
    return f"; its columns are parted by {found[0]!r}, commas are needed" if found else ""


def _value(column: Column, text: str) -> Any:
    type_ = column.type.removeprefix("Nullable(").removesuffix(")")
    try:
        if type_.startswith("Date"):
            return date.fromisoformat(text)
        if type_ == "Bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        number = float(text) if type_.startswith(("Float", "UInt")) else None
    except (ValueError, KeyError) as error:
        raise ValueError(f"{column.name} {text!r} is no {_kind(type_)}") from error
    if number is not None:
        return _in_range(column, number)
    if type_.startswith("Array"):
        return text.replace(",", " ").split()
    return text


def _in_range(column: Column, number: float) -> float:
    from momentum.warehouse.entries import range_fault

    if fault := range_fault(column, number):
        raise ValueError(fault)
    return number


def _kind(type_: str) -> str:
    if type_.startswith("Date"):
        return "day such as 2024-05-31"
    return "yes or no" if type_ == "Bool" else "number"
