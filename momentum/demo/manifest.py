"""What was written: profiles, dated entries, files and the numbers that an import must arrive at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

# hr_dropout: heart rate ends after ten minutes. gps_gap: positions are missing for some minutes.
# power_spike: one second of 5,000 W. twice: a copy under another name, or as .gz. two_devices: the
# watch's TCX of a ride that the head unit recorded. truncated: the end of the file is missing.
# settings: a valid FIT file without an activity.
Defect = Literal["hr_dropout", "gps_gap", "power_spike", "twice", "two_devices", "truncated", "settings"]


@dataclass(frozen=True)
class DemoFile:
    """One file. Files of one activity have one `activity`; "" where there is none in it."""

    path: Path
    athlete_id: str
    format: Literal["fit", "tcx", "gpx"]
    activity: str
    local_date: date
    sport: str
    legs: int = 0
    defect: Defect | None = None


@dataclass
class DemoManifest:
    """athletes, thresholds, events, wellness, body: rows with the columns of the tables, without `at`."""

    folder: Path
    last_day: date
    weeks: int
    athletes: list[dict[str, Any]] = field(default_factory=list)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    wellness: list[dict[str, Any]] = field(default_factory=list)
    body: list[dict[str, Any]] = field(default_factory=list)
    files: list[DemoFile] = field(default_factory=list)

    @property
    def defects(self) -> Counter[str]:
        """How many files have which defect."""
        return Counter(file.defect for file in self.files if file.defect)

    def activities_of(self, athlete_id: str) -> int:
        """Activities of an athlete after matching; a multisport event counts once, its legs not."""
        return len({file.activity for file in self.files if file.athlete_id == athlete_id and file.activity})

    @property
    def activities(self) -> int:
        return sum(self.activities_of(profile["athlete_id"]) for profile in self.athletes)

    @property
    def legs(self) -> int:
        """Legs of all multisport events."""
        return sum({file.activity: file.legs for file in self.files}.values())

    @property
    def refused(self) -> int:
        """Files that hold no activity."""
        return sum(not file.activity for file in self.files)

    @property
    def read_in_part(self) -> int:
        """Files of which the end is missing; what is whole of them is an activity all the same."""
        return self.defects["truncated"]
