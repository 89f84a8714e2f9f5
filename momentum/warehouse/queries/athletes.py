"""Who there is, what was entered about them, and who trained last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.queries.estimates import threshold_estimates
from momentum.warehouse.tables import TABLES

# Values of a set of thresholds, in the table's order.
THRESHOLD_NAMES = tuple(
    column.name for column in TABLES["thresholds"].columns if column.name.endswith(("_w", "_j", "_bpm", "_mps"))
)

# An event and its legs are one activity to a person; what is trained is told by the legs.
_ACTIVITIES = """
    SELECT
        athlete_id,
        sum(whole) AS activities,
        min(first) AS first_day,
        max(last) AS last_day,
        arrayMap(
            pair -> pair.2,
            arrayReverseSort(
                groupArrayIf((sessions, toString(sport)), sport NOT IN ('multisport', 'transition'))
            )
        ) AS sports
    FROM (
        SELECT athlete_id, sport, count() AS sessions, countIf(parent_id = '') AS whole,
            min(local_date) AS first, max(local_date) AS last
        FROM activities
        GROUP BY athlete_id, sport
    )
    GROUP BY athlete_id
"""


def athletes(client: Client) -> list[dict[str, Any]]:
    """One row per athlete, by id; an athlete without a profile or without activities is there too.

    athlete_id, name ("" without a profile), sports (most trained first), first_day, last_day (None
    without activities), activities (a multisport event counts once), and the newest day of fitness
    over all sports: fitness_day, ctl, atl, tsb (form in the morning), tsb_evening; None before there is one.
    """
    return client.rows(f"{_OVERVIEW} ORDER BY athlete_id SETTINGS join_use_nulls = 1")


def profile(client: Client, athlete_id: str) -> dict[str, Any] | None:
    """What is known of one athlete: the newest row of `athletes`, and the columns of `athletes()`.

    weight_kg is the newest weighing where there is one, of the day weighed_on (else None). None for an
    athlete with neither a profile nor activities.
    """
    found = client.rows(
        f"{_OVERVIEW} WHERE athlete_id = {{athlete:String}} SETTINGS join_use_nulls = 1", {"athlete": athlete_id}
    )
    if not found:
        return None
    entered = client.rows(
        "SELECT * EXCEPT (at) FROM athletes WHERE athlete_id = {athlete:String} ORDER BY at DESC LIMIT 1",
        {"athlete": athlete_id},
    )
    weighed = client.rows(
        "SELECT weight_kg, date AS weighed_on FROM body WHERE athlete_id = {athlete:String} "
        "ORDER BY date DESC, at DESC LIMIT 1",
        {"athlete": athlete_id},
    )
    nobody = dict.fromkeys(name for name in TABLES["athletes"].column_names if name != "at")
    return {
        **nobody,
        "weighed_on": None,
        **found[0],
        **(entered[0] if entered else {}),
        **(weighed[0] if weighed else {}),
    }


def newest_athletes(client: Client, limit: int) -> list[str]:
    """Ids of the athletes with the newest activity, newest first."""
    found = client.rows(
        "SELECT athlete_id FROM activities GROUP BY athlete_id "
        "ORDER BY max(started_at) DESC, athlete_id LIMIT {limit:UInt32}",
        {"limit": limit},
    )
    return [row["athlete_id"] for row in found]


def newest_day(client: Client, athlete_ids: Sequence[str]) -> date:
    """The day of the newest activity of any of them; each has one."""
    found = client.rows(
        "SELECT max(local_date) AS day FROM activities WHERE athlete_id IN {ids:Array(String)}",
        {"ids": list(athlete_ids)},
    )
    return found[0]["day"]


def thresholds_on(client: Client, athlete_id: str, day: date) -> list[dict[str, Any]]:
    """The accepted thresholds that count on a day: per sport (or "all") and value the newest row that has it.

    sport, name (such as ftp_w; the unit is in it), value, valid_from, source ("set" by a person, or
    "estimated"), evidence. A row that says one value leaves the others as they were; of two rows for a
    day the one entered later counts.
    """
    values = ", ".join(f"('{name}', `{name}`)" for name in THRESHOLD_NAMES)
    return client.rows(
        f"""
        SELECT sport, pair.1 AS name, assumeNotNull(pair.2) AS value, valid_from, source, evidence
        FROM thresholds ARRAY JOIN [{values}] AS pair
        WHERE athlete_id = {{athlete:String}} AND status = 'accepted' AND valid_from <= {{day:Date}}
            AND pair.2 IS NOT NULL
        ORDER BY sport, indexOf({{names:Array(String)}}, name), valid_from DESC, at DESC
        LIMIT 1 BY sport, name
        """,
        {"athlete": athlete_id, "day": day, "names": list(THRESHOLD_NAMES)},
    )


def thresholds_in_use(client: Client, athlete_id: str, sports: Sequence[str], day: date) -> list[dict[str, Any]]:
    """What the metrics of these sports go by on a day: `thresholds_on`, and estimates where nothing was set.

    The same columns; an estimate's valid_from is the day, for it moves with the training before it. One
    that is the same for all of several sports is of sport "all".
    """
    rows = thresholds_on(client, athlete_id, day)
    stored = {(row["sport"], row["name"]) for row in rows}
    rows += [
        {**row, "valid_from": day, "source": "estimated"}
        for row in threshold_estimates(client, athlete_id, sports, day)
        if row["value"] is not None and not stored & {(row["sport"], row["name"]), ("all", row["name"])}
    ]
    return sorted(rows, key=lambda row: (row["sport"], THRESHOLD_NAMES.index(row["name"])))


def events_between(client: Client, athlete_id: str, first: date, last: date) -> list[dict[str, Any]]:
    """Races and marked tests, by day: date, name, kind, sport, distance_m, time_s, power_w, priority."""
    return client.rows(
        """
        SELECT date, name, kind, sport, distance_m, time_s, power_w, priority FROM events
        WHERE athlete_id = {athlete:String} AND date BETWEEN {first:Date} AND {last:Date}
        ORDER BY date, name, at DESC LIMIT 1 BY date, name
        """,
        {"athlete": athlete_id, "first": first, "last": last},
    )


_OVERVIEW = f"""
    SELECT athlete_id, ifNull(name, '') AS name, sports, first_day, last_day, ifNull(activities, 0) AS activities,
        fitness_day, ctl, atl, tsb, tsb_evening
    FROM (SELECT athlete_id FROM athletes UNION DISTINCT SELECT athlete_id FROM activities) AS everybody
    LEFT JOIN (SELECT athlete_id, argMax(name, at) AS name FROM athletes GROUP BY athlete_id) AS named
        USING (athlete_id)
    LEFT JOIN ({_ACTIVITIES}) AS trained USING (athlete_id)
    LEFT JOIN (
        SELECT athlete_id, max(local_date) AS fitness_day, argMax(ctl, local_date) AS ctl,
            argMax(atl, local_date) AS atl, argMax(tsb, local_date) AS tsb,
            argMax(tsb_evening, local_date) AS tsb_evening
        FROM fitness WHERE sport = 'all' GROUP BY athlete_id
    ) AS today USING (athlete_id)
"""
