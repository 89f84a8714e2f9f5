"""Dated thresholds, as people set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.entries.athletes import athletes_of
from momentum.warehouse.entries.checks import athlete_faults, range_faults, sport_faults
from momentum.warehouse.entries.entry import Entry, Rows, check_each, refuse
from momentum.warehouse.tables import TABLES

_THRESHOLDS = tuple(
    column.name for column in TABLES["thresholds"].columns if column.name.endswith(("_w", "_j", "_bpm", "_mps"))
)
_RISING = ("resting_hr_bpm", "vt1_bpm", "lthr_bpm", "max_hr_bpm")


def threshold_entries(client: Client, rows: Rows, *, now: datetime) -> list[Entry]:
    """Thresholds of an athlete and sport (or all) valid from a day.

    What a row does not give stays as the newest set before its day has it, be that stored or a row before it.
    """
    athletes = athletes_of(client, rows)
    stands: dict[str, list[Mapping[str, Any]]] = {}  # as they were set, by athlete
    for row in client.rows(
        "SELECT * FROM thresholds WHERE athlete_id IN {athletes:Array(String)} AND status = 'accepted' ORDER BY at",
        {"athletes": sorted(athletes)},
    ):
        stands.setdefault(row["athlete_id"], []).append(row)

    def check(given: Mapping[str, Any]) -> Entry:
        who, day, sport = given["athlete_id"], given["valid_from"], given["sport"]
        values = {name: value for name, value in given.items() if name not in ("athlete_id", "valid_from", "sport")}
        refuse(
            [
                *athlete_faults(who, athletes),
                *sport_faults(sport, also=("all",)),
                *_name_faults(values),
                *range_faults("thresholds", given),
            ]
        )
        refuse(_order_faults(_valid(stands.get(who, []), day, sport) | values))
        row = {**given, "source": "set", "status": "accepted", "evidence": "", "at": now}
        stands.setdefault(who, []).append(row)
        told = ", ".join(f"{name} {value:g}" for name, value in sorted(values.items()))
        return Entry("thresholds", row, day, "threshold", f"{sport}: {told}")

    return check_each(rows, check)


def _valid(stands: list[Mapping[str, Any]], day: date, sport: str) -> dict[str, Any]:
    """What counts on a day: the sport's own before what is set for all, then the later day, then the later word."""
    counting = [row for row in stands if row["sport"] in (sport, "all") and row["valid_from"] <= day]
    counting.sort(key=lambda row: (row["sport"] != "all", row["valid_from"]))
    return {name: row[name] for row in counting for name in _THRESHOLDS if row.get(name) is not None}


def _name_faults(values: Mapping[str, Any]) -> Iterator[str]:
    unknown = sorted(set(values) - set(_THRESHOLDS))
    if unknown or not values:
        yield f"thresholds: {', '.join(unknown) or 'nothing given'}; known are {', '.join(_THRESHOLDS)}"


def _order_faults(row: Mapping[str, Any]) -> Iterator[str]:
    """Heart rates rise from rest over the thresholds to the maximum, or the metrics would be nonsense."""
    known = [(name, row[name]) for name in _RISING if row.get(name) is not None]
    for (low, low_bpm), (high, high_bpm) in pairwise(known):
        if low_bpm >= high_bpm:
            yield f"{low} {low_bpm:g} is not below {high} {high_bpm:g}"
