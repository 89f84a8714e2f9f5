"""Rows of small cohorts for tests of models and checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from momentum.adapters.clickhouse import Client

Row = Mapping[str, Any]
NOON = datetime(2024, 3, 20, 12, tzinfo=UTC)


def activity(athlete: str, day: date, load: float | None = 50.0, **more: Any) -> dict[str, Any]:
    """One row of activity_metrics: an hour of cycling unless said otherwise."""
    number = activity.count = getattr(activity, "count", 0) + 1  # type: ignore[attr-defined]
    return {
        "athlete_id": athlete,
        "activity_id": f"activity-{number}",
        "local_date": day,
        "sport": "cycling",
        "duration_s": 3600.0,
        "load": load,
        "load_source": "" if load is None else "tss",
        "model_version": "test",
    } | more


_TYPES = {
    "local_date": pa.date32(),
    "period_start": pa.date32(),
    "month": pa.date32(),
    "load": pa.float64(),
    "distance_m": pa.float64(),
    "ascent_m": pa.float64(),
    "at": pa.timestamp("ms", "UTC"),
    "load_by_sport": pa.map_(pa.string(), pa.float64()),
    "load_sources_by_sport": pa.map_(pa.string(), pa.string()),
    **dict.fromkeys(
        ("hr_zone_s", "power_zone_s", "polarised_zone_s", "mean_max_w", "mean_max_speed_mps"), pa.list_(pa.float64())
    ),
}


def put(client: Client, table: str, rows: Iterable[Row]) -> None:
    """Insert rows of which each may name other columns; what a row does not name takes the column's default."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    for columns, alike in by_columns.items():
        data = {name: pa.array([row[name] for row in alike], _TYPES.get(name)) for name in columns}
        client.insert(table, pa.table(data))


def athlete(athlete_id: str, timezone: str = "UTC", ctl_seed: float = 0.0, atl_seed: float = 0.0) -> dict[str, Any]:
    """One row of athletes."""
    return {
        "athlete_id": athlete_id,
        "timezone": timezone,
        "ctl_seed": ctl_seed,
        "atl_seed": atl_seed,
        "at": datetime(2024, 1, 1, tzinfo=UTC),
    }
