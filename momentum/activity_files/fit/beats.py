"""RR intervals of `hrv` messages, and when each beat fell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.clock import to_ms
from momentum.activity_files.fit.columns import message_offsets, read_message
from momentum.activity_files.fit.samples import RECORD

HRV = 78
# Beats are sent a second or two late, records at whole seconds: within this they agree.
_SLACK_MS = 5000


def rr_intervals(fit: FitFile, record_s: NDArray[np.float64]) -> Columns:
    """Columns ts (ms, ascending) and rr_ms of a file; {} without any.

    record_s: FIT seconds of all its records, NaN without a date. The messages carry no time: an
    interval belongs near the record that was written before it.
    """
    from momentum.activity_files.fit import kernels

    dated = ~np.isnan(record_s)
    columns = read_message(fit, HRV, frozenset({"time"}))
    if "time" not in columns or not dated.any():
        return {}
    time = columns["time"].reshape(len(columns["time"]), -1)
    at = message_offsets(fit, RECORD)[dated]
    before = np.maximum(np.searchsorted(at, message_offsets(fit, HRV)) - 1, 0)
    row, place = np.nonzero(time > 0)
    if not row.size:
        return {}
    rr_ms = np.rint(time[row, place] * 1000)
    return {"ts": kernels.beat_times(to_ms(record_s[dated][before])[row], rr_ms, _SLACK_MS), "rr_ms": rr_ms}
