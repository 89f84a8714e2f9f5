"""Races and marked tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.entries.athletes import athletes_of
from momentum.warehouse.entries.checks import athlete_faults, range_faults, sport_faults
from momentum.warehouse.entries.entry import Entry, Rows, check_each, refuse

KINDS = ("race", "test")
PRIORITIES = ("", "A", "B", "C")


def event_entries(client: Client, rows: Rows, *, now: datetime) -> list[Entry]:
    """Events: athlete_id, date, name, kind, sport, and distance_m, time_s, power_w, priority if known."""
    athletes = athletes_of(client, rows)

    def check(values: Mapping[str, Any]) -> Entry:
        refuse(
            [
                *athlete_faults(values["athlete_id"], athletes),
                *_word_faults(values),
                *sport_faults(values["sport"]),
                *range_faults("events", values),
            ]
        )
        told = f"{values['kind']} {values['name']}".strip()
        return Entry("events", {"priority": "", **values, "at": now}, values["date"], "event", told)

    return check_each(rows, check)


def _word_faults(values: Mapping[str, Any]) -> Iterator[str]:
    if values["kind"] not in KINDS:
        yield f"kind {values['kind']!r}: race or test"
    if values.get("priority", "") not in PRIORITIES:
        yield f"priority {values['priority']!r}: A, B or C"
