"""Weighings; running power (GOVSS) from their day on rests on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.entries.athletes import athletes_of
from momentum.warehouse.entries.checks import athlete_faults, past_faults, range_faults
from momentum.warehouse.entries.entry import Entry, Rows, check_each, refuse


def weight_entries(client: Client, rows: Rows, *, now: datetime) -> list[Entry]:
    """Weighings: athlete_id, date, weight_kg."""
    athletes = athletes_of(client, rows)

    def check(values: Mapping[str, Any]) -> Entry:
        refuse(
            [
                *athlete_faults(values["athlete_id"], athletes),
                *range_faults("body", values),
                *past_faults("date", values["date"], now),
            ]
        )
        told = f"weight {values['weight_kg']:g} kg"
        return Entry("body", {**values, "at": now}, values["date"], "athlete", told)

    return check_each(rows, check)
