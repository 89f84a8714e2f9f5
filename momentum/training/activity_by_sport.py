"""What only a run or only a swim has: rTSS, GOVSS, sTSS, filled in on the sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.training import running, swimming
from momentum.training.constants import MOVING_MPS, RUN_SAMPLE_LIMIT_MPS, RUN_SPEED_LIMIT_MPS, SWIM_SPEED_LIMIT_MPS
from momentum.training.sheet import Person, Sheet, speed_from_totals

_INDOORS = ("treadmill", "indoor_running", "track")


def run(sheet: Sheet, person: Person) -> NDArray[np.float64] | None:
    """Grade-adjusted speed on all rows (NaN where there is no speed), None where speed covers too little."""
    there = sheet.covered("speed_mps", "speed", "rtss", "govss", most=RUN_SAMPLE_LIMIT_MPS)
    if there is None or not np.any(sheet.grid.channels["speed_mps"][there] >= MOVING_MPS):
        _running_from_totals(sheet)
        return None
    altitude = sheet.grid.channels.get("altitude_m")
    if altitude is None and sheet.session.sub_sport not in _INDOORS:
        sheet.remarks.append("no altitude: running counted as flat")
    speed = sheet.grid.channels["speed_mps"][there]
    slope = running.slopes(speed, None if altitude is None else altitude[there], sheet.grid.t[there])
    adjusted = running.grade_adjusted_speed(speed, slope)
    moving = speed >= MOVING_MPS
    if threshold := sheet.known(("threshold_speed_mps",), "rtss", "govss"):
        sheet.numbers["rtss"] = running.rtss(float(np.mean(adjusted[moving])), float(moving.sum()), *threshold)
        if not person.weight_kg or not person.height_m:
            sheet.without("weight_kg not set" if not person.weight_kg else "height_m not set", "govss")
        else:
            sheet.numbers["govss"] = running.govss(speed, slope, person.weight_kg, person.height_m, *threshold)
    on_rows = np.full(there.size, np.nan)
    on_rows[there] = adjusted
    return on_rows


def _running_from_totals(sheet: Sheet) -> None:
    """rTSS of a run without usable speed samples, a session entered by hand among them: mean speed, flat."""
    speed = speed_from_totals(sheet.session, RUN_SPEED_LIMIT_MPS)
    for name in ("rtss", "govss"):
        sheet.reasons.setdefault(name, "no movement in the speed")
    if speed is None or speed < MOVING_MPS:
        return
    if threshold := sheet.known(("threshold_speed_mps",), "rtss"):
        sheet.numbers["rtss"] = running.rtss(speed, sheet.session.duration_s, *threshold)
        sheet.reasons.pop("rtss")
        sheet.remarks.append("running speed from distance and time, counted as flat")


def swim(sheet: Sheet, lengths: dict[str, NDArray]) -> None:
    swum = swimming.swum(lengths)
    if swum is not None:
        speed, seconds = swum[0] / swum[1], swum[1]
    else:
        totals = speed_from_totals(sheet.session, SWIM_SPEED_LIMIT_MPS)
        if totals is None:
            sheet.without("no lengths, and no distance to go by", "stss")
            return
        speed, seconds = totals, sheet.session.duration_s
        sheet.remarks.append("no pool lengths: rests are not told from swimming")
    if css := sheet.known(("css_mps",), "stss"):
        sheet.numbers["stss"] = swimming.stss(speed, seconds, *css)
