"""What an athlete or coach enters by hand: profile, thresholds, events, exertion, split and merge.

Every entry is validated against the tables' ranges, opens a change from the day it matters, then goes
into its journal. Nothing entered is ever overwritten: the newest row counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from momentum.activity_files.sports import SPORTS
from momentum.errors import MomentumError
from momentum.training.constants import LOAD_PREFERENCE
from momentum.training.load import LOAD_SOURCES
from momentum.warehouse.client import Client
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.tables import TABLES

OpenChange = Callable[..., str]  # changes.open_change with client, doorbell and clock bound

SEXES = ("f", "m", "unknown")
UNITS = ("metric", "imperial")
# It names a folder of the inbox, too: neither hidden, nor a way out of it, nor an option on a command line.
_ATHLETE_ID = re.compile(r"[^\W_][\w.-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
DEFAULT_ATHLETE: dict[str, Any] = {
    "name": "",
    "sex": "unknown",
    "birth_date": None,
    "weight_kg": None,
    "height_m": None,
    "language": "en",
    "units": "metric",
    "timezone": "UTC",
    "load_preference": list(LOAD_PREFERENCE),
    "ctl_seed": 0.0,
    "atl_seed": 0.0,
    "llm_consent": False,
}
_THRESHOLDS = tuple(
    column.name for column in TABLES["thresholds"].columns if column.name.endswith(("_w", "_j", "_bpm", "_mps"))
)


class EntryError(MomentumError):
    """An entry that cannot be taken; the message says which field, why, and what would do."""


def find_athlete(client: Client, athlete_id: str) -> dict[str, Any] | None:
    """The newest row of `athletes`, or None."""
    rows = client.rows(
        "SELECT * FROM athletes WHERE athlete_id = {athlete:String} ORDER BY at DESC LIMIT 1", {"athlete": athlete_id}
    )
    return rows[0] if rows else None


def save_athlete(
    client: Client, athlete_id: str, values: Mapping[str, Any], *, open_change: OpenChange, now: datetime
) -> dict[str, Any]:
    """Adds the athlete, or changes the given fields of the one that is there; the row as it stands now.

    A change is opened from the first file on, if there is one and something that counts has changed.
    """
    check_athlete_id(athlete_id)
    _check_ranges("athletes", values)
    _check_athlete(values, now)
    before = find_athlete(client, athlete_id)
    row = {**DEFAULT_ATHLETE, **(before or {}), **values, "athlete_id": athlete_id, "at": now}
    # files may have come before the profile: then the defaults counted until now
    stood = DEFAULT_ATHLETE | (before or {})
    touched = [name for name, value in values.items() if stood[name] != value]
    first = _first_day(client, athlete_id)
    if first is not None and set(touched) - {"name", "language", "units", "llm_consent", "birth_date"}:
        open_change(athlete_id=athlete_id, from_date=first, cause="athlete", detail=", ".join(sorted(touched)))
    client.insert("athletes", rows_to_arrow("athletes", [row]))
    return row


def set_threshold(
    client: Client,
    athlete_id: str,
    valid_from: date,
    sport: str,
    values: Mapping[str, float],
    *,
    open_change: OpenChange,
    now: datetime,
) -> dict[str, Any]:
    """Thresholds valid from a day. What is not given stays as the newest set before the day has it."""
    require_athlete(client, athlete_id)
    _check_sport(sport, also=("all",))
    unknown = sorted(set(values) - set(_THRESHOLDS))
    if unknown or not values:
        raise EntryError(f"thresholds: {', '.join(unknown) or 'nothing given'}; known are {', '.join(_THRESHOLDS)}")
    _check_ranges("thresholds", values)
    earlier = client.rows(
        "SELECT * FROM thresholds WHERE athlete_id = {athlete:String} AND sport IN ({sport:String}, 'all') "
        "AND valid_from <= {day:Date} AND status = 'accepted' ORDER BY sport = 'all' DESC, valid_from, at",
        {"athlete": athlete_id, "sport": sport, "day": valid_from},
    )
    known = {name: value for row in earlier for name, value in row.items() if value is not None}
    _check_order({**known, **values})
    row = {
        **values,
        "athlete_id": athlete_id,
        "valid_from": valid_from,
        "sport": sport,
        "source": "set",
        "status": "accepted",
        "evidence": "",
        "at": now,
    }
    told = ", ".join(f"{name} {value:g}" for name, value in sorted(values.items()))
    open_change(athlete_id=athlete_id, from_date=valid_from, cause="threshold", detail=f"{sport}: {told}")
    client.insert("thresholds", rows_to_arrow("thresholds", [row]))
    return row


def add_event(
    client: Client, athlete_id: str, values: Mapping[str, Any], *, open_change: OpenChange, now: datetime
) -> dict[str, Any]:
    """A race or a marked test: date, name, kind, sport, and distance_m, time_s, power_w, priority if known."""
    require_athlete(client, athlete_id)
    if values.get("kind") not in ("race", "test"):
        raise EntryError(f"kind {values.get('kind')!r}: race or test")
    if values.get("priority", "") not in ("", "A", "B", "C"):
        raise EntryError(f"priority {values['priority']!r}: A, B or C")
    _check_sport(values.get("sport", ""))
    _check_ranges("events", values)
    row = {"priority": "", "name": "", **values, "athlete_id": athlete_id, "at": now}
    open_change(
        athlete_id=athlete_id, from_date=row["date"], cause="event", detail=f"{row['kind']} {row['name']}".strip()
    )
    client.insert("events", rows_to_arrow("events", [row]))
    return row


def set_rpe(
    client: Client, athlete_id: str, activity_ref: str, rpe: float, *, open_change: OpenChange, now: datetime
) -> dict[str, Any]:
    """The exertion of an activity, CR-10. It stays with the activity's file, whatever it is merged with."""
    _check_ranges("activity_rpe", {"rpe": rpe})
    activity = find_activity(client, athlete_id, activity_ref)
    row = {**_holder(client, athlete_id, activity), "rpe": rpe, "at": now}
    open_change(athlete_id=athlete_id, from_date=activity["local_date"], cause="rpe", detail=f"{activity_ref}: {rpe:g}")
    client.insert("activity_rpe", rows_to_arrow("activity_rpe", [row]))
    return activity | {"rpe": rpe}


