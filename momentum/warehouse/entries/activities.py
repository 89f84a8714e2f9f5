"""Which activity a person means, and how hard it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from momentum.warehouse.client import Client
from momentum.warehouse.entries.athletes import require_athlete
from momentum.warehouse.entries.checks import range_faults
from momentum.warehouse.entries.entry import Entry, EntryError, Rows, check_each, refuse


def rpe_entries(client: Client, rows: Rows, *, now: datetime) -> list[Entry]:
    """Exertions, CR-10: athlete_id, activity (as for `find_activity`), rpe.

    They stay with the activity's file, whatever it is merged with.
    """

    def check(values: Mapping[str, Any]) -> Entry:
        who, ref, rpe = values["athlete_id"], values["activity"], values["rpe"]
        faults = [*range_faults("activity_rpe", values)]
        try:
            activity = find_activity(client, who, ref)
        except EntryError as error:
            raise EntryError(*faults, *error.faults) from error
        refuse(faults)
        row = {**_holder(client, who, activity), "rpe": rpe, "at": now}
        return Entry("activity_rpe", row, activity["local_date"], "rpe", f"{ref}: {rpe:g}")

    return check_each(rows, check)


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
    if not rows:
        require_athlete(client, athlete_id)  # whose name may be the slip
    if len(rows) != 1:
        many = f"{len(rows)} activities start with {ref!r}; give more of it" if rows else f"no activity {ref!r}"
        raise EntryError(f"{many} (athlete {athlete_id}). `momentum activity list {athlete_id}` shows them.")
    return client.rows(
        "SELECT * FROM activities WHERE athlete_id = {athlete:String} AND activity_id = {id:String} LIMIT 1",
        {"athlete": athlete_id, "id": rows[0]["activity_id"]},
    )[0]


def _holder(client: Client, athlete_id: str, activity: Mapping[str, Any]) -> dict[str, Any]:
    """File, part and leg that hold what is said of an activity: the chosen file, which of several has the legs."""
    [row] = client.rows(
        "SELECT DISTINCT athlete_id, source_sha256, part FROM activity_sources "
        "WHERE athlete_id = {athlete:String} AND activity_id = {id:String} AND chosen",
        {"athlete": athlete_id, "id": whole_id(activity)},
    )
    return row | {"leg": activity["leg"]}


def whole_id(activity: Mapping[str, Any]) -> str:
    """The activity's identifier; of a leg, that of its event: files, and words on them, are the event's."""
    return str(activity["parent_id"] or activity["activity_id"])
