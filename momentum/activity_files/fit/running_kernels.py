"""What hangs on the messages before, compiled: running sums, times in headers, the times of beats.

Imports numba at the top and is therefore itself only imported inside the functions that use it.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def accumulate(parts, known, bits):
    """Widens a counter of few bits to a running sum, rollover included.

    parts: the counter (NaN where not sent). known: the full value where the message carries it
    (NaN elsewhere), in the counter's unit; the count goes on from there. Both in sending order.
    """
    out = np.empty(parts.size, np.float64)
    mask = (np.int64(1) << bits) - 1
    total = np.int64(0)
    for i in range(parts.size):
        if not np.isnan(known[i]):
            total = np.int64(known[i])
        if np.isnan(parts[i]):
            out[i] = np.nan
        else:
            total += (np.int64(parts[i]) - total) & mask
            out[i] = total
    return out


@njit(cache=True)
def compressed_times(data, at, time_at, time_big, out):
    """Timestamps of messages whose header carries the low five bits only (FIT protocol, 4.2).

    at: header offset of every message, in file order. time_at: offset of field 253 within the
    message's content, -1 without one. out: FIT seconds of messages with such a header, else NaN.
    """
    last = np.int64(0)
    for i in range(at.size):
        header = np.int64(data[at[i]])
        if header & 0x80 != 0:
            last += ((header & 0x1F) - last) & 0x1F
            out[i] = last
        if time_at[i] >= 0:
            p = at[i] + 1 + time_at[i]
            value = np.int64(0)
            for k in range(4):
                shift = 3 - k if time_big[i] else k
                value |= np.int64(data[p + k]) << (8 * shift)
            if value != 0xFFFFFFFF:
                last = value


@njit(cache=True)
def beat_times(not_before_ms, not_after_ms, rr_ms, slack_ms):
    """When each beat fell, in ms: intervals added up, and set right where the clock says otherwise.

    not_before_ms, not_after_ms: times of the records around each interval, in the order sent. A sum that
    lags by more than the slack lost beats (a strap out of reach): it goes on from the record. One that is
    ahead by more took noise for time: its intervals are laid closer until the clock has caught up, so
    that beats stay in order, at least 1 ms apart. A clock that was set back starts anew from there.
    """
    out = np.empty(rr_ms.size, np.int64)
    for i in range(rr_ms.size):
        first, last = not_before_ms[i], max(not_before_ms[i], not_after_ms[i])
        if i == 0 or first < not_before_ms[i - 1]:
            out[i] = first
            continue
        out[i] = out[i - 1] + max(np.int64(rr_ms[i]), 1)
        if out[i] < first - slack_ms:
            out[i] = first
        elif out[i] > last + slack_ms:
            closer = min(out[i - 1] + np.int64(rr_ms[i]) // 2, last + slack_ms)
            out[i] = max(closer, out[i - 1] + 1)
    return out
