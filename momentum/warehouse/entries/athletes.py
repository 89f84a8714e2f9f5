"""Who an athlete is: the profile, and whether there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from momentum.training.constants import LOAD_PREFERENCE
from momentum.training.load import LOAD_SOURCES
from momentum.warehouse.client import Client
from momentum.warehouse.entries.checks import athlete_faults, past_faults, range_faults
from momentum.warehouse.entries.entry import Entry, Rows, check_each, enter, refuse

SEXES = ("f", "m", "unknown")
UNITS = ("metric", "imperial")
# It names a folder of the inbox, too: neither hidden, nor a way out of it, nor an option on a command line.
_ATHLETE_ID = re.compile(r"[^\W_][\w.-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOT_COMPUTED_WITH = {"name", "language", "units", "llm_consent", "birth_date"}
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


def newest_athletes(client: Client, athlete_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The newest row of `athletes` of each of these that is known."""
    rows = client.rows(
        "SELECT * FROM athletes WHERE athlete_id IN {athletes:Array(String)} "
        "ORDER BY athlete_id, at DESC LIMIT 1 BY athlete_id",
        {"athletes": sorted(set(athlete_ids))},
    )
    return {row["athlete_id"]: row for row in rows}


def athletes_of(client: Client, rows: Rows) -> dict[str, dict[str, Any]]:
    """The newest row of each known athlete of whom entries speak."""
    return newest_athletes(client, (values["athlete_id"] for values in rows.values()))


def find_athlete(client: Client, athlete_id: str) -> dict[str, Any] | None:
    """The newest row of `athletes`, or None."""
    return newest_athletes(client, [athlete_id]).get(athlete_id)


def require_athlete(client: Client, athlete_id: str) -> dict[str, Any]:
    """The newest row of `athletes`; raises EntryError if there is none."""
    known = newest_athletes(client, [athlete_id])
    refuse(athlete_faults(athlete_id, known))
    return known[athlete_id]


def check_athlete_id(athlete_id: str) -> None:
    """Raises EntryError for what is no short name of an athlete."""
    refuse(_id_faults(athlete_id))


def athlete_entries(client: Client, rows: Rows, *, now: datetime) -> list[Entry]:
    """Athletes who are added, or of whom the given columns change. A row sees those before it.

    What counts is computed again from the athlete's first file on, if there is one.
    """
    stands = athletes_of(client, rows)
    first_days = _first_days(client, stands.keys() | {values["athlete_id"] for values in rows.values()})

    def check(values: Mapping[str, Any]) -> Entry:
        who = values["athlete_id"]
        refuse([*_id_faults(who), *range_faults("athletes", values), *_profile_faults(values, now)])
        # files may have come before the profile: then the defaults counted until now
        before = DEFAULT_ATHLETE | stands.get(who, {})
        touched = {name for name in values.keys() - {"athlete_id"} if before[name] != values[name]}
        stands[who] = {**before, **values, "at": now}
        from_date = first_days.get(who) if touched - _NOT_COMPUTED_WITH else None
        return Entry("athletes", stands[who], from_date, "athlete", ", ".join(sorted(touched)))

    return check_each(rows, check)


def ensure_athlete(client: Client, athlete_id: str, *, now: datetime) -> bool:
    """Adds an athlete of whom only files are known; whether it was added."""
    if find_athlete(client, athlete_id) is not None:
        return False
    enter(client, athlete_entries(client, {0: {"athlete_id": athlete_id}}, now=now), open_change=_no_change)
    return True


def _no_change(**_: Any) -> str:
    raise AssertionError("an athlete who is new has nothing to compute again")


def _first_days(client: Client, athlete_ids: Iterable[str]) -> dict[str, date]:
    """The earliest day on which any file of each athlete may come to lie: a home zone may move it back by one."""
    rows = client.rows(
        "SELECT athlete_id, toDate(min(started_at)) - 1 AS day FROM decoded_files "
        "WHERE athlete_id IN {athletes:Array(String)} GROUP BY athlete_id",
        {"athletes": sorted(athlete_ids)},
    )
    return {row["athlete_id"]: row["day"] for row in rows}


def _id_faults(athlete_id: str) -> Iterator[str]:
    if not _ATHLETE_ID.fullmatch(athlete_id):
        yield (
            f"athlete id {athlete_id!r}: a letter or digit first, then letters, digits, '-', '_' and '.', "
            "64 characters at most"
        )


def _profile_faults(values: Mapping[str, Any], now: datetime) -> Iterator[str]:
    for name, known in (("sex", SEXES), ("units", UNITS)):
        if name in values and values[name] not in known:
            yield f"{name} {values[name]!r}: one of {', '.join(known)}"
    if "language" in values and not _LANGUAGE.fullmatch(values["language"]):
        yield f"language {values['language']!r}: write its code, such as en, fr or pt-BR"
    if values.get("birth_date") is not None:
        yield from past_faults("birth_date", values["birth_date"], now)
    if "timezone" in values and values["timezone"] not in available_timezones():
        yield f"timezone {values['timezone']!r} is not known; write it as in Europe/Paris"
    preference = values.get("load_preference", LOAD_SOURCES)
    unknown = set(preference) - set(LOAD_SOURCES)
    if unknown or not preference:
        told = ", ".join(sorted(unknown)) or "is empty"
        yield f"load_preference {told}: some of {', '.join(LOAD_SOURCES)}, best first"