def merge_activities(
    client: Client, athlete_id: str, refs: tuple[str, str], *, open_change: OpenChange, now: datetime
) -> int:
    """Says that two activities are one, for good; the number of decisions written."""
    activities = [find_activity(client, athlete_id, ref) for ref in refs]
    if _whole(activities[0]) == _whole(activities[1]):
        raise EntryError(f"{refs[0]} and {refs[1]} are one activity already")
    members = [_members(client, athlete_id, _whole(activity)) for activity in activities]
    pairs = [(members[0][0], members[1][0])]
    return _decide(client, athlete_id, "merge", pairs, activities, open_change=open_change, now=now)


def split_activity(
    client: Client, athlete_id: str, ref: str, source_sha256: str | None, *, open_change: OpenChange, now: datetime
) -> int:
    """Says that a file (by the start of its hash), or every file, of an activity is one of its own, for good."""
    activity = find_activity(client, athlete_id, ref)
    members = _members(client, athlete_id, _whole(activity))
    if len(members) < 2:
        raise EntryError(f"activity {ref} is made of one file only; there is nothing to split")
    apart = [member for member in members if source_sha256 is None or member[0].startswith(source_sha256)]
    if not apart:
        known = ", ".join(sha[:12] for sha, _ in members)
        raise EntryError(f"no file of activity {ref} starts with {source_sha256}; its files are {known}")
    pairs = {tuple(sorted((one, other))) for one in apart for other in members if one != other}
    return _decide(client, athlete_id, "split", sorted(pairs), [activity], open_change=open_change, now=now)


