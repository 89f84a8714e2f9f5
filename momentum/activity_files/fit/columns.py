"""All messages of one kind to columns: the one way values leave the bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns, Refused
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.components import expand
from momentum.activity_files.fit.definitions import FieldLayout, read_definition

# A gigabyte of one message's values; a day at 1 Hz with 30 fields is 3 million.
_MOST_VALUES = 2**27

# Types of developer fields, by developer_data_index and field number, with the offset in the file
# from which they hold.
Described = Mapping[tuple[int, int], list[tuple[int, profile.BaseType]]]


def read_message(
    fit: FitFile, number: int, wanted: Collection[str] | None = None, described: Described | None = None
) -> Columns:
    """Columns of all messages with this global number, in file order; {} if there is none.

    Float64 columns of value / scale - offset (n,), or (n, k) where the device sent arrays; NaN where
    it sent nothing; times are FIT seconds, enumerations their numbers, 64-bit integers exact up to
    2**53. Strings are str columns, "" where nothing was sent. Fields made of others (components,
    subfields) are there too. Developer fields are called dev_INDEX_NUMBER and are unscaled.

    wanted: names of the profile's fields to read (all if None); fields whose size does not fit their
    type, and text or bytes where the profile has numbers, are then left out. described: types of developer
    fields; without it they are left out.
    Raises Refused "too large".
    """
    message = profile.message(number)
    parts = fit.parts.get(number, [])
    if not parts:
        return {}
    rows = sum(fit.first[d + 1] - fit.first[d] for d in parts)
    layouts = [_named_layouts(fit, d, message, wanted, described) for d in parts]
    numeric, texts = _places(layouts)
    width = sum(k for _, k in numeric.values())
    if width * rows > _MOST_VALUES or sum(texts.values()) * rows > _MOST_VALUES:
        raise Refused("too large", f"{rows} messages {message.name}")

    alone = len(parts) == 1 and width == sum(x.count for _, x, _ in layouts[0] if x.base_type.kind != "string")
    out = np.empty((width, rows)) if alone else np.full((width, rows), np.nan)
    for d, layout in zip(parts, layouts, strict=True):
        _read_numbers(fit, d, layout, numeric, out)
    columns: Columns = {name: out[c] if k == 1 else out[c : c + k].T for name, (c, k) in numeric.items()}
    _blank_bytes(layouts, columns)
    if texts:
        columns |= _read_texts(fit, parts, layouts, texts, rows)
    if fit.compressed and (wanted is None or "timestamp" in wanted):
        _add_compressed_times(fit, parts, columns, rows)
    expand(columns, message)
    return columns


def message_offsets(fit: FitFile, number: int) -> NDArray[np.int64]:
    """Where in the file the messages of a kind are, in file order."""
    parts = [slice(fit.first[d], fit.first[d + 1]) for d in fit.parts.get(number, ())]
    out = np.empty(sum(part.stop - part.start for part in parts), np.int64)
    for part in parts:
        out[fit.rank[part]] = fit.at[part]
    return out


NamedLayouts = list[tuple[str, FieldLayout, profile.Field | None]]


def _named_layouts(
    fit: FitFile, d: int, message: profile.Message, wanted: Collection[str] | None, described: Described | None
) -> NamedLayouts:
    definition = read_definition(fit, d)
    named: NamedLayouts = []
    for layout in definition.fields:
        field = message.field(layout.number)
        # What an activity is made of must be what the profile says it is; else it is not there. Types that
        # FIT does not know are read as bytes, and the first byte of a number is no number.
        kind = layout.base_type.kind
        fits = not layout.misfit and (kind == "string") == (field.type == "string")
        fits &= kind != "bytes" or field.type == "byte"
        if wanted is None or (field.name in wanted and fits):
            named.append((field.name, layout, field))
    for layout in definition.developer_fields if described is not None else ():
        types = described.get((layout.developer or 0, layout.number), ()) if described else ()
        base = _type_at(types, int(fit.defined_at[d]))
        if layout.count % base.size == 0:
            layout = replace(layout, base_type=base, count=layout.count // base.size)
        named.append((f"dev_{layout.developer}_{layout.number}", layout, None))
    return named


def _type_at(types: Collection[tuple[int, profile.BaseType]], offset: int) -> profile.BaseType:
    """The last type described before an offset, else the first described after it."""
    before = [base for at, base in types if at < offset]
    after = [base for at, base in types if at >= offset]
    return before[-1] if before else after[0] if after else profile.BYTE


def _places(layouts: list[NamedLayouts]) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Where each number goes (first column, columns), and how many bytes each text has."""
    widths: dict[str, int] = {}
    texts: dict[str, int] = {}
    for named in layouts:
        for name, layout, _ in named:
            into = texts if layout.base_type.kind == "string" else widths
            into[name] = max(into.get(name, 0), layout.count)
    places, column = {}, 0
    for name, width in widths.items():
        places[name] = (column, width)
        column += width
    return places, texts


