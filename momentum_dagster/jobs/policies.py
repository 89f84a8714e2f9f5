"""Named automation policies, each with its reason. Few, because every condition is asked all the time.

Months are not automated by conditions: an eager one asks for the latest month only, while a late file
touches its month and every later one. The changes journal knows the range, and its sensor asks for it.
"""

from __future__ import annotations

import dagster as dg

# The place where data lives is looked at every hour, run or no run, so that a full disk is seen before
# the night needs it. `on_cron` would wait until the cluster below was looked at too, which nobody does where
# there is none.
_TICK: dg.AutomationCondition = dg.AutomationCondition.cron_tick_passed("7 * * * *")
HOURLY_LOOK = _TICK.since_last_handled().with_label("hourly look at the store")

AUTOMATION = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    # Dagster leaves such sensors stopped unless told otherwise
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
)