def find_activity(client: Client, athlete_id: str, ref: str) -> dict[str, Any]:
    """The activity with this id, a former id, or the unique start of one.

    The former id of a leg is that leg of what its file belongs to now, or the whole where that has no legs.
    """
    rows = client.rows(
        "SELECT DISTINCT activity_id FROM ("
        "  SELECT activity_id FROM activities "
        "  WHERE athlete_id = {athlete:String} AND startsWith(activity_id, {ref:String})"
        "  UNION ALL SELECT if(legs.activity_id = '', former.event_id, legs.activity_id) FROM ("
        "    SELECT sources.activity_id AS event_id, aliases.leg AS leg FROM activity_sources AS sources "
        "    INNER JOIN activity_aliases AS aliases "
        "      ON aliases.source_sha256 = sources.source_sha256 AND aliases.part = sources.part "
        "    WHERE sources.athlete_id = {athlete:String} AND aliases.athlete_id = {athlete:String} "
        "    AND startsWith(aliases.alias_id, {ref:String})) AS former "
        "  LEFT JOIN (SELECT parent_id, leg, activity_id FROM activities "
        "    WHERE athlete_id = {athlete:String} AND parent_id != '') AS legs "
        "    ON legs.parent_id = former.event_id AND legs.leg = former.leg)",
        {"athlete": athlete_id, "ref": ref},
    )
    if len(rows) != 1:
        many = f"{len(rows)} activities start with {ref!r}; give more of it" if rows else f"no activity {ref!r}"
        raise EntryError(f"{many} (athlete {athlete_id}). `momentum activity list {athlete_id}` shows them.")
    return client.rows(
        "SELECT * FROM activities WHERE athlete_id = {athlete:String} AND activity_id = {id:String} LIMIT 1",
        {"athlete": athlete_id, "id": rows[0]["activity_id"]},
    )[0]


def _decide(
    client: Client,
    athlete_id: str,
    kind: str,
    pairs: list[Any],
    activities: list[dict[str, Any]],
    *,
    open_change: OpenChange,
    now: datetime,
) -> int:
    rows = []
    for one, other in pairs:
        (sha_a, part_a), (sha_b, part_b) = sorted((one, other))
        rows.append(
            {
                "athlete_id": athlete_id,
                "kind": kind,
                "sha256_a": sha_a,
                "part_a": part_a,
                "sha256_b": sha_b,
                "part_b": part_b,
                "at": now,
            }
        )
    ids = [_whole(activity) for activity in activities]
    first = _first_day(client, athlete_id, ids) or min(activity["local_date"] for activity in activities)
    named = ", ".join(ids)
    open_change(athlete_id=athlete_id, from_date=first, cause="decision", detail=f"{kind} {named}")
    client.insert("decisions", rows_to_arrow("decisions", rows))
    return len(rows)


def _members(client: Client, athlete_id: str, activity_id: str) -> list[tuple[str, int]]:
    rows = client.rows(
        "SELECT DISTINCT source_sha256, part FROM activity_sources "
        "WHERE athlete_id = {athlete:String} AND activity_id = {id:String} ORDER BY source_sha256, part",
        {"athlete": athlete_id, "id": activity_id},
    )
    return [(row["source_sha256"], row["part"]) for row in rows]


def _holder(client: Client, athlete_id: str, activity: Mapping[str, Any]) -> dict[str, Any]:
    """File, part and leg that hold what is said of an activity: the chosen file, which of several has the legs."""
    [row] = client.rows(
        "SELECT DISTINCT athlete_id, source_sha256, part FROM activity_sources "
        "WHERE athlete_id = {athlete:String} AND activity_id = {id:String} AND chosen",
        {"athlete": athlete_id, "id": _whole(activity)},
    )
    return row | {"leg": activity["leg"]}


def _whole(activity: Mapping[str, Any]) -> str:
    """The activity's identifier; of a leg, that of its event: files, and words on them, are the event's."""
    return str(activity["parent_id"] or activity["activity_id"])


def _first_day(client: Client, athlete_id: str, activity_ids: Sequence[str] = ()) -> date | None:
    """The earliest day on which any file of these activities (of all if none are named) may come to lie.

    That is the day before the first of them starts in UTC: a home zone, or another file that is chosen,
    may move an activity back to it. None where there is no file.
    """
    of_these = (
        "AND (source_sha256, part) IN (SELECT source_sha256, part FROM activity_sources "
        "WHERE athlete_id = {athlete:String} AND activity_id IN {ids:Array(String)})"
    )
    rows = client.rows(
        "SELECT count() AS n, toDate(min(started_at)) - 1 AS day FROM decoded_files "
        f"WHERE athlete_id = {{athlete:String}} {of_these if activity_ids else ''}",
        {"athlete": athlete_id, "ids": list(activity_ids)},
    )
    return rows[0]["day"] if rows[0]["n"] else None


