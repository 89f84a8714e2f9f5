"""A compiled pass over the bytes of XML that expat has found well-formed. Imported lazily: numba.

Tags are known by local name; numbers and times of track points go straight into rows. References,
CDATA and comments inside a value, and numbers of many digits, are left to the caller as byte ranges.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from momentum.activity_files.xml.limits import MAX_ATTRIBUTES, MAX_DEPTH
from momentum.activity_files.xml.value_kernels import NO_TIME, NO_ZONE, ODD, READ, blank, number, strip, time_ms

# How a scan ended.
NEED_MORE, FULL, TOO_DEEP, TOO_MANY_ATTRIBUTES = 0, 1, 2, 3
# Kinds of an event outside points.
OPEN, CLOSE, EMPTY = 0, 1, 2

TIME_COLUMN, LAT_COLUMN, LON_COLUMN = 0, 1, 2


@njit(cache=True)
def name_slot(data, start, end, size):
    """Where the name data[start:end], capitals folded, belongs in a table of `size` slots (a power of two).

    Length and three letters tell nearly all names apart; a clash costs one comparison more.
    """
    mixed = end - start
    if end > start:
        mixed += (data[start] | 32) * 3 + (data[(start + end) >> 1] | 32) * 31 + (data[end - 1] | 32) * 131
    return mixed & (size - 1)


@njit(cache=True)
def _code(data, start, end, slots, offsets, letters):
    """Number of the known name that the local part of data[start:end] spells, capitals folded; 0 if none does."""
    for at in range(end - 1, start - 1, -1):
        if data[at] == 58:
            start = at + 1
            break
    slot = name_slot(data, start, end, len(slots))
    while slots[slot] > 0:
        code = slots[slot]
        first = offsets[code]
        if offsets[code + 1] - first == end - start:
            same = True
            for k in range(end - start):
                # Of what XML allows in names, only capitals become small letters by this bit.
                same &= (data[start + k] | 32) == letters[first + k]
            if same:
                return code
        slot = (slot + 1) & (len(slots) - 1)
    return 0


@njit(cache=True)
def _tag_end(data, start, limit):
    """Index of the '>' that closes the tag whose name starts at `start`; -1 beyond limit, -2 too many attributes."""
    attributes = 0
    at = start
    while at < limit:
        byte = data[at]
        if byte == 62:
            return at
        if byte in (34, 39):
            attributes += 1
            if attributes > MAX_ATTRIBUTES:
                return -2
            at += 1
            while at < limit and data[at] != byte:
                at += 1
        at += 1
    return -1


@njit(cache=True)
def _skip(data, start, limit):
    """Index after the comment, CDATA or instruction whose '<' is at `start`; -1 beyond limit."""
    if data[start + 1] == 63:
        first, second, at = 63, 62, start + 2  # ?>
        while at + 1 < limit:
            if data[at] == first and data[at + 1] == second:
                return at + 2
            at += 1
        return -1
    if start + 2 >= limit:
        return -1
    closing = 45 if data[start + 2] == 45 else 93  # --> or ]]>
    at = start + 4
    while at + 2 < limit:
        if data[at] == closing and data[at + 1] == closing and data[at + 2] == 62:
            return at + 3
        at += 1
    return -1


@njit(cache=True)
def _next_tag(data, start, limit):
    """Index of the next '<' that opens or closes an element, its second byte within limit; -1 if none."""
    at = start
    while at + 1 < limit:
        if data[at] == 60:
            if data[at + 1] not in (33, 63):
                return at
            at = _skip(data, at, limit)
            if at < 0:
                return -1
        else:
            at += 1
    return -1


@njit(cache=True)
def _name_end(data, start, end):
    at = start
    while at < end and not blank(data[at]) and data[at] != 47:
        at += 1
    return at


@njit(cache=True)
def _put(data, start, end, row, column, values, times, zones, slow, n_slow):
    """Read data[start:end] into its column, or note it for the caller. Returns (n_slow, whether it held anything)."""
    if column == TIME_COLUMN:
        first, last = strip(data, start, end)
        if first == last:
            return n_slow, False
        times[row], zones[row] = time_ms(data, first, last)
        if times[row] != NO_TIME:
            return n_slow, True
        state = ODD
    else:
        state, value = number(data, start, end)
        values[row, column] = value
        if state < 0:
            return n_slow, state == READ
    slow[n_slow, 0] = row
    slow[n_slow, 1] = column
    slow[n_slow, 2] = start
    slow[n_slow, 3] = end
    slow[n_slow, 4] = state
    return n_slow + 1, True


@njit(cache=True)
def _position(data, start, end, row, values, times, zones, slow, n_slow):
    """The attributes lat and lon of a GPX point's tag, in any order and either kind of quotes."""
    at = start
    while at < end:
        while at < end and blank(data[at]):
            at += 1
        name = at
        while at < end and data[at] != 61 and not blank(data[at]):
            at += 1
        column = -1
        if at - name == 3 and data[name] == 108:  # l
            if data[name + 1] == 97 and data[name + 2] == 116:
                column = LAT_COLUMN
            elif data[name + 1] == 111 and data[name + 2] == 110:
                column = LON_COLUMN
        while at < end and data[at] not in (34, 39):
            at += 1
        if at >= end:
            break
        quote = data[at]
        at += 1
        first = at
        while at < end and data[at] != quote:
            at += 1
        if column >= 0:
            n_slow, _ = _put(data, first, at, row, column, values, times, zones, slow, n_slow)
        at += 1
    return n_slow


