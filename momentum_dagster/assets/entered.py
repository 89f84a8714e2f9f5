"""What people enter: nothing in the graph computes it, so these are seen in it but not materialized."""

from __future__ import annotations

import dagster as dg

from momentum_dagster.contract import OWNER, table_spec

_HOW = {
    "athletes": "momentum athlete add|set",
    "thresholds": "momentum threshold set",
    "body": "momentum athlete weigh",
    "events": "momentum event add",
    "decisions": "momentum activity split|merge",
    "activity_rpe": "momentum activity set-rpe",
}

ENTERED = [
    *(
        table_spec(table, "entered", [], kinds={"clickhouse", "manual"}).merge_attributes(metadata={"entered by": how})
        for table, how in _HOW.items()
    ),
    dg.AssetSpec(
        "inbox",
        description="Files as devices and exports write them: inbox/<athlete_id>/ under the store's home, "
        "or any path given to momentum import.",
        group_name="entered",
        kinds={"file"},
        owners=[OWNER],
    ),
]
