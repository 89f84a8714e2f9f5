"""Thresholds that nobody set: estimates by evidence where there is some, else why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.facts import Facts

# What metrics of a sport ask for. Values that only few can use are told where there is an estimate.
_ASKED_OF_ALL = ("lthr_bpm", "max_hr_bpm", "resting_hr_bpm")
_ASKED = {"cycling": ("ftp_w",), "running": ("threshold_speed_mps",), "swimming": ("css_mps",)}
_NO_RULE = "no value: training files do not show it, somebody has to set it"


def threshold_estimates(client: Client, athlete_id: str, sports: Sequence[str], day: date) -> list[dict[str, Any]]:
    """What the metrics of these sports go by on a day for want of a set value.

    sport ("all" where it is the same for all of several), name, value (None: no metric that needs it can be
    had), evidence (what the value rests on, or why there is none).
    """
    facts = Facts(client, athlete_id, day)
    found: dict[tuple[str, float | None, str], list[str]] = {}
    for sport in sports:
        used = facts.thresholds(sport, day)
        reasons = facts.estimates(sport, day)[1]
        asked = [name for name in (*_ASKED.get(sport, ()), *_ASKED_OF_ALL) if getattr(used, name) is None]
        for name in (*sorted(used.estimated), *asked):
            if name in used.estimated and name not in reasons:
                continue  # stored as an estimate that somebody accepted: told with the stored ones
            why = (name, getattr(used, name), reasons.get(name, _NO_RULE))
            found.setdefault(why, []).append(sport)
    return [
        {"sport": sport, "name": name, "value": value, "evidence": evidence}
        for (name, value, evidence), of_sports in found.items()
        for sport in (["all"] if len(of_sports) == len(sports) > 1 else of_sports)
    ]
