"""One number per message out of a column, whatever shape and type the device sent it in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns


def row_count(columns: Columns) -> int:
    """How many messages a message's columns have."""
    return len(next(iter(columns.values()))) if columns else 0


def first_value(columns: Columns, name: str, rows: int) -> NDArray[np.float64]:
    """A column of numbers; the first of each array; NaN where there is none."""
    values = columns.get(name)
    if values is None or values.dtype.kind != "f":
        return np.full(rows, np.nan)
    return values if values.ndim == 1 else values[:, 0]


def time_values(columns: Columns, name: str, rows: int) -> NDArray[np.float64]:
    """A column of times in FIT seconds; what is no 32-bit number of seconds is none."""
    values = first_value(columns, name, rows)
    return np.where((values >= 0) & (values < 2**32), values, np.nan)
