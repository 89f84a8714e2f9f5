"""Mornings and scales: rows for `wellness` and `body`, as an athlete would have entered them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from momentum.demo.athletes import Athlete
from momentum.demo.season import dice, form_on, illness_days, monday

_MORNING, _SCALES = 10_001, 10_002  # what the dice are for


def wellness_rows(athlete: Athlete, last_day: date, weeks: int, seed: int) -> list[dict[str, Any]]:
    """One row for most days: HRV and resting heart rate answer to illness, one day in twelve is forgotten."""
    ill_from, well_from = illness_days(athlete, last_day)
    rows = []
    for day in _days(monday(last_day, weeks - 1), last_day, 1):
        rng = dice(seed, athlete, day, _MORNING)
        if rng.random() < 1 / 12:
            continue
        ill = ill_from <= day < well_from
        resting = form_on(athlete, day, last_day).resting_hr_bpm + rng.normal(0, 1.6) + 8 * ill
        rows.append(
            {
                "athlete_id": athlete.athlete_id,
                "date": day,
                "hrv_rmssd_ms": round((105 - resting) * rng.lognormal(0, 0.11) * (0.7 if ill else 1), 1),
                "resting_hr_bpm": round(resting),
                "sleep_s": round(rng.normal(7.3, 0.7) * 60) * 60,
                "mood": int(rng.integers(1, 3) if ill else rng.integers(3, 6)),
                "illness": athlete.illness.what if ill else "",
                "injury": "",
            }
        )
    return rows


def body_rows(athlete: Athlete, last_day: date, weeks: int, seed: int) -> list[dict[str, Any]]:
    """A weighing each Monday."""
    return [
        {
            "athlete_id": athlete.athlete_id,
            "date": day,
            "weight_kg": round(
                form_on(athlete, day, last_day).weight_kg + dice(seed, athlete, day, _SCALES).normal(0, 0.4), 1
            ),
        }
        for day in _days(monday(last_day, weeks - 1), last_day, 7)
    ]


def _days(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=k) for k in range(0, (last - first).days + 1, step)]
