"""What one FIT file holds, read once: the columns of every message that an activity is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import developer, device, heart_rate, laps, samples, sessions
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.columns import read_message

_ACTIVITY = 34
_ACTIVITY_WANTED = frozenset(("timestamp", "local_timestamp"))
_FILE_ID_WANTED = frozenset(("type", "manufacturer", "product", "product_name", "serial_number"))
_SPORT_WANTED = frozenset(("sport", "sub_sport"))

Beats = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass
class Recording:
    """Columns as `read_message` gives them, {} for what the file does not hold.

    beats: FIT seconds and bpm of its own `hr` messages; chest_straps: those of files chained behind it.
    """

    fit: FitFile
    file_id: Columns
    sport: Columns
    records: Columns
    sessions: Columns
    laps: Columns
    lengths: Columns
    activity: Columns
    beats: Beats
    developer_fields: list[developer.DeveloperField]
    chest_straps: list[Beats] = field(default_factory=list)


def read_recording(fit: FitFile) -> Recording:
    """Reads what an activity needs of a scanned file."""
    types, developer_fields = developer.describe(fit)
    return Recording(
        fit,
        read_message(fit, device.FILE_ID, _FILE_ID_WANTED),
        read_message(fit, sessions.SPORT, _SPORT_WANTED),
        read_message(fit, samples.RECORD, samples.WANTED, types),
        read_message(fit, sessions.SESSION, sessions.WANTED, types),
        read_message(fit, laps.LAP, laps.LAP_WANTED, types),
        read_message(fit, laps.LENGTH, laps.LENGTH_WANTED),
        read_message(fit, _ACTIVITY, _ACTIVITY_WANTED),
        heart_rate.beats(read_message(fit, heart_rate.HR, heart_rate.WANTED)),
        developer_fields,
    )
