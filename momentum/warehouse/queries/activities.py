"""Activities with what was computed of them, what they are made of, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from momentum.warehouse.client import Client


@dataclass(frozen=True)
class ActivityDetail:
    """One activity, event or leg, whole.

    activity: the row of `activities`. metrics: the row of `activity_metrics`, None where none was computed
    (an event is left to its legs). sources: rows of `activity_sources`, the chosen file first, each with
    the reason; a leg has those of its event. legs: rows of `activities` of an event, in order.
    """

    activity: dict[str, Any]
    metrics: dict[str, Any] | None
    sources: list[dict[str, Any]]
    legs: list[dict[str, Any]]


def activities_between(client: Client, athlete_id: str, first: date, last: date) -> list[dict[str, Any]]:
    """Activities of these local days, in order of start; an event comes before its legs.

    All that a list shows of `activities`, and of `activity_metrics`: load (None where there is none),
    load_source, load_reason (why no better source, or why none), notes (why a metric is null).
    """
    return client.rows(
        """
        SELECT activity_id, parent_id, leg, started_at, local_date, sport, sub_sport, title, device, elapsed_s,
            moving_s, distance_m, ascent_m, rpe, source, llm_allowed, load, load_source,
            if(sport = 'multisport', 'counted by its legs', load_reason) AS load_reason, notes
        FROM activities
        LEFT JOIN (
            SELECT activity_id, load, load_source, load_reason, notes FROM activity_metrics
            WHERE athlete_id = {athlete:String} AND local_date BETWEEN {first:Date} AND {last:Date}
        ) AS metrics USING (activity_id)
        WHERE athlete_id = {athlete:String} AND local_date BETWEEN {first:Date} AND {last:Date}
        ORDER BY started_at, leg, activity_id
        """,
        {"athlete": athlete_id, "first": first, "last": last},
    )


def activity_detail(client: Client, athlete_id: str, activity_id: str) -> ActivityDetail | None:
    """One activity by its whole id (entries.find_activity knows former ids and beginnings); None if unknown."""
    parameters = {"athlete": athlete_id, "id": activity_id}
    of_activity = "athlete_id = {athlete:String} AND activity_id = {id:String}"
    found = client.rows(f"SELECT * FROM activities WHERE {of_activity} LIMIT 1", parameters)
    if not found:
        return None
    metrics = client.rows(f"SELECT * FROM activity_metrics WHERE {of_activity} LIMIT 1", parameters)
    sources = client.rows(
        f"SELECT * EXCEPT (athlete_id, activity_id, local_date) FROM activity_sources WHERE {of_activity} "
        "ORDER BY chosen DESC, seen_at, source_sha256, part, source_file",
        parameters | {"id": found[0]["parent_id"] or activity_id},
    )
    legs = client.rows(
        "SELECT * FROM activities WHERE athlete_id = {athlete:String} AND parent_id = {id:String} ORDER BY leg",
        parameters,
    )
    return ActivityDetail(found[0], metrics[0] if metrics else None, sources, legs)


def quarantine_rows(client: Client, athlete_id: str | None = None) -> list[dict[str, Any]]:
    """Files refused or read in part, newest first, of one athlete or of all.

    seen_at, athlete_id, source_file, source_sha256 ("" where nothing could be read), reason, detail.
    """
    of_athlete = "" if athlete_id is None else "WHERE athlete_id = {athlete:String}"
    return client.rows(
        "SELECT seen_at, athlete_id, source_file, source_sha256, reason, detail FROM quarantine "
        f"{of_athlete} ORDER BY seen_at DESC, source_file, reason",
        {} if athlete_id is None else {"athlete": athlete_id},
    )
