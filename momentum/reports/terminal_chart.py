"""Fitness and fatigue in the characters of a terminal: an area and dots, which tell apart without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.text import Text

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HASHES = "    #####"  # for terminals that know ASCII only
AREA, DOTS = "dodger_blue2", "dark_orange"


def area_and_dots(
    days: Sequence[date],
    area: Sequence[float],
    dots: Sequence[float],
    *,
    width: int,
    height: int = 10,
    ascii_only: bool,
) -> list[Text]:
    """Lines of at most `width` characters: a scale on the left, the months below.

    Each column is one of the days, evenly spread, so that the last is at the right end. days, area and
    dots are of one length, at least 1; values are not negative.
    """
    margin = 5
    columns = max(1, min(width - margin, len(days)))
    picked = [round((column + 1) * len(days) / columns) - 1 for column in range(columns)]
    top = max(*area, *dots, 1.0)
    marks = {height: top, height // 2: top / 2, 0: 0.0}
    lines = []
    for row in range(height, 0, -1):
        told = f"{marks[row]:4.0f} " if row in marks else " " * margin
        line = Text(no_wrap=True).append(told, "dim")
        for day in picked:
            line.append(*_cell(area[day] / top * height, dots[day] / top * height, row, ascii_only))
        lines.append(line)
    lines.append(Text(" " * margin + _months([days[day] for day in picked]), style="dim", no_wrap=True))
    return lines


def _cell(area: float, dot: float, row: int, ascii_only: bool) -> tuple[str, str]:
    """One character and its style; rows count from 1 at the bottom, heights are in rows."""
    filled = min(8, max(0, round((area - row + 1) * 8)))
    if min(max(dot, 0.01), 1e9) > row - 1 and dot <= row:
        return ("o" if ascii_only else "●"), f"{DOTS} on {AREA}" if filled >= 4 else DOTS
    return (_HASHES if ascii_only else _EIGHTHS)[filled], AREA


def _months(days: Sequence[date]) -> str:
    """The name of each month under its first day, where there is room for it."""
    line = [" "] * len(days)
    free = 0
    for column, day in enumerate(days):
        begins = column > 0 and days[column - 1].month != day.month
        if begins and column >= free and column + 3 <= len(days):
            line[column : column + 3] = f"{day:%b}"
            free = column + 4
    return "".join(line).rstrip()
