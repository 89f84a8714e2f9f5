"""An athlete's thresholds: those that were set and are valid on a day, and estimates by evidence.

Nothing is assumed: a value is set by a person, or rests on evidence that is named, or is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FIELDS = (
    "ftp_w", "critical_power_w", "w_prime_j", "lthr_bpm", "resting_hr_bpm", "max_hr_bpm", "threshold_speed_mps",
    "css_mps", "vt1_bpm", "vt2_bpm",
)  # fmt: skip

# Watts on a bicycle are not watts in running shoes: set for all sports, these count for cycling only.
_OF_CYCLING = ("ftp_w", "critical_power_w", "w_prime_j")


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of one athlete in one sport on one day; None where not known.

    source: "set" by a person, "estimated" where any value is an estimate, "" where there is none.
    estimated: names of the values that are estimates.
    """

    ftp_w: float | None = None
    critical_power_w: float | None = None
    w_prime_j: float | None = None
    lthr_bpm: float | None = None
    resting_hr_bpm: float | None = None
    max_hr_bpm: float | None = None
    threshold_speed_mps: float | None = None
    css_mps: float | None = None
    vt1_bpm: float | None = None
    vt2_bpm: float | None = None
    source: str = ""
    estimated: frozenset[str] = frozenset()

    @property
    def known(self) -> dict[str, float]:
        return {name: value for name in FIELDS if (value := getattr(self, name)) is not None}


def thresholds_on(rows: Mapping[str, NDArray], sport: str, on_day: int) -> Thresholds:
    """The thresholds valid on a day: per value the newest row that has it, the sport's before those of all.

    rows: columns (n) of one athlete's accepted rows in the order in which they were entered: "valid_from"
    int days since 1970, "sport" str, "source" str, and FIELDS float64 with NaN where empty. A row that
    says one value leaves the others as they were.
    """
    values: dict[str, float] = {}
    estimated = set()
    days = rows["valid_from"]
    by_day = np.argsort(days, kind="stable")
    valid = by_day[: np.searchsorted(days[by_day], on_day, side="right")]
    own = valid[rows["sport"][valid] == sport]
    common = valid[rows["sport"][valid] == "all"]
    for name in FIELDS:
        for group in (own, () if name in _OF_CYCLING and sport != "cycling" else common):
            known = [row for row in group if not np.isnan(rows[name][row])]
            if known:
                values[name] = float(rows[name][known[-1]])
                if rows["source"][known[-1]] == "estimated":
                    estimated.add(name)
                break
    return with_source(Thresholds(**values, estimated=frozenset(estimated)))  # type: ignore[arg-type]


def combined(chosen: Thresholds, estimates: Thresholds) -> Thresholds:
    """What was set, and estimates only for values of which nothing was set; critical power with its own W'."""
    filled = {name: value for name, value in estimates.known.items() if getattr(chosen, name) is None}
    pair = {"critical_power_w", "w_prime_j"}
    if not pair <= filled.keys():
        filled = {name: value for name, value in filled.items() if name not in pair}
    return with_source(replace(chosen, **filled, estimated=chosen.estimated | filled.keys()))  # type: ignore[arg-type]


def with_source(thresholds: Thresholds) -> Thresholds:
    """The same with `source` as its values and `estimated` have it."""
    if not thresholds.known:
        return replace(thresholds, source="")
    return replace(thresholds, source="estimated" if thresholds.estimated else "set")