def _read_numbers(
    fit: FitFile, d: int, named: NamedLayouts, places: dict[str, tuple[int, int]], out: NDArray[np.float64]
) -> None:
    from momentum.activity_files.fit import field_kernels

    kinds = {
        "unsigned": field_kernels.UNSIGNED,
        "zero": field_kernels.ZERO_INVALID,
        "signed": field_kernels.SIGNED,
        "float": field_kernels.FLOAT,
        "bytes": field_kernels.BYTES,
    }
    big = float(fit.data[fit.defined_at[d] + 2] != 0)
    plan: list[tuple[float, ...]] = []
    for name, layout, field in named:
        base = layout.base_type
        if base.kind == "string":
            continue
        plain = field is None or layout.misfit or base.kind == "bytes"
        scale, offset = (1.0, 0.0) if plain or field is None else (field.scale, field.offset)
        column, _ = places[name]
        for k in range(layout.count):
            plan.append((layout.at + k * base.size, base.size, big, kinds[base.kind], scale, offset, column + k))
    if plan:
        rows = slice(fit.first[d], fit.first[d + 1])
        field_kernels.read_fields(fit.data, fit.at[rows], fit.rank[rows], np.array(plan, np.float64), out)


def _blank_bytes(layouts: list[NamedLayouts], columns: Columns) -> None:
    """Bytes are one value together: it is missing only if all of them are 255."""
    names = {name for named in layouts for name, layout, _ in named if layout.base_type.kind == "bytes"}
    for name in names & columns.keys():
        block = columns[name].reshape(len(columns[name]), -1)
        block[((block == 255) | np.isnan(block)).all(axis=1)] = np.nan


def _read_texts(
    fit: FitFile, parts: list[int], layouts: list[NamedLayouts], texts: dict[str, int], rows: int
) -> Columns:
    """Strings are UTF-8 up to the trailing zeros; several in one field keep the zeros between them."""
    columns: Columns = {}
    for name in texts:
        values = [""] * rows
        for d, named in zip(parts, layouts, strict=True):
            part = slice(fit.first[d], fit.first[d + 1])
            for _, layout, _ in (entry for entry in named if entry[0] == name and entry[1].base_type.kind == "string"):
                for at, row in zip(fit.at[part].tolist(), fit.rank[part].tolist(), strict=True):
                    begin = at + 1 + layout.at
                    raw = fit.data[begin : begin + layout.count].tobytes()
                    values[row] = raw.rstrip(b"\0").decode("utf-8", "replace")
        columns[name] = np.array(values, np.str_)
    return columns


def _add_compressed_times(fit: FitFile, parts: list[int], columns: Columns, rows: int) -> None:
    if fit.compressed_s is None:
        fit.compressed_s = _compressed_times(fit)
    column = np.full(rows, np.nan)
    for d in parts:
        part = slice(fit.first[d], fit.first[d + 1])
        column[fit.rank[part]] = fit.compressed_s[part]
    sent = columns.get("timestamp")
    if sent is not None and sent.ndim == 1 and sent.dtype.kind == "f":
        column = np.where(np.isnan(sent), column, sent)
    if not np.isnan(column).all():
        columns["timestamp"] = column


def _compressed_times(fit: FitFile) -> NDArray[np.float64]:
    """FIT seconds of every message of a file that has its time in the header, else NaN; in the order of `at`."""
    from momentum.activity_files.fit import running_kernels

    definitions = len(fit.defined_at)
    time_at = np.full(definitions, -1, np.int64)
    time_big = np.zeros(definitions, np.bool_)
    for d in range(definitions):
        read = read_definition(fit, d)
        for layout in read.fields:
            if layout.number == profile.TIMESTAMP and layout.base_type.name == "uint32":
                time_at[d], time_big[d] = layout.at, read.big
    order = np.argsort(fit.at, kind="stable")
    in_order = np.repeat(np.arange(definitions), np.diff(fit.first))[order]
    times = np.full(fit.at.size, np.nan)
    running_kernels.compressed_times(fit.data, fit.at[order], time_at[in_order], time_big[in_order], times)
    grouped = np.empty_like(times)
    grouped[order] = times
    return grouped
