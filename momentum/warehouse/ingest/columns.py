"""Activities to Arrow tables, channel by channel; no Python object per sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from momentum.activity_files.decoded import CHANNELS, Activity, Columns
from momentum.warehouse.tables import TABLES

TS_TYPE = pa.timestamp("ms", tz="UTC")
_ARROW = {"DateTime64(3, 'UTC')": TS_TYPE, "Date": pa.date32(), "Date32": pa.date32()}


@dataclass(frozen=True)
class Placed:
    """An activity or leg with the identity that its rows carry."""

    athlete_id: str
    activity_id: str
    version: str
    local_date: date
    activity: Activity


def arrow_type(clickhouse_type: str) -> pa.DataType:
    """The Arrow type in which a column of this ClickHouse type is handed over."""
    if clickhouse_type in _ARROW:
        return _ARROW[clickhouse_type]
    head, _, rest = clickhouse_type.partition("(")
    inner = rest.removesuffix(")")
    if head in ("Nullable", "LowCardinality"):
        return arrow_type(inner)
    if head == "Array":
        return pa.list_(arrow_type(inner))
    if head == "Map":
        key, value = inner.split(", ", 1)
        return pa.map_(arrow_type(key), arrow_type(value))
    return {
        "String": pa.string(), "Bool": pa.bool_(), "Float64": pa.float64(), "Float32": pa.float32(),
        "UInt8": pa.uint8(), "UInt16": pa.uint16(), "UInt32": pa.uint32(), "UInt64": pa.uint64(),
        "Int16": pa.int16(), "Int32": pa.int32(), "Int64": pa.int64(),
    }[head]  # fmt: skip


def rows_to_arrow(table: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows of a short table (one row per activity or file) in the table's column order.

    A column that a row lacks is NULL where the type allows it, else the type's empty value.
    """
    columns = TABLES[table].columns
    return pa.table(
        {
            column.name: pa.array(
                [_plain(row.get(column.name), column.type) for row in rows], type=arrow_type(column.type)
            )
            for column in columns
        }
    )


def _plain(value: Any, clickhouse_type: str) -> Any:
    if value is None and "Nullable" not in clickhouse_type:
        if clickhouse_type.startswith(("Array", "Map")):
            return []
        if "String" in clickhouse_type:
            return ""
        return False if clickhouse_type == "Bool" else 0
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _identity(placed: Sequence[Placed], lengths: Sequence[int]) -> dict[str, pa.Array]:
    """The columns that are constant over an activity, dictionary-encoded: no string per sample."""

    def spread(values: list[str]) -> pa.Array:
        known = pa.array(values, pa.string()).dictionary_encode()
        index = np.repeat(known.indices.to_numpy(), lengths)
        return pa.DictionaryArray.from_arrays(pa.array(index), known.dictionary)

    days = np.array([(item.local_date - date(1970, 1, 1)).days for item in placed], dtype=np.int32)
    return {
        "athlete_id": spread([item.athlete_id for item in placed]),
        "activity_id": spread([item.activity_id for item in placed]),
        "version": spread([item.version for item in placed]),
        "local_date": pa.array(np.repeat(days, lengths)).cast(pa.date32()),
    }


def _times(parts: Sequence[np.ndarray]) -> pa.Array:
    return pa.array(np.concatenate(parts).astype(np.int64)).cast(TS_TYPE)


def _numbers(parts: Sequence[np.ndarray], type_: pa.DataType) -> pa.Array:
    # from_pandas: NaN, "the device sent nothing", becomes NULL
    return pa.array(np.concatenate(parts), from_pandas=True).cast(type_)


def _texts(parts: Sequence[np.ndarray]) -> pa.Array:
    return pa.concat_arrays([pa.array(part, pa.string()).dictionary_encode().cast(pa.string()) for part in parts])


def _with_rows(placed: Sequence[Placed], attribute: str, column: str) -> tuple[list[Placed], list[Columns]]:
    kept = [item for item in placed if len(getattr(item.activity, attribute).get(column, ()))]
    return kept, [getattr(item.activity, attribute) for item in kept]


def records(placed: Sequence[Placed]) -> pa.Table | None:
    """Rows of `records` for these activities; None where there are none."""
    kept, parts = _with_rows(placed, "samples", "ts")
    if not kept:
        return None
    lengths = [len(part["ts"]) for part in parts]
    types = {column.name: arrow_type(column.type) for column in TABLES["records"].columns}
    columns: dict[str, pa.Array] = _identity(kept, lengths)
    columns["ts"] = _times([part["ts"] for part in parts])
    for channel in CHANNELS:
        arrays = [part[channel] if channel in part else np.full(len(part["ts"]), np.nan) for part in parts]
        columns[channel] = _numbers(arrays, types[channel])
    return pa.table(columns)


def rr_intervals(placed: Sequence[Placed]) -> pa.Table | None:
    """Rows of `rr_intervals`; None where there are none."""
    kept, parts = _with_rows(placed, "rr", "ts")
    if not kept:
        return None
    columns = _identity(kept, [len(part["ts"]) for part in parts])
    columns["ts"] = _times([part["ts"] for part in parts])
    columns["rr_ms"] = _numbers([part["rr_ms"] for part in parts], pa.float32())
    return pa.table(columns)


def developer_fields(placed: Sequence[Placed]) -> pa.Table | None:
    """Rows of `developer_fields`; None where there are none. Values that are not numbers are left out."""
    kept, parts = _with_rows(placed, "developer", "ts")
    parts = [{name: column[np.isfinite(part["value"])] for name, column in part.items()} for part in parts]
    kept, parts = [k for k, p in zip(kept, parts, strict=True) if len(p["ts"])], [p for p in parts if len(p["ts"])]
    if not kept:
        return None
    columns = _identity(kept, [len(part["ts"]) for part in parts])
    columns["ts"] = _times([part["ts"] for part in parts])
    columns["field"] = _texts([part["field"] for part in parts])
    columns["unit"] = _texts([part["unit"] for part in parts])
    columns["value"] = _numbers([part["value"] for part in parts], pa.float64())
    return pa.table(columns)


def laps(placed: Sequence[Placed]) -> pa.Table | None:
    """Rows of `laps`; None where there are none."""
    kept, parts = _with_rows(placed, "laps", "start")
    if not kept:
        return None
    columns = _identity(kept, [len(part["start"]) for part in parts])
    columns["start"] = _times([part["start"] for part in parts])
    columns["elapsed_s"] = pa.array(np.nan_to_num(np.concatenate([part["elapsed_s"] for part in parts])))
    columns["distance_m"] = _numbers([part["distance_m"] for part in parts], pa.float64())
    columns["kind"] = _texts([part["kind"] for part in parts])
    columns["stroke"] = _texts([part["stroke"] for part in parts])
    columns["swim_strokes"] = _numbers([part["swim_strokes"] for part in parts], pa.float64())
    return pa.table(columns)


LONG_TABLES = {"records": records, "rr_intervals": rr_intervals, "developer_fields": developer_fields, "laps": laps}
