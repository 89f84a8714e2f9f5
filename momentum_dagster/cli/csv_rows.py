"""A csv of entries: columns by the contract's names, every fault told with its line."""

from __future__ import annotations

import csv
from collections.abc import Set
from datetime import date
from pathlib import Path
from typing import Any

from momentum.errors import MomentumError
from momentum.warehouse.tables import TABLES, Column


def read_csv(path: Path, table: str, required: Set[str]) -> list[dict[str, Any]]:
    """Rows with the values' types; empty cells are left out. All lines are read before any is used.

    Raises MomentumError naming file, line and column.
    """
    columns = {column.name: column for column in TABLES[table].columns}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = set(reader.fieldnames or ())
            if missing := required - header:
                raise MomentumError(f"{path}: no column {', '.join(sorted(missing))} in its first line")
            if unknown := header - set(columns) - {"moving_s", "nonce"}:
                raise MomentumError(f"{path}: unknown column {', '.join(sorted(unknown))}; known: {', '.join(columns)}")
            return [
                {
                    name: _value(path, line, columns[name], text.strip())
                    for name, text in row.items()
                    if name is not None and text is not None and (text.strip() or name in required)
                }
                for line, row in enumerate(reader, start=2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MomentumError(f"{path}: cannot be read as a csv in UTF-8 ({error})") from error


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