@njit(cache=True)
def _report(events, n_events, kind, code, rows, tag, end, text_end, depth):
    events[n_events, 0], events[n_events, 1], events[n_events, 2] = kind, code, rows
    events[n_events, 3], events[n_events, 4], events[n_events, 5] = tag, end, text_end
    events[n_events, 6] = depth
    return n_events + 1


@njit(cache=True)
def scan(  # noqa: PLR0912, PLR0915 - one state machine in one pass
    data, limit, slots, offsets, letters, columns, parents, point, by_attributes,
    stack, depth, values, times, zones, slow, events,
):  # fmt: skip
    """One pass over data[:limit], which starts outside any point, `depth` elements deep.

    slots, offsets, letters: the table of known names (numbered from 1). columns[name], parents[name]:
    the column that a leaf inside a point fills (-1 none), and the name it must be directly in (0 any).
    point: the name of a track point; by_attributes: its position is in attributes lat and lon.
    stack: names of the elements we are in, kept between calls.

    Out: values[row, column], times[row], zones[row] for each whole point; slow[k] = row, column, start,
    end, LONG or ODD; events[k] = kind, name, row, tag's start and end, text's end, depth for the known
    names outside points, if all that they are in is known too. The first text that is not blank wins
    where a point has a channel twice.
    Returns how it ended, the bytes used, the depth there, and the numbers of points, slow and events.
    """
    at, used, rows, n_slow, n_events = 0, 0, 0, 0, 0
    inside = False
    point_start, point_depth, point_slow, filled = 0, 0, 0, 0
    n_columns = values.shape[1]
    status = NEED_MORE
    while True:
        while at < limit and data[at] != 60:
            at += 1
        used = at
        if at + 1 >= limit:
            break
        tag = at
        if data[tag + 1] in (33, 63):
            after = _skip(data, tag, limit)
            if after < 0:
                break
            at = after
            continue
        end = _tag_end(data, tag + 1, limit)
        if end < 0:
            if end == -2:
                status = TOO_MANY_ATTRIBUTES
            break
        if data[tag + 1] == 47:
            if inside:
                if depth == point_depth:
                    inside = False
                    rows += 1
            elif stack[depth] > 0:
                if n_events == len(events):
                    status = FULL
                    break
                n_events = _report(events, n_events, CLOSE, stack[depth], rows, tag, end, end, depth)
            depth -= 1
            at = end + 1
            continue
        empty = data[end - 1] == 47
        name_end = _name_end(data, tag + 1, end)
        code = _code(data, tag + 1, name_end, slots, offsets, letters)
        if depth + 1 >= MAX_DEPTH:
            status = TOO_DEEP
            break
        after = end + 1
        if inside:
            column = columns[code]
            if column >= 0 and not empty and (parents[code] == 0 or parents[code] == stack[depth]):
                after = _next_tag(data, end + 1, limit)
                if after < 0:
                    break
                if data[after + 1] == 47 and not (filled >> column) & 1:
                    n_slow, held = _put(data, end + 1, after, rows, column, values, times, zones, slow, n_slow)
                    if held:
                        filled |= 1 << column
        elif code == point:
            if rows == len(times) or n_slow + n_columns + 4 > len(slow):
                status = FULL
                break
            times[rows], zones[rows] = NO_TIME, NO_ZONE
            for column in range(n_columns):
                values[rows, column] = np.nan
            point_start, point_depth, point_slow, filled = tag, depth + 1, n_slow, 0
            if by_attributes:
                last = end - 1 if empty else end
                n_slow = _position(data, name_end, last, rows, values, times, zones, slow, n_slow)
            if empty:
                rows += 1
            else:
                inside = True
        elif code > 0 and (depth == 0 or stack[depth] > 0):
            if n_events == len(events):
                status = FULL
                break
            text_end = end + 1
            if not empty:
                text_end = _next_tag(data, end + 1, limit)
                if text_end < 0:
                    break
                after = text_end
            kind = EMPTY if empty else OPEN
            n_events = _report(events, n_events, kind, code, rows, tag, end, text_end, depth + 1)
        else:
            code = 0
        if not empty:
            depth += 1
            stack[depth] = code
        at = after
    if inside:
        used, depth, n_slow = point_start, point_depth - 1, point_slow
    return status, used, depth, rows, n_slow, n_events
