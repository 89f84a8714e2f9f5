"""What a run has to do: open changes, new days, rows of another version. Asked by runs, CLI and doctor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from momentum.warehouse.changes import Change, open_changes
from momentum.warehouse.client import Client

# Files of earlier days are refused (activity_files.read), so there is nothing before it.
FIRST_MONTH = date(2000, 1, 1)


@dataclass(frozen=True)
class MonthRange:
    """Months to compute, by their first days, and why."""

    first: date
    last: date
    reasons: tuple[str, ...]


def athletes(client: Client) -> list[str]:
    """All athletes, those with files and no profile included."""
    return [
        row["athlete_id"]
        for row in client.rows(
            "SELECT athlete_id FROM (SELECT athlete_id FROM athletes UNION DISTINCT SELECT athlete_id FROM raw_files) "
            "ORDER BY athlete_id"
        )
    ]


def athletes_to_do(client: Client, first: date, model_version: str, table: str, *, only_changed: bool) -> list[str]:
    """Athletes whose rows of a table with a version may differ from `first` on.

    With `only_changed` those with an open change and those with rows of another version; a day that has
    begun changes nothing there. Without, as when a person asked for the range, all of them.
    """
    if not only_changed:
        return athletes(client)
    changed = {change.athlete_id for change in open_changes(client) if change.cause != "day"}
    version = "decoder_version" if table == "activities" else "model_version"
    other = client.rows(
        f"SELECT DISTINCT athlete_id FROM {table} WHERE local_date >= {{first:Date}} "
        f"AND toString({version}) != {{version:String}}",
        {"first": first, "version": model_version},
    )
    return sorted(changed | {row["athlete_id"] for row in other})


def open_new_days(client: Client, open_change: Callable[..., str], now: datetime) -> int:
    """Opens a change for every athlete whose daily load ends before today where the athlete lives.

    An athlete whose first day had not begun at home when it was computed has no daily load at all.
    """
    ends = client.rows(
        "SELECT athlete_id, greatest(first_day, next_day) AS day, zone FROM "
        "(SELECT athlete_id, min(local_date) AS first_day FROM activity_metrics GROUP BY athlete_id) AS trained "
        "LEFT JOIN (SELECT athlete_id, max(local_date) + 1 AS next_day FROM daily_load GROUP BY athlete_id) AS ends "
        "USING athlete_id "
        "LEFT JOIN (SELECT athlete_id, argMax(timezone, at) AS zone FROM athletes GROUP BY athlete_id) AS home "
        "USING athlete_id ORDER BY athlete_id"
    )
    waiting = {change.athlete_id for change in open_changes(client) if change.cause == "day"}
    opened = 0
    for row in ends:
        today = now.astimezone(ZoneInfo(row["zone"] or "UTC")).date()
        if row["day"] <= today and row["athlete_id"] not in waiting:
            open_change(athlete_id=row["athlete_id"], from_date=row["day"], cause="day", detail=f"{today}")
            opened += 1
    return opened


def range_of_changes(client: Client, now: datetime) -> MonthRange | None:
    """Months that the open changes ask for: from the earliest on, to the month that is current anywhere."""
    changes = open_changes(client)
    if not changes:
        return None
    first = min(_month_asked(change, now) for change in changes)
    reasons = sorted({f"{change.athlete_id}: {change.cause} from {change.from_date}" for change in changes})
    return MonthRange(first, current_month(now), tuple(reasons))


def _month_asked(change: Change, now: datetime) -> date:
    """The month of a change, of those that can be computed: a race lies ahead, a threshold far back."""
    return min(max(change.from_date.replace(day=1), FIRST_MONTH), current_month(now))


def current_month(now: datetime) -> date:
    """The month that is current where the day is furthest on (UTC+14)."""
    return (now + timedelta(hours=14)).date().replace(day=1)


def closable(client: Client, first: date, last: date, started_at: datetime, now: datetime) -> list[str]:
    """Open changes that a run over `first`..`last`, begun at `started_at`, has answered.

    A change that was opened while the run went on may have been missed by its first steps: it stays
    open, and the next run answers it. New days are opened by the run itself, before its first step reads.
    """
    if last < current_month(now):
        return []
    return [
        change.change_id
        for change in open_changes(client)
        if _month_asked(change, now) >= first and (change.at < started_at or change.cause == "day")
    ]


def dense_to(client: Client) -> date | None:
    """The day to which every athlete's daily load reaches; None where there is no daily load."""
    rows = client.rows(
        "SELECT count() AS athletes, min(last) AS day FROM "
        "(SELECT athlete_id, max(local_date) AS last FROM daily_load GROUP BY athlete_id)"
    )
    return rows[0]["day"] if rows[0]["athletes"] else None


def first_month(client: Client) -> date | None:
    """The month of the first activity of all; None where there is none."""
    rows = client.rows("SELECT count() AS n, toStartOfMonth(min(local_date)) AS month FROM activities")
    return rows[0]["month"] if rows[0]["n"] else None
