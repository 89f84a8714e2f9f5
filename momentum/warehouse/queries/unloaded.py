"""Activities of which no load could be had, and what is missing for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from momentum.warehouse.client import Client


@dataclass(frozen=True)
class Unloaded:
    """Of how many activities and legs there is no load, and why.

    missing: thresholds that are neither set nor to be estimated, each with the number of activities that
    would have a load by it, most first. unmeasured: activities to which no threshold would give one: no
    power, no heart rate, no usable speed, no exertion. first_day: of the first without; None where all have one.
    """

    activities: int
    without: int
    missing: tuple[tuple[str, int], ...]
    unmeasured: int
    first_day: date | None


def unloaded(client: Client, athlete_id: str) -> Unloaded:
    """What stands in `activity_metrics` of one athlete."""
    found = client.rows(
        """
        SELECT load IS NULL AS without, arrayDistinct(extractAll(load_reason, '(\\\\w+) not set')) AS missing,
            count() AS activities, min(local_date) AS first_day
        FROM activity_metrics WHERE athlete_id = {athlete:String} GROUP BY without, missing
        """,
        {"athlete": athlete_id},
    )
    bare = [row for row in found if row["without"]]
    counts: dict[str, int] = {}
    for row in bare:
        for name in row["missing"]:
            counts[name] = counts.get(name, 0) + row["activities"]
    return Unloaded(
        activities=sum(row["activities"] for row in found),
        without=sum(row["activities"] for row in bare),
        missing=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        unmeasured=sum(row["activities"] for row in bare if not row["missing"]),
        first_day=min((row["first_day"] for row in bare), default=None),
    )
