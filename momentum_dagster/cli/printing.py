"""How answers are printed: sentences that are never broken, tables for people, JSON for scripts."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rich.console import Console

# Where there is no terminal nothing needs to fit: a table is as wide as what is in it.
_UNBOUND = 10_000
_PIPED = 160

console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED)
to_stderr = Console(stderr=True)


def say(text: str, *, style: str = "") -> None:
    """One sentence on standard output; a command or a path in it stays in one piece."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def tell(text: str, *, style: str = "") -> None:
    """One sentence on standard error: what a person should know and a script should not read."""
    to_stderr.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def counted(number: int, what: str) -> str:
    """1 athlete, 2 athletes."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def print_json(value: Any) -> None:
    """JSON on standard output: days and times as ISO 8601, null for numbers that are none."""
    json.dump(_plain(value), sys.stdout, indent=1, allow_nan=False, ensure_ascii=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "nothing") -> None:
    """Rows as a table for people, or as a list of objects.

    A table that does not fit the terminal is told row by row, a line per column.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        say(empty, style="dim")
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for name in rows[0]:
        numbers = all(isinstance(row[name], int | float | None) and not isinstance(row[name], bool) for row in rows)
        table.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    unbound = console.options.update(width=_UNBOUND, max_width=_UNBOUND)
    if not console.is_terminal:
        Console(file=sys.stdout, width=_UNBOUND, color_system=None).print(table)
    elif console.measure(table, options=unbound).maximum <= console.width:
        console.print(table)
    else:
        _one_by_one(rows)


def _one_by_one(rows: Sequence[dict[str, Any]]) -> None:
    width = max(map(len, rows[0]))
    for number, row in enumerate(rows, start=1):
        say(f"row {number}", style="bold")
        for name, value in row.items():
            say(f"{name:<{width}}  {_cell(value)}")


def _cell(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_cell(one)}" for key, one in value.items())
    return ", ".join(map(_cell, value)) if isinstance(value, list) else str(value)


def _number(value: float) -> str:
    if value == 0 or 1 <= abs(value) < 1e9:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.3g}"
