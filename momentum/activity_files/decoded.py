"""What a decoder returns: one shape for FIT, TCX, GPX and sessions entered by hand.

Everything that is long is a column (one NumPy array per channel); nothing is an object per sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import NDArray

Columns = dict[str, NDArray]

# Channels of one sample besides `ts` (int64, milliseconds since 1970-01-01 UTC). All float64,
# NaN where the device sent nothing; a channel that never occurs is absent from the dict.
CHANNELS = (
    "lat",  # degrees, WGS 84
    "lon",  # degrees, WGS 84
    "altitude_m",
    "distance_m",  # from the start of the activity or leg
    "speed_mps",
    "heart_rate_bpm",
    "power_w",
    "cadence_rpm",  # running: strides of one foot per minute, as FIT has it
    "temperature_c",
)


@dataclass(frozen=True)
class Problem:
    """Something that was read in part, or read and not believed. `reason` is short and fixed."""

    reason: str
    detail: str = ""


class Refused(Exception):
    """The file holds nothing that can be kept; `reason` is what a person reads in quarantine."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass
class Activity:
    """One session as a device recorded it, or one leg of a multisport event.

    Times are milliseconds since 1970-01-01 UTC. An event (`sport` "multisport") has `legs`, in order,
    and neither samples nor laps of its own; its elapsed time and distance are the sums over the legs.

    samples: "ts" and any of CHANNELS, equal lengths, ts ascending.
    rr: "ts" int64 ms, "rr_ms" float64.
    developer: "ts" int64 ms, "field" str, "unit" str, "value" float64 (one row per value sent).
    laps: "start" int64 ms, "elapsed_s", "distance_m" float64, "kind" ("lap" or "length"), "stroke" str
        ("" where not sent), "swim_strokes" float64 (strokes of a pool length, NaN elsewhere).
    """

    sport: str  # one of sports.SPORTS
    started_at_ms: int
    sub_sport: str = ""
    elapsed_s: float = 0.0
    moving_s: float | None = None
    distance_m: float | None = None
    ascent_m: float | None = None
    rpe: float | None = None  # CR-10
    pool_length_m: float | None = None
    utc_offset_s: int | None = None  # local time minus UTC, where the file says it
    device: str = ""
    device_serial: str = ""
    samples: Columns = field(default_factory=dict)
    laps: Columns = field(default_factory=dict)
    rr: Columns = field(default_factory=dict)
    developer: Columns = field(default_factory=dict)
    legs: list[Activity] = field(default_factory=list)

    @property
    def ended_at_ms(self) -> int:
        return self.started_at_ms + round(self.elapsed_s * 1000)


Format = Literal["fit", "tcx", "gpx", "manual"]


@dataclass
class DecodedFile:
    """All activities of one file, in the file's order, and what could not be read of it."""

    format: Format
    activities: list[Activity]
    problems: list[Problem] = field(default_factory=list)
