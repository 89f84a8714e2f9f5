"""The named queries that every reader shares: command line, plots, checks by eye, coach, MCP server.

Each takes a client that is handed in and answers with rows (list of dicts) where there are few, with
columns (NumPy) where there are many. Days are local days of the athlete; both ends of a range belong
to it. Units stand in the names of the columns, as in the tables.

Here does not belong: what fills a table (models, ingest, metrics), what writes (entries), how a thing
looks (momentum.reports).
"""

from __future__ import annotations

from momentum.warehouse.queries.activities import ActivityDetail, activities_between, activity_detail, quarantine_rows
from momentum.warehouse.queries.athletes import (
    athletes,
    events_between,
    newest_athletes,
    newest_day,
    profile,
    thresholds_in_use,
    thresholds_on,
)
from momentum.warehouse.queries.curves import curve_sports, power_curve_best
from momentum.warehouse.queries.estimates import threshold_estimates
from momentum.warehouse.queries.load import (
    DailyLoad,
    daily_load_by_sport,
    fitness_on,
    fitness_series,
    load_by_sport,
    this_week,
)
from momentum.warehouse.queries.unloaded import Unloaded, unloaded

__all__ = [
    "ActivityDetail",
    "DailyLoad",
    "Unloaded",
    "activities_between",
    "activity_detail",
    "athletes",
    "curve_sports",
    "daily_load_by_sport",
    "events_between",
    "fitness_on",
    "fitness_series",
    "load_by_sport",
    "newest_athletes",
    "newest_day",
    "power_curve_best",
    "profile",
    "quarantine_rows",
    "this_week",
    "threshold_estimates",
    "thresholds_in_use",
    "thresholds_on",
    "unloaded",
]
