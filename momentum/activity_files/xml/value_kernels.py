"""Compiled readers of one value in a range of bytes: a number, a time. Imported lazily: numba.

What is not plain is left to the caller, so that what is fast is also exactly right.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Why a number is left to the caller: plain, but of more digits than are read here; anything else.
LONG, ODD = 0, 1
READ, EMPTY_TEXT = -1, -2

NO_ZONE = -(1 << 30)  # in place of a time's offset where the text names none
NO_TIME = -(1 << 62)

# Powers of ten that a float64 holds exactly: with a mantissa below 2**53, one multiplication or
# division by one of them is correctly rounded (Clinger 1990, "How to read floating point numbers
# accurately").
_POWERS = 10.0 ** np.arange(23)
_EXACT = 1 << 53
_DIGITS = 18  # that an int64 holds whatever they are
_CUMULATIVE_DAYS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])
_TO_1970_DAYS = 719_162  # from the first day of year 1
_NO_DAY = -(1 << 31)


@njit(cache=True)
def blank(byte):
    return byte in (32, 10, 13, 9)


@njit(cache=True)
def strip(data, start, end):
    while start < end and blank(data[start]):
        start += 1
    while end > start and blank(data[end - 1]):
        end -= 1
    return start, end


@njit(cache=True)
def _digits(data, at, end):
    """(index after, mantissa, all digits, digits that count, those after the point) of digits with one point."""
    mantissa, digits, significant, fraction = 0, 0, 0, 0
    seen_point = False
    while at < end:
        byte = data[at]
        if 48 <= byte <= 57:
            digits += 1
            if significant < _DIGITS:
                mantissa = mantissa * 10 + (byte - 48)
            if mantissa > 0:
                significant += 1
            if seen_point:
                fraction += 1
        elif byte == 46 and not seen_point:
            seen_point = True
        else:
            break
        at += 1
    return at, mantissa, digits, significant, fraction


@njit(cache=True)
def _exponent(data, at, end):
    """(index after, exponent) of what follows the e of a number; the index stays where no digit comes."""
    first = at
    down = at < end and data[at] == 45
    if at < end and (down or data[at] == 43):
        at += 1
    digits, exponent = at, 0
    while at < end and 48 <= data[at] <= 57:
        exponent = min(exponent * 10 + (data[at] - 48), 10_000)
        at += 1
    if at == digits:
        return first, 0
    return at, -exponent if down else exponent


@njit(cache=True)
def number(data, start, end):
    """(state, value) of the decimal in data[start:end]; the state is READ, EMPTY_TEXT, LONG or ODD."""
    start, end = strip(data, start, end)
    if start == end:
        return EMPTY_TEXT, np.nan
    negative = data[start] == 45
    if negative or data[start] == 43:
        start += 1
    at, mantissa, digits, significant, fraction = _digits(data, start, end)
    exponent = 0
    if at < end and digits > 0 and data[at] in (101, 69):
        after, exponent = _exponent(data, at + 1, end)
        at = after if after > at + 1 else at
    if at < end or digits == 0:
        return ODD, np.nan
    power = exponent - fraction
    if significant > _DIGITS or mantissa > _EXACT or power > 22 or power < -22:
        return LONG, np.nan
    value = mantissa * _POWERS[power] if power >= 0 else mantissa / _POWERS[-power]
    return READ, -value if negative else value


@njit(cache=True)
def _two(data, at):
    """Two digits at `at`, or -1."""
    high, low = data[at] - 48, data[at + 1] - 48
    if high < 0 or high > 9 or low < 0 or low > 9:
        return -1
    return high * 10 + low


@njit(cache=True)
def _zone(data, at, end):
    """(valid, seconds east of UTC) of what follows the seconds of a time: Z, +hh:mm, +hhmm, +hh, none."""
    left = end - at
    if left == 0:
        return True, NO_ZONE
    if left == 1:
        return data[at] in (90, 122), 0
    if data[at] not in (43, 45) or left not in (3, 5, 6):
        return False, 0
    hours = _two(data, at + 1)
    minutes = 0
    if left == 6 and data[at + 3] != 58:
        return False, 0
    if left > 3:
        minutes = _two(data, end - 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return False, 0
    seconds = hours * 3600 + minutes * 60
    return True, -seconds if data[at] == 45 else seconds


@njit(cache=True)
def _day(data, at):
    """Days from 1970-01-01 to the YYYY-MM-DD at `at`; -2**31 where the calendar has no such day."""
    century, rest, month, day = _two(data, at), _two(data, at + 2), _two(data, at + 5), _two(data, at + 8)
    if century < 0 or rest < 0 or month < 1 or month > 12 or day < 1 or data[at + 4] != 45 or data[at + 7] != 45:
        return _NO_DAY
    year = century * 100 + rest
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = _CUMULATIVE_DAYS[month] - _CUMULATIVE_DAYS[month - 1]
    if year < 1 or day > (29 if leap and month == 2 else length):
        return _NO_DAY
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - _TO_1970_DAYS
    return days + _CUMULATIVE_DAYS[month - 1] + day - 1 + (1 if leap and month > 2 else 0)


@njit(cache=True)
def _second(data, at):
    """Seconds from midnight to the HH:MM:SS at `at`; -1 where there is no such time."""
    hour, minute, second = _two(data, at), _two(data, at + 3), _two(data, at + 6)
    if data[at + 2] != 58 or data[at + 5] != 58 or hour < 0 or minute < 0 or second < 0:
        return -1
    seconds = hour * 3600 + minute * 60 + second
    return -1 if minute > 59 or second > 60 or seconds > 86_400 else seconds


@njit(cache=True)
def _fraction(data, at, end):
    """(index after, ms) of the decimals of a second at `at`, rounded; the index stays where there is none."""
    ms, scale, first = 0, 100, at
    while at < end and 48 <= data[at] <= 57:
        if scale > 0:
            ms += (data[at] - 48) * scale
            scale //= 10
        elif at == first + 3 and data[at] >= 53:
            ms += 1
        at += 1
    return at, ms


@njit(cache=True)
def time_ms(data, start, end):
    """(ms since 1970 UTC, offset in s) of an ISO 8601 date and time; NO_TIME where it is none.

    Without a zone the time is taken for UTC and the offset is NO_ZONE. 24:00:00 and a leap second's :60
    count on into the next day and minute.
    """
    start, end = strip(data, start, end)
    if end - start < 19 or data[start + 10] not in (84, 116, 32):
        return NO_TIME, NO_ZONE
    days, seconds = _day(data, start), _second(data, start + 11)
    at, ms = start + 19, 0
    if at < end and data[at] in (44, 46):
        after, ms = _fraction(data, at + 1, end)
        at = after if after > at + 1 else at
    valid, offset = _zone(data, at, end)
    if days == _NO_DAY or seconds < 0 or not valid:
        return NO_TIME, NO_ZONE
    if offset != NO_ZONE:
        seconds -= offset
    return (days * 86_400 + seconds) * 1000 + ms, offset