def require_athlete(client: Client, athlete_id: str) -> dict[str, Any]:
    """The newest row of `athletes`; raises EntryError if there is none."""
    found = find_athlete(client, athlete_id)
    if found is None:
        raise EntryError(f"no athlete {athlete_id!r}; `momentum athlete add {athlete_id}` adds one")
    return found


def ensure_athlete(client: Client, athlete_id: str, *, now: datetime) -> bool:
    """Adds an athlete of whom only files are known; whether it was added."""
    if find_athlete(client, athlete_id) is not None:
        return False
    save_athlete(client, athlete_id, {}, open_change=_no_change, now=now)
    return True


def _no_change(**_: Any) -> str:
    raise AssertionError("an athlete who is new has nothing to compute again")


def add_weights(
    client: Client, athlete_id: str, weighings: Mapping[date, float], *, open_change: OpenChange, now: datetime
) -> None:
    """Weighings in kg by day; running power (GOVSS) from the first day on rests on them."""
    require_athlete(client, athlete_id)
    for day, weight_kg in weighings.items():
        _check_ranges("body", {"weight_kg": weight_kg})
        _check_past("date", day, now)
    first = min(weighings)
    told = f"weight {weighings[first]:g} kg" if len(weighings) == 1 else f"{len(weighings)} weighings"
    open_change(athlete_id=athlete_id, from_date=first, cause="athlete", detail=told)
    rows = [
        {"athlete_id": athlete_id, "date": day, "weight_kg": weight_kg, "at": now}
        for day, weight_kg in weighings.items()
    ]
    client.insert("body", rows_to_arrow("body", rows))


def _check_ranges(table: str, values: Mapping[str, Any]) -> None:
    for column in TABLES[table].columns:
        value = values.get(column.name)
        if value is None or isinstance(value, str | bool | date | list):
            continue
        low = column.low if column.low is not None else float("-inf")
        high = column.high if column.high is not None else float("inf")
        if not low <= value <= high:  # NaN fails too
            raise EntryError(f"{column.name} {value:g} is not between {low:g} and {high:g}")


def check_athlete_id(athlete_id: str) -> None:
    """Raises EntryError for what is no short name of an athlete."""
    if not _ATHLETE_ID.fullmatch(athlete_id):
        raise EntryError(
            f"athlete id {athlete_id!r}: a letter or digit first, then letters, digits, '-', '_' and '.', "
            "64 characters at most"
        )


def _check_athlete(values: Mapping[str, Any], now: datetime) -> None:
    for name, known in (("sex", SEXES), ("units", UNITS)):
        if name in values and values[name] not in known:
            raise EntryError(f"{name} {values[name]!r}: one of {', '.join(known)}")
    if "language" in values and not _LANGUAGE.fullmatch(values["language"]):
        raise EntryError(f"language {values['language']!r}: write its code, such as en, fr or pt-BR")
    if values.get("birth_date") is not None:
        _check_past("birth_date", values["birth_date"], now)
    if "timezone" in values and values["timezone"] not in available_timezones():
        raise EntryError(f"timezone {values['timezone']!r} is not known; write it as in Europe/Paris")
    preference = values.get("load_preference", LOAD_SOURCES)
    unknown = set(preference) - set(LOAD_SOURCES)
    if unknown or not preference:
        raise EntryError(
            f"load_preference {', '.join(sorted(unknown)) or 'is empty'}: some of {', '.join(LOAD_SOURCES)}, best first"
        )


def _check_past(name: str, day: date, now: datetime) -> None:
    """Where the athlete lives it may be a day later than in UTC."""
    if day > now.date() + timedelta(days=1):
        raise EntryError(f"{name} {day} lies in the future; is the year right?")


def _check_sport(sport: str, also: tuple[str, ...] = ()) -> None:
    if sport not in SPORTS + also:
        raise EntryError(f"sport {sport!r}: one of {', '.join(SPORTS + also)}")


def _check_order(row: Mapping[str, Any]) -> None:
    """Heart rates rise from rest over the thresholds to the maximum, or the metrics would be nonsense."""
    names = ("resting_hr_bpm", "vt1_bpm", "lthr_bpm", "max_hr_bpm")
    known = [(name, row[name]) for name in names if row.get(name) is not None]
    for (low, low_bpm), (high, high_bpm) in pairwise(known):
        if low_bpm >= high_bpm:
            raise EntryError(f"{low} {low_bpm:g} is not below {high} {high_bpm:g}")
