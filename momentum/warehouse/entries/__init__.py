"""What an athlete or coach enters by hand: profile, thresholds, weighings, events, exertion, split and merge.

Entries are checked, all that were given at once, each against the tables' ranges, the store and the entries
before it; nothing is written meanwhile. Then `enter` opens a change from the day each matters and writes
the rows into their journals. Nothing entered is ever overwritten: the newest row counts.

Here does not belong: how entries are written down (cli), what is computed from them (facts, metrics).
"""

from __future__ import annotations

from momentum.warehouse.entries.activities import find_activity, rpe_entries
from momentum.warehouse.entries.athletes import (
    DEFAULT_ATHLETE,
    athlete_entries,
    athletes_of,
    check_athlete_id,
    ensure_athlete,
    find_athlete,
    require_athlete,
)
from momentum.warehouse.entries.checks import athlete_faults, past_faults, range_fault
from momentum.warehouse.entries.decisions import merge_activities, split_activity
from momentum.warehouse.entries.entry import EntriesError, Entry, EntryError, Rows, check_each, enter, refuse
from momentum.warehouse.entries.events import event_entries
from momentum.warehouse.entries.thresholds import threshold_entries
from momentum.warehouse.entries.weights import weight_entries

__all__ = [
    "DEFAULT_ATHLETE",
    "EntriesError",
    "Entry",
    "EntryError",
    "Rows",
    "athlete_entries",
    "athlete_faults",
    "athletes_of",
    "check_athlete_id",
    "check_each",
    "ensure_athlete",
    "enter",
    "event_entries",
    "find_activity",
    "find_athlete",
    "merge_activities",
    "past_faults",
    "range_fault",
    "refuse",
    "require_athlete",
    "rpe_entries",
    "split_activity",
    "threshold_entries",
    "weight_entries",
]
