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
_SLACK_MS = 5000.0


def rr_intervals(fit: FitFile, record_s: NDArray[np.float64]) -> Columns:
    """ "ts" (ms, ascending) and "rr_ms" of a file; {} without any.

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
    near = np.repeat(record_s[dated][before], time.shape[1])
    rr = time.ravel()
    sent = ~np.isnan(rr) & (rr > 0)
    if not sent.any():
        return {}
    rr_ms = np.rint(rr[sent] * 1000)
    ts = to_ms(near[sent]).astype(np.float64)
    ts = np.maximum.accumulate(kernels.beat_times(ts, rr_ms, _SLACK_MS))
    return {"ts": ts.astype(np.int64), "rr_ms": rr_ms}
