"""Loops that NumPy cannot express without a copy per step, compiled by numba.

Importing this module imports numba (half a second): import it inside the function that needs it. No
kernel sees a NaN unless its docstring says so.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _best_window(prefix, d, first, top):
    """Largest prefix[i + d] - prefix[i] for i from `first` on, and `top`."""
    whole = prefix.dtype.type
    for i in range(first, prefix.size - d):
        top = max(top, whole(prefix[i + d] - prefix[i]))
    return top


@njit(cache=True)
def mean_max_contiguous(prefix, durations, best):
    """best[k] = largest prefix[i + d] - prefix[i], d = durations[k], ascending.

    prefix (n + 1) from 0, whole numbers of 32 or 64 bits: the compiler makes vector instructions of a
    maximum of integers (and none of a maximum of floats), and with the cast it keeps to the narrower ones.
    Loading is what takes the time, so four durations share one pass.
    """
    whole = prefix.dtype.type
    last = durations.size - 1
    for k in range(0, durations.size, 4):
        k1, k2, k3 = min(k + 1, last), min(k + 2, last), min(k + 3, last)
        a, b = prefix[durations[k] :], prefix[durations[k1] :]
        c, d = prefix[durations[k2] :], prefix[durations[k3] :]
        top_a = top_b = top_c = top_d = whole(0)
        for i in range(d.size):
            start = prefix[i]
            top_a = max(top_a, whole(a[i] - start))
            top_b = max(top_b, whole(b[i] - start))
            top_c = max(top_c, whole(c[i] - start))
            top_d = max(top_d, whole(d[i] - start))
        best[k] = _best_window(prefix, durations[k], d.size, top_a)
        best[k1] = _best_window(prefix, durations[k1], d.size, top_b)
        best[k2] = _best_window(prefix, durations[k2], d.size, top_c)
        best[k3] = top_d


@njit(cache=True)
def mean_max_with_stops(prefix, t, durations, best):
    """As mean_max_contiguous, for rows at the seconds t (ascending, from 0) between which nothing was done.

    Nothing done is nothing added: values are not negative, so a best window ends on a row, or is the first
    window of all.
    """
    n = t.size
    for k in range(durations.size):
        d = durations[k]
        first = 0
        top = prefix[0]
        for last in range(n):
            if t[last] < d:  # the window that starts with the recording; it may end in a stop
                top = prefix[last + 1]
            else:
                while t[first] <= t[last] - d:
                    first += 1
                top = max(top, prefix[last + 1] - prefix[first])
        best[k] = top


@njit(cache=True)
def xpower_fourths(power, t, keep, negligible):
    """Sum of fourth powers of the weighted mean, and how many seconds it is over.

    A gap decays second by second until the mean is negligible.
    """
    total = 0.0
    seconds = 0
    weighted = 0.0
    for i in range(power.size):
        if i > 0:
            gap = t[i] - t[i - 1] - 1
            while gap > 0 and weighted > negligible:
                weighted *= keep
                total += weighted**4
                seconds += 1
                gap -= 1
            if gap > 0:
                weighted *= keep**gap
        weighted = weighted * keep + power[i] * (1.0 - keep)
        total += weighted**4
        seconds += 1
    return total, seconds


@njit(cache=True)
def w_balance_differential(power, t, cp, w_prime, exact):
    """W' balance after each row; between rows and in gaps the athlete rests at 0 W."""
    balance = np.empty(power.size)
    w = w_prime
    for i in range(power.size):
        if i > 0 and t[i] - t[i - 1] > 1:
            gap = t[i] - t[i - 1] - 1
            kept = np.exp(-cp / w_prime * gap) if exact else max(0.0, 1.0 - cp / w_prime) ** gap
            w = w_prime - (w_prime - w) * kept
        below = cp - power[i]
        if below > 0:
            w += (w_prime - w) * (1.0 - np.exp(-below / w_prime) if exact else below / w_prime)
        else:
            w += below
        balance[i] = w
    return balance


@njit(cache=True)
def w_balance_integral(power, t, cp, w_prime, tau):
    """W' minus the decayed sum of work above CP; decaying as we go cannot overflow."""
    balance = np.empty(power.size)
    spent = 0.0
    for i in range(power.size):
        if i > 0:
            spent *= np.exp(-(t[i] - t[i - 1]) / tau)
        spent += max(0.0, power[i] - cp)
        balance[i] = w_prime - spent
    return balance


@njit(cache=True)
def mark_spikes(heart_rate, rise, within, back, lasts, bad):
    """Marks in `bad` the seconds of a sudden rise that falls back; NaN may occur and compares as false.

    A rise of `rise` bpm within `within` rows that has not come back to `back` bpm above its foot after
    `lasts` rows is believed: the sensor had been wrong before it.
    """
    n = heart_rate.size
    i = within
    while i < n:
        foot = np.inf
        for j in range(i - within, i):
            foot = np.fmin(foot, heart_rate[j])
        if heart_rate[i] - foot >= rise:
            end = i + 1
            while end < n and end - i <= lasts and not heart_rate[end] <= foot + back:
                end += 1
            if end < n and end - i <= lasts:
                bad[i - within + 1 : end] = True
                i = end + within
                continue
        i += 1


@njit(cache=True)
def highest_held(heart_rate, t, seconds):
    """Largest value that `seconds` successive seconds all reach; NaN when there is none. NaN breaks a run."""
    best = np.nan
    for i in range(seconds - 1, heart_rate.size):
        first = i - seconds + 1
        if t[i] - t[first] == seconds - 1:
            low = np.inf
            for j in range(first, i + 1):
                low = np.minimum(low, heart_rate[j])
            best = np.fmax(best, low)
    return best
