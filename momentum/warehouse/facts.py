"""What is known of one athlete on a day: person, thresholds, and the evidence of earlier activities."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from momentum.activity_files.decoded import Columns
from momentum.training.activity import Person, Thresholds
from momentum.training.constants import DURATIONS_S, EVIDENCE_DAYS, SRPE_HISTORY_DAYS
from momentum.training.estimates import estimate_thresholds
from momentum.training.load import srpe_scale
from momentum.training.thresholds import FIELDS, combined, thresholds_on
from momentum.warehouse.client import Client
from momentum.warehouse.entries import DEFAULT_ATHLETE

_EPOCH = date(1970, 1, 1)
# No rule looks further back than this.
_MEMORY_D = max(SRPE_HISTORY_DAYS, *EVIDENCE_DAYS.values())
_CURVES = ("mean_max_w", "mean_max_speed_mps")
_NUMBERS = ("hr_held_5s_bpm", "steady_30min_hr_bpm", "load", "srpe")


class Evidence:
    """Columns over an athlete's activities in order of days, growing as a recompute goes on."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: Columns = {}
        self._reserve(64)

    def _reserve(self, size: int) -> None:
        empty: Columns = {
            "local_date": np.zeros(size, dtype=np.int64),
            "sport": np.full(size, "", dtype="U24"),
            "is_test": np.zeros(size, dtype=bool),
            **{name: np.full((size, len(DURATIONS_S)), np.nan) for name in _CURVES},
            **{name: np.full(size, np.nan) for name in _NUMBERS},
        }
        for name, column in self._columns.items():
            empty[name][: self.count] = column[: self.count]
        self._columns = empty

    def add(self, row: dict[str, Any], is_test: bool) -> None:
        """One row of `activity_metrics`; days never go backwards."""
        if self.count == len(self._columns["local_date"]):
            self._reserve(2 * self.count)
        columns, i = self._columns, self.count
        columns["local_date"][i], columns["sport"][i], columns["is_test"][i] = (
            days(row["local_date"]),
            row["sport"],
            is_test,
        )
        for name in _CURVES:
            columns[name][i, : len(row[name])] = row[name]
        for name in _NUMBERS:
            columns[name][i] = np.nan if row[name] is None else row[name]
        if row["load_source"] == "srpe":
            columns["load"][i] = np.nan  # or the scale of session RPE would confirm itself
        self.count += 1

    def before(self, day: int) -> Columns:
        """The rows of the days before `day` that any rule may look at, as views."""
        dates = self._columns["local_date"][: self.count]
        first, end = np.searchsorted(dates, [day - _MEMORY_D, day])
        return {name: column[first:end] for name, column in self._columns.items()}


class Facts:
    """One athlete's facts, and the evidence of the activities before the range that is computed."""

    def __init__(self, client: Client, athlete_id: str, first: date) -> None:
        who = {"athlete": athlete_id, "first": first}
        profile = client.rows(
            "SELECT * FROM athletes WHERE athlete_id = {athlete:String} ORDER BY at DESC LIMIT 1", who
        )
        self._profile = profile[0] if profile else DEFAULT_ATHLETE
        self._weights = client.rows(
            "SELECT date, argMax(weight_kg, at) AS weight_kg FROM body WHERE athlete_id = {athlete:String} "
            "GROUP BY date ORDER BY date",
            who,
        )
        self._thresholds = _threshold_columns(
            client.rows(
                "SELECT * FROM thresholds WHERE athlete_id = {athlete:String} AND status = 'accepted' ORDER BY at", who
            )
        )
        # A race marks the activities of its own sport; an easy ride on the day of a running race is no test.
        self._marked = {
            (row["date"], row["sport"])
            for row in client.rows("SELECT date, sport FROM events WHERE athlete_id = {athlete:String}", who)
        }
        self._known: dict[tuple[str, date], Thresholds] = {}
        self._evidence = Evidence()
        for row in client.rows(
            "SELECT * FROM activity_metrics WHERE athlete_id = {athlete:String} AND local_date < {first:Date} "
            f"AND local_date >= {{first:Date}} - {_MEMORY_D} ORDER BY local_date, activity_id",
            who,
        ):
            self.remember(row)

    def remember(self, row: dict[str, Any]) -> None:
        """Adds an activity to the evidence for the days after it."""
        day = row["local_date"]
        self._evidence.add(row, not self._marked.isdisjoint({(day, row["sport"]), (day, "multisport")}))

    def person(self, day: date) -> Person:
        """Sex, height, preference; mass of the newest weighing up to the day, else of the profile."""
        weighed = [row["weight_kg"] for row in self._weights if row["date"] <= day]
        return Person(
            sex=self._profile["sex"],
            weight_kg=weighed[-1] if weighed else self._profile["weight_kg"],
            height_m=self._profile["height_m"],
            load_preference=tuple(self._profile["load_preference"]),
        )

    def thresholds(self, sport: str, day: date) -> Thresholds:
        """Those set and valid on the day; what was not set is estimated from the days before."""
        if (sport, day) not in self._known:
            self._known[(sport, day)] = combined(self._chosen(sport, day), self.estimates(sport, day)[0])
        return self._known[(sport, day)]

    def estimates(self, sport: str, day: date) -> tuple[Thresholds, dict[str, str]]:
        """What the days before give evidence of, and per value what it rests on or why there is none."""
        known = self._chosen(sport, day).max_hr_bpm
        return estimate_thresholds(self._evidence.before(days(day)), days(day), sport, max_hr_bpm=known)

    def _chosen(self, sport: str, day: date) -> Thresholds:
        """Those set and valid on the day."""
        return thresholds_on(self._thresholds, sport, days(day))

    def srpe_scale(self, day: date) -> float | None:
        """Load per unit of session RPE in the year before the day; None where there is too little of both."""
        earlier = self._evidence.before(days(day))
        return srpe_scale(earlier["local_date"], earlier["load"], earlier["srpe"], days(day))[0]


def _threshold_columns(rows: list[dict[str, Any]]) -> Columns:
    return {
        "valid_from": np.array([days(row["valid_from"]) for row in rows], dtype=np.int64),
        "sport": np.array([row["sport"] for row in rows], dtype="U24"),
        "source": np.array([row["source"] for row in rows], dtype="U16"),
        **{
            name: np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
            for name in FIELDS
        },
    }


def told(thresholds: Thresholds) -> str:
    """The values and which of them are estimates, as text that is equal when they are."""
    return f"{sorted(thresholds.known.items())} {sorted(thresholds.estimated)}"


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days
