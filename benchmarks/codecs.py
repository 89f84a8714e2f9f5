"""Bytes per sample of each column of `records`, by codec, on real files: why the registry's codecs are what they are.

    python -m benchmarks.codecs [--activities DIR] [--all | --json]

Reads all FIT and GPX files of DIR (default: ../shared/activities), stores every sample once per candidate in
one MergeTree part each, and prints the bytes that each takes, null maps included, and the milliseconds that a
full scan takes. The codec that the registry has is marked with *; --all prints also those that are far behind;
--json measures only what the registry has, and LZ4 alone.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from momentum.adapters.clickhouse import Client, open_client
from momentum.warehouse.tables.activities import RECORDS
from momentum.warehouse.tables.table import Column

_ANY = ("LZ4", "ZSTD(1)", "ZSTD(3)", "Delta, ZSTD(1)", "Delta, ZSTD(3)", "Gorilla, ZSTD(1)", "Gorilla, ZSTD(3)")
FLOATS = (*_ANY, "ZSTD(6)", "Delta, ZSTD(6)", "FPC, ZSTD(1)")
INTEGERS = (*_ANY, "DoubleDelta, ZSTD(1)", "DoubleDelta, ZSTD(3)", "T64, ZSTD(1)")
STRINGS = ("LZ4", "ZSTD(1)", "ZSTD(3)", "ZSTD(6)")

# Other types a column might have, for comparison: what each could save, and what it would lose.
OTHER_TYPES = {
    "lat": ("Nullable(Int32)", "round(assumeNotNull(lat) * 2147483648 / 180)", "semicircles: exact for FIT only"),
    "lon": ("Nullable(Int32)", "round(assumeNotNull(lon) * 2147483648 / 180)", "semicircles: exact for FIT only"),
    "altitude_m": ("Nullable(Int32)", "round(altitude_m * 100)", "centimetres"),
    "distance_m": ("Nullable(UInt32)", "round(distance_m * 100)", "centimetres"),
    "speed_mps": ("Nullable(UInt16)", "round(speed_mps * 1000)", "mm/s"),
    "heart_rate_bpm": ("Nullable(UInt8)", "round(heart_rate_bpm)", "whole beats"),
    "power_w": ("Nullable(UInt16)", "round(power_w)", "whole watts"),
    "cadence_rpm": ("Nullable(UInt8)", "round(cadence_rpm)", "whole turns"),
    "temperature_c": ("Nullable(Int8)", "round(temperature_c)", "whole degrees"),
}


def samples(folder: Path) -> Iterator[pa.Table]:
    """The records of each file, as ingest would store them."""
    from momentum.activity_files.decoded import Refused
    from momentum.activity_files.read import decode

    for path in sorted([*folder.glob("fit/*"), *folder.glob("gpx/*")]):
        try:
            decoded = decode(io.BytesIO(path.read_bytes()))
        except Refused:
            continue
        activities = [leg for one in decoded.activities for leg in (one.legs or [one])]
        for number, activity in enumerate(activities):
            if activity.samples:
                yield as_table(f"{path.name}-{number}", activity.samples)


def as_table(name: str, columns: dict[str, np.ndarray]) -> pa.Table:
    """Columns in the types of the registry; NaN becomes null."""
    ts = columns["ts"]
    data = {
        "athlete_id": pa.array(["athlete"] * len(ts)),
        "activity_id": pa.array([name] * len(ts)),
        "version": pa.array(["0123456789abcdef"] * len(ts)),
        "local_date": pa.array((ts // 86_400_000).astype("int32"), pa.int32()).cast(pa.date32()),
        "ts": pa.array(ts, pa.int64()).cast(pa.timestamp("ms", "UTC")),
    }
    for column in RECORDS.columns[len(data) :]:
        kind = pa.float64() if "Float64" in column.type else pa.float32()
        values = columns.get(column.name)
        data[column.name] = pa.nulls(len(ts), kind) if values is None else pa.array(values, from_pandas=True).cast(kind)
    return pa.table(data)


def candidates(kind: str) -> tuple[str, ...]:
    if "Float" in kind:
        return FLOATS
    return STRINGS if "String" in kind else INTEGERS


def measure(client: Client, kind: str, expression: str, codec: str) -> tuple[int, float] | None:
    """Bytes of the column alone and milliseconds of a scan; None where the engine refuses the codec for the type."""
    from momentum.adapters.clickhouse import StatementFailed

    client.command("DROP TABLE IF EXISTS one SYNC")
    try:
        client.command(
            f"CREATE TABLE one (a String, v String, t DateTime64(3), x {kind} CODEC({codec})) "
            "ENGINE = MergeTree ORDER BY (a, v, t) SETTINGS min_bytes_for_wide_part = 0",
        )
    except StatementFailed:
        return None
    client.command(f"INSERT INTO one SELECT activity_id, version, ts, {expression} FROM records")
    client.command("OPTIMIZE TABLE one FINAL")
    [row] = client.rows(
        "SELECT data_compressed_bytes AS bytes FROM system.columns "
        "WHERE database = currentDatabase() AND table = 'one' AND name = 'x'"
    )
    took = []
    for _ in range(3):
        started = time.perf_counter()
        client.rows("SELECT sum(cityHash64(x)) AS h FROM one")
        took.append(time.perf_counter() - started)
    return row["bytes"], 1000 * min(took)


def report(client: Client, rows: int, *, everything: bool) -> None:
    total, with_lz4 = 0.0, 0.0
    for column in RECORDS.columns:
        variants = [(column.type, f"`{column.name}`", "")]
        if column.name in OTHER_TYPES:
            variants.append(OTHER_TYPES[column.name])
        print(f"\n{column.name}")
        for kind, expression, note in variants:
            found = [
                (result[0] / rows, result[1], codec)
                for codec in candidates(kind)
                if (result := measure(client, kind, expression, codec))
            ]
            best = min(found)[0]
            for size, scan_ms, codec in sorted(found):
                chosen = not note and codec == (column.codec or "LZ4")
                total += size if chosen else 0
                with_lz4 += size if not note and codec == "LZ4" else 0
                if everything or chosen or size <= 1.25 * best:
                    mark = "*" if chosen else " "
                    print(f" {mark} {size:7.3f} B  {scan_ms:6.1f} ms  {kind} CODEC({codec})  {note}")
    print(f"\nall columns: {total:.2f} bytes per sample; with LZ4 alone {with_lz4:.2f}")


def as_chosen(client: Client, rows: int) -> dict[str, float]:
    """Bytes per sample of all columns: as the registry has them, and with LZ4 alone."""

    def total(codec_of: Callable[[Column], str]) -> float:
        found = [measure(client, column.type, f"`{column.name}`", codec_of(column)) for column in RECORDS.columns]
        return sum(one[0] for one in found if one) / rows

    return {"bytes_per_sample": total(lambda column: column.codec or "LZ4"), "with_lz4": total(lambda _: "LZ4")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parent.parent.parent / "shared" / "activities"
    parser.add_argument("--activities", type=Path, default=default)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = pa.concat_tables(samples(options.activities))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_client(
            store_dir=Path(folder), dsn=None, run_id="codecs", lock_timeout_s=1, on_wait=print, database="codecs"
        ) as client,
    ):
        columns = ", ".join(f"`{column.name}` {column.type}" for column in RECORDS.columns)
        client.command(f"CREATE TABLE records ({columns}) ENGINE = MergeTree ORDER BY (activity_id, version, ts)")
        client.insert("records", table)
        if options.json:
            print(json.dumps({"samples": table.num_rows} | as_chosen(client, table.num_rows)))
            return
        print(f"{table.num_rows} samples of {len(set(table['activity_id'].to_pylist()))} activities")
        report(client, table.num_rows, everything=options.all)


if __name__ == "__main__":
    main()
