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
_LONGEST_S = 65.535  # what the profile's type can say; a damaged definition can make more of it
_NO_RECORD_BEHIND = np.iinfo(np.int64).max // 2


def rr_intervals(fit: FitFile, record_s: NDArray[np.float64]) -> Columns:
    """Columns ts (ms, ascending) and rr_ms of a file; {} without any.

    record_s: FIT seconds of all its records, NaN without a date. The messages carry no time: an interval
    ended between the records around it. Devices go on writing them while the timer is stopped and after
    the last record, where nothing but their sum says the time; before the first they lead up to it.
    """
    from momentum.activity_files.fit import running_kernels

    dated = ~np.isnan(record_s)
    columns = read_message(fit, HRV, frozenset({"time"}))
    if "time" not in columns or not dated.any():
        return {}
    time = columns["time"].reshape(len(columns["time"]), -1)
    row, place = np.nonzero((time > 0) & (time < _LONGEST_S))
    if not row.size:
        return {}
    rr_ms = np.rint(time[row, place] * 1000)
    records_before = np.searchsorted(message_offsets(fit, RECORD)[dated], message_offsets(fit, HRV))[row]
    clock_ms = to_ms(record_s[dated])
    lead_ms = int(rr_ms[records_before == 0][1:].sum())
    clock_ms = np.concatenate([clock_ms[:1] - lead_ms, clock_ms, [_NO_RECORD_BEHIND]])
    ts = running_kernels.beat_times(clock_ms[records_before], clock_ms[records_before + 1], rr_ms, _SLACK_MS)
    order = np.argsort(ts, kind="stable")
    return {"ts": ts[order], "rr_ms": rr_ms[order]}
