"""Two plausible years of three athletes, planted as activity metrics; the real models compute the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from momentum.adapters.clickhouse import Client
from momentum.training.constants import DURATIONS_S
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.models.run import recompute

TODAY = date(2026, 9, 17)  # a Thursday
NOW = datetime(2026, 9, 17, 18, tzinfo=UTC)
DAYS = 730
SECONDS = np.array(DURATIONS_S, dtype=np.float64)

# Weekday, sport, share of the week's load, minutes.
WEEKS: dict[str, list[tuple[int, str, float, int]]] = {
    "camille": [(1, "cycling", 0.2, 75), (3, "cycling", 0.25, 80), (5, "cycling", 0.4, 200), (6, "cycling", 0.15, 60)],
    "noor": [(0, "running", 0.2, 40), (2, "running", 0.25, 55), (4, "strength", 0.1, 45), (6, "running", 0.45, 100)],
    "jonas": [
        (0, "swimming", 0.12, 50), (1, "running", 0.18, 50), (2, "cycling", 0.2, 75), (3, "swimming", 0.1, 45),
        (5, "cycling", 0.25, 150), (6, "running", 0.15, 70),
    ],
}  # fmt: skip
WEEK_LOAD = {"camille": 330.0, "noor": 220.0, "jonas": 420.0}
SOURCES = {"cycling": "tss", "running": "rtss", "swimming": "stss", "strength": "srpe"}


def plant(client: Client, table: str, rows: list[dict[str, Any]]) -> None:
    client.insert(table, rows_to_arrow(table, rows))


def curve(threshold: float, above: float, most: float, lasts_s: float, effort: float) -> list[float]:
    """Means over DURATIONS_S that fall as in Morton's model of critical power, as far as the activity lasts.

    threshold and most in W (or m/s), above in J (or m).
    """
    seconds = SECONDS[lasts_s >= SECONDS]
    means = threshold + above / (seconds + above / (most - threshold))
    return [float(value) for value in means * effort * (3600 / np.maximum(seconds, 3600)) ** 0.07]


def season(athlete_id: str, rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `activities` and of `activity_metrics`: every fourth week light, a week ill, a strap that died."""
    activities, metrics = [], []
    monday = TODAY - timedelta(days=DAYS + TODAY.weekday())
    for week in range(DAYS // 7 + 2):
        form = 0.8 + 0.25 * week / 105 + 0.06 * np.sin(week / 8)
        planned = WEEK_LOAD[athlete_id] * form * (0.58 if week % 4 == 3 else 0.93 + 0.07 * (week % 4))
        for number, (weekday, sport, share, minutes) in enumerate(WEEKS[athlete_id]):
            day = monday + timedelta(weeks=week, days=weekday)
            if day > TODAY or week == 71 or rng.random() < 0.05:
                continue
            load = float(planned * share * rng.normal(1, 0.12))
            seconds = 60.0 * minutes * float(rng.normal(1, 0.08))
            effort = float((0.9 + 0.1 * np.sin(week / 9)) * min(1, rng.normal(0.85, 0.08)))
            broken = sport == "cycling" and 88 <= week < 91
            row = {
                "athlete_id": athlete_id,
                "activity_id": f"{athlete_id}-{week}-{number}",
                "local_date": day,
                "sport": sport,
            }
            started = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
            activities.append({**row, "started_at": started, "elapsed_s": seconds, "moving_s": seconds})
            metrics.append(
                row
                | {
                    "duration_s": seconds,
                    "distance_m": seconds * {"cycling": 8.2, "running": 3.1, "swimming": 0.9}.get(sport, 0.0),
                    "load": load,
                    "load_source": "trimp100" if broken else SOURCES[sport],
                    "mean_max_w": curve(262, 21000, 1040, seconds, effort) if sport == "cycling" and not broken else [],
                    "mean_max_speed_mps": {
                        "running": curve(4.1, 260, 8.4, seconds, effort),
                        "swimming": curve(1.22, 25, 1.75, seconds, effort),
                    }.get(sport, []),
                }
            )
    return activities, metrics


def plant_season(client: Client) -> None:
    """Three athletes, and the series, rollups and curves that the real models compute of them."""
    rng = np.random.default_rng(7)
    for athlete_id in WEEKS:
        activities, metrics = season(athlete_id, rng)
        plant(client, "activities", activities)
        plant(client, "activity_metrics", metrics)
    enter(client)
    for table in ("daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve"):
        recompute(client, table, TODAY - timedelta(days=DAYS + 7), TODAY, now=NOW)


def enter(client: Client) -> None:
    """What a coach would have entered by hand."""
    person = {"at": NOW, "language": "en", "units": "metric"}
    plant(
        client,
        "athletes",
        [
            person | {"athlete_id": "camille", "name": "Camille Laurent", "sex": "f", "timezone": "Europe/Paris",
                      "birth_date": date(1991, 4, 17), "weight_kg": 62.0, "height_m": 1.7},
            person | {"athlete_id": "noor", "name": "Noor de Vries", "sex": "f", "timezone": "Europe/Amsterdam"},
            person | {"athlete_id": "jonas", "name": "Jonas Weber", "sex": "m", "timezone": "Europe/Berlin"},
        ],
    )  # fmt: skip
    valid = {"athlete_id": "camille", "status": "accepted", "at": NOW, "sport": "cycling"}
    plant(
        client,
        "thresholds",
        [
            valid | {"valid_from": date(2025, 1, 6), "ftp_w": 221.0, "lthr_bpm": 169.0, "source": "set"},
            valid | {"valid_from": date(2026, 6, 1), "ftp_w": 239.0, "source": "estimated",
                     "evidence": "95 % of the best 20 min, 2026-05-30"},
            valid | {"valid_from": date(2025, 1, 6), "sport": "all", "max_hr_bpm": 186.0, "source": "set"},
        ],
    )  # fmt: skip
    race = {"athlete_id": "camille", "kind": "race", "sport": "cycling", "at": NOW}
    plant(
        client,
        "events",
        [
            race | {"date": date(2026, 5, 31), "name": "Ardéchoise", "priority": "A"},
            race | {"date": date(2026, 6, 28), "name": "Club hill climb", "priority": "C"},
            race | {"date": date(2026, 3, 8), "name": "20 min test", "kind": "test", "power_w": 252.0},
        ],
    )
