"""Months: the partitions of everything that is derived and has a day."""

from __future__ import annotations

from datetime import date

import dagster as dg

# end_offset 2: when it is the first of the month in Auckland, the new month must exist while it is
# still the old one in UTC, where Dagster counts.
FIRST_MONTH = "2000-01-01"
MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, end_offset=2)

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
OF_CHANGES = "momentum/of_changes"


def month_key(day: date) -> str:
    """The partition key of the day's month."""
    return day.replace(day=1).isoformat()


def months_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """First and last month of the run's range, each by its first day."""
    key_range = context.partition_key_range
    return date.fromisoformat(key_range.start), date.fromisoformat(key_range.end)


def range_tags(first: date, last: date, *, of_changes: bool = False) -> dict[str, str]:
    """Tags that make one run of the months from `first` to `last`, as far as there are such months.

    of_changes: the run does what open changes ask for, and leaves athletes without one alone.
    """
    start, end = max(month_key(first), FIRST_MONTH), month_key(last)
    return {RANGE_START: min(start, end), RANGE_END: end} | ({OF_CHANGES: "true"} if of_changes else {})
