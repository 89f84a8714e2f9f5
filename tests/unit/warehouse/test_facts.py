"""What is known of an athlete on a day: marked efforts count for their own sport only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from momentum.adapters.clickhouse import Client
from momentum.training.constants import DURATIONS_S
from momentum.warehouse.entries import athlete_entries, event_entries
from momentum.warehouse.facts import Facts
from tests.imports import entered

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
RACE_DAY, LATER = date(2024, 5, 5), date(2024, 5, 20)


def ride_with_20_min_at(watts: float) -> dict[str, Any]:
    """A row of `activity_metrics` of a ride that held `watts` up to 20 min."""
    return {
        "local_date": RACE_DAY,
        "sport": "cycling",
        "mean_max_w": [watts for seconds in DURATIONS_S if seconds <= 1200],
        "mean_max_speed_mps": [],
        "hr_held_5s_bpm": None,
        "steady_30min_hr_bpm": None,
        "load": None,
        "srpe": None,
        "load_source": "",
    }


@pytest.mark.parametrize(("sport", "estimated"), [("cycling", True), ("multisport", True), ("running", False)])
def test_an_event_marks_the_activities_of_its_own_sport(client: Client, sport: str, estimated: bool) -> None:
    entered(client, athlete_entries, athlete_id="ana")
    event = {"date": RACE_DAY, "name": "spring", "kind": "race", "sport": sport}
    entered(client, event_entries, athlete_id="ana", **event)
    facts = Facts(client, "ana", RACE_DAY)
    facts.remember(ride_with_20_min_at(250.0))
    ftp_w = facts.thresholds("cycling", LATER).ftp_w
    assert ftp_w == (pytest.approx(0.95 * 250) if estimated else None)
