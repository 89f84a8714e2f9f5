"""Values of every column type of the registry, which must come back from a store as they went in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

MOMENT = datetime(2024, 2, 29, 23, 59, 59, 987000, tzinfo=UTC)
ODD = 'it\'s \\ a "name" with\ttab, ünï, 中 and \0'

# ClickHouse type, Arrow type, values that must come back as they went in.
CASES: list[tuple[str, pa.DataType, list[Any]]] = [
    ("String", pa.string(), ["", ODD, "x" * 70_000]),
    ("String", pa.dictionary(pa.int32(), pa.string()), ["a", "a", ODD]),
    ("LowCardinality(String)", pa.string(), ["", "a", ODD]),
    ("LowCardinality(String)", pa.dictionary(pa.int32(), pa.string()), ["b", "a", "b"]),
    ("LowCardinality(Nullable(String))", pa.string(), [None, "", "a"]),
    ("Nullable(String)", pa.string(), [None, "", "a"]),
    ("Float64", pa.float64(), [0.1, -1e300, 5e-324]),
    ("Nullable(Float64)", pa.float64(), [None, 0.0, float("inf")]),
    ("Float32", pa.float32(), [0.5, -2.25, 812.0]),
    ("Nullable(Float32)", pa.float32(), [None, 0.5, -2.25]),
    ("Nullable(UInt8)", pa.uint8(), [None, 0, 255]),
    ("UInt16", pa.uint16(), [0, 1, 65535]),
    ("UInt32", pa.uint32(), [0, 1, 2**32 - 1]),
    ("Int32", pa.int32(), [-(2**31), 0, 2**31 - 1]),
    ("UInt64", pa.uint64(), [0, 1, 2**64 - 1]),
    ("Bool", pa.bool_(), [True, False, True]),
    ("Date", pa.date32(), [date(1970, 1, 1), date(2000, 2, 29), date(2149, 6, 6)]),
    ("Nullable(Date32)", pa.date32(), [None, date(1958, 3, 4), date(1900, 1, 1)]),
    ("DateTime64(3, 'UTC')", pa.timestamp("ms", "UTC"), [MOMENT, MOMENT.replace(year=1996), MOMENT]),
    ("Nullable(DateTime64(3, 'UTC'))", pa.timestamp("ms", "UTC"), [None, MOMENT, None]),
    ("Array(Float64)", pa.list_(pa.float64()), [[], [1.5], [2.5, -1.0]]),
    ("Array(String)", pa.list_(pa.string()), [[], ["", ODD], ["b"]]),
    ("Array(LowCardinality(String))", pa.list_(pa.string()), [["power"], [], ["hr", "power"]]),
    (
        "Map(LowCardinality(String), Float64)",
        pa.map_(pa.string(), pa.float64()),
        [{}, {"cycling": 1.5}, {"running": 0.0, ODD: 2.0}],
    ),
    (
        "Map(LowCardinality(String), String)",
        pa.map_(pa.string(), pa.string()),
        [{}, {"cycling": "tss"}, {"running": "", ODD: ODD}],
    ),
    (
        "Map(String, Array(String))",
        pa.map_(pa.string(), pa.list_(pa.string())),
        [{}, {"cycling": ["tss"]}, {"running": [], ODD: [ODD, ""]}],
    ),
]
IDS = [f"{kind}-{arrow}" for kind, arrow, _ in CASES]
