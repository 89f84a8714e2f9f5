"""What a person says of files for good: that they are one activity, or several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.entries.activities import find_activity, whole_id
from momentum.warehouse.entries.entry import Entry, EntryError, OpenChange, enter

_Part = tuple[str, int]  # hash of a file, number of the activity in it


def merge_activities(
    client: Client, athlete_id: str, refs: tuple[str, str], *, open_change: OpenChange, now: datetime
) -> int:
    """Says that two activities are one, for good; the number of decisions written."""
    activities = [find_activity(client, athlete_id, ref) for ref in refs]
    if whole_id(activities[0]) == whole_id(activities[1]):
        raise EntryError(f"{refs[0]} and {refs[1]} are one activity already")
    members = [_members(client, athlete_id, whole_id(activity)) for activity in activities]
    pairs = [(members[0][0], members[1][0])]
    return _decide(client, athlete_id, "merge", pairs, activities, open_change=open_change, now=now)


def split_activity(
    client: Client, athlete_id: str, ref: str, source_sha256: str | None, *, open_change: OpenChange, now: datetime
) -> int:
    """Says that a file (by the start of its hash), or every file, of an activity is one of its own, for good."""
    activity = find_activity(client, athlete_id, ref)
    members = _members(client, athlete_id, whole_id(activity))
    if len(members) < 2:
        raise EntryError(f"activity {ref} is made of one file only; there is nothing to split")
    apart = [member for member in members if source_sha256 is None or member[0].startswith(source_sha256)]
    if not apart:
        known = ", ".join(sha[:12] for sha, _ in members)
        raise EntryError(f"no file of activity {ref} starts with {source_sha256}; its files are {known}")
    pairs = {(min(one, other), max(one, other)) for one in apart for other in members if one != other}
    return _decide(client, athlete_id, "split", sorted(pairs), [activity], open_change=open_change, now=now)


def _decide(
    client: Client,
    athlete_id: str,
    kind: str,
    pairs: Sequence[tuple[_Part, _Part]],
    activities: Sequence[dict[str, Any]],
    *,
    open_change: OpenChange,
    now: datetime,
) -> int:
    ids = [whole_id(activity) for activity in activities]
    first = _first_day(client, athlete_id, ids) or min(activity["local_date"] for activity in activities)
    entries = []
    for pair in pairs:
        (sha_a, part_a), (sha_b, part_b) = sorted(pair)
        row = {"athlete_id": athlete_id, "kind": kind, "sha256_a": sha_a, "part_a": part_a, "at": now}
        row |= {"sha256_b": sha_b, "part_b": part_b}
        entries.append(Entry("decisions", row, first, "decision", f"{kind} {', '.join(ids)}"))
    enter(client, entries, open_change=open_change)
    return len(entries)


def _members(client: Client, athlete_id: str, activity_id: str) -> list[tuple[str, int]]:
    rows = client.rows(
        "SELECT DISTINCT source_sha256, part FROM activity_sources "
        "WHERE athlete_id = {athlete:String} AND activity_id = {id:String} ORDER BY source_sha256, part",
        {"athlete": athlete_id, "id": activity_id},
    )
    return [(row["source_sha256"], row["part"]) for row in rows]


def _first_day(client: Client, athlete_id: str, activity_ids: Sequence[str]) -> date | None:
    """The earliest day on which any file of these activities may come to lie. None where there is no file.

    That is the day before the first of them starts in UTC: a home zone, or another file that is chosen,
    may move an activity back to it.
    """
    rows = client.rows(
        "SELECT count() AS n, toDate(min(started_at)) - 1 AS day FROM decoded_files "
        "WHERE athlete_id = {athlete:String} AND (source_sha256, part) IN ("
        "  SELECT source_sha256, part FROM activity_sources "
        "  WHERE athlete_id = {athlete:String} AND activity_id IN {ids:Array(String)})",
        {"athlete": athlete_id, "ids": list(activity_ids)},
    )
    return rows[0]["day"] if rows[0]["n"] else None
