"""The one number that an activity counts with, and why it is that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from momentum.training.constants import (
    LOAD_PREFERENCE,
    SRPE_DEFAULT_SCALE,
    SRPE_HISTORY_DAYS,
    SRPE_MIN_SESSIONS,
    SRPE_OF_A_THRESHOLD_HOUR,
)

# What may count as load: the metrics on the scale where an hour at threshold is 100, and session RPE,
# which is brought to it. TRIMP, Edwards and Lucia are on scales of their own.
LOAD_SOURCES = ("tss", "bikescore", "rtss", "govss", "stss", "trimp100", "srpe")

# Sources that one sport only has: elsewhere their absence needs no explanation.
_SPORT_OF = {"rtss": "running", "govss": "running", "stss": "swimming"}

CONVENTION = (
    f"session RPE by convention (an hour at {SRPE_OF_A_THRESHOLD_HOUR:.0f} is 100): "
    f"fewer than {SRPE_MIN_SESSIONS} sessions with both within a year"
)
OWN_HISTORY = "session RPE scaled by the athlete's own history"


def choose_load(
    metrics: Mapping[str, float | None],
    reasons: Mapping[str, str],
    sport: str,
    preference: Sequence[str],
    srpe_scale: float | None,
) -> tuple[float | None, str, str]:
    """The load, its source, and why no better source (or why none): "" where the first choice served.

    metrics: by name, None where there is none. reasons: by name, why it is None. preference: names of
    LOAD_SOURCES, best first; empty: the default. srpe_scale: load per unit of session RPE, see
    `srpe_scale`; None: by convention, and the reason says so.
    """
    missing = []
    for source in preference or LOAD_PREFERENCE:
        if source not in LOAD_SOURCES:
            missing.append(f"{source}: not a source of load")
            continue
        value = metrics.get(source)
        if value is None:
            if _SPORT_OF.get(source, sport) == sport:
                missing.append(f"{source}: {reasons.get(source, 'missing')}")
            continue
        if source == "srpe":
            missing.append(OWN_HISTORY if srpe_scale is not None else CONVENTION)
            value *= SRPE_DEFAULT_SCALE if srpe_scale is None else srpe_scale
        return value, source, "; ".join(missing)
    return None, "", "; ".join(missing)


def srpe_scale(
    days: NDArray[np.int64], loads: NDArray[np.float64], srpe: NDArray[np.float64], on_day: int
) -> tuple[float | None, str]:
    """Load per unit of session RPE in the athlete's own year before `on_day`, and what it rests on.

    days (n) since 1970, loads (n), srpe (n) of the athlete's activities, NaN where missing. Give NaN as
    load where the load itself came from session RPE, or the scale confirms itself. The median of the
    ratios of sessions that have both; None under SRPE_MIN_SESSIONS, and `choose_load` goes by convention.
    """
    both = (days < on_day) & (days >= on_day - SRPE_HISTORY_DAYS) & (loads > 0) & (srpe > 0)
    count = int(np.sum(both))
    if count < SRPE_MIN_SESSIONS:
        return None, f"sessions with load and session RPE in the year before: {count} of {SRPE_MIN_SESSIONS} needed"
    return float(np.median(loads[both] / srpe[both])), f"median of {count} sessions of the year before"
