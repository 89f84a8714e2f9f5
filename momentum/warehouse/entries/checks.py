"""What holds for entries of several kinds. Each check gives its faults as sentences, none if all is well."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from momentum.activity_files.sports import SPORTS
from momentum.warehouse.tables import TABLES, Column

_DAYS = {"Date": (date(1970, 1, 1), date(2149, 6, 6)), "Date32": (date(1900, 1, 1), date(2299, 12, 31))}


def range_fault(column: Column, number: float) -> str | None:
    """Why this number cannot be in the column."""
    low = column.low if column.low is not None else float("-inf")
    high = column.high if column.high is not None else float("inf")
    if low <= number <= high:  # NaN is not
        return None
    return f"{column.name} {number:g} is not between {low:g} and {high:g}"


def range_faults(table: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Numbers out of the ranges of the table's columns, and days that their types cannot hold."""
    for column in TABLES[table].columns:
        value = values.get(column.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            if fault := range_fault(column, value):
                yield fault
        elif isinstance(value, date):
            first, last = _DAYS[column.type.removeprefix("Nullable(").removesuffix(")")]
            if not first <= value <= last:
                yield f"{column.name} {value} is not between {first} and {last}"


def past_faults(name: str, day: date, now: datetime) -> Iterator[str]:
    """Where the athlete lives it may be a day later than in UTC."""
    if day > now.date() + timedelta(days=1):
        yield f"{name} {day} lies in the future; is the year right?"


def sport_faults(sport: str, also: tuple[str, ...] = ()) -> Iterator[str]:
    """A sport is one of those that files may have."""
    if sport not in SPORTS + also:
        yield f"sport {sport!r}: one of {', '.join(SPORTS + also)}"


def athlete_faults(athlete_id: str, known: Container[str]) -> Iterator[str]:
    """Entries are of athletes that are known."""
    if athlete_id not in known:
        yield f"no athlete {athlete_id!r}; `momentum athlete add {athlete_id}` adds one"
