"""Fields made of others: subfields, components of some bits, counters widened to running sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile

# A field can be a component of one that is a component itself (speed of compressed_speed_distance).
_DEEPEST = 3


def expand(columns: Columns, message: profile.Message) -> None:
    """Adds the subfields and components of a message's columns to them.

    A component fills the rows in which the device did not send the field itself.
    """
    names = {field.name: field for field in message.fields.values()}
    sources = [names[name] for name in columns if name in names]
    for field in sources:
        if field.subfields:
            sources_of_subfields = _add_subfields(columns, field)
            for sub in sources_of_subfields:
                _add_components(columns, message, sub, 0)
    # Bits packed with others first: what they hold may itself be split further.
    for field in sorted(sources, key=lambda field: -len(field.components)):
        _add_components(columns, message, field, 0)


def _add_subfields(columns: Columns, field: profile.Field) -> list[profile.Field]:
    """Adds the readings of a field that apply, in the rows in which they do; returns those with components."""
    if columns[field.name].dtype.kind != "f":
        return []
    raw = (columns[field.name] + field.offset) * field.scale
    composed = []
    for sub in field.subfields:
        applies = np.zeros(len(raw), np.bool_)
        for name, value in sub.when:
            reference = columns.get(name)
            if reference is not None and reference.ndim == 1 and reference.dtype.kind == "f":
                applies |= reference == value
        if applies.any():
            values = raw / sub.field.scale - sub.field.offset
            columns[sub.field.name] = np.where(applies if raw.ndim == 1 else applies[:, None], values, np.nan)
            if sub.field.components:
                composed.append(sub.field)
    return composed


def _add_components(columns: Columns, message: profile.Message, field: profile.Field, depth: int) -> None:
    values = columns.get(field.name)
    if not field.components or values is None or values.dtype.kind != "f" or depth == _DEEPEST:
        return
    first = field.components[0]
    if len(field.components) == 1 and values.ndim == 1 and (first.scale, first.offset) == (field.scale, field.offset):
        # The field itself under a name with more room (speed, enhanced_speed): nothing to take apart.
        target = message.field(first.target)
        if first.bits == _width(field) and not target.accumulated and _is_number(columns, target):
            sent = columns.get(target.name)
            columns[target.name] = values if sent is None or sent.ndim > 1 else np.where(np.isnan(sent), values, sent)
            return
    raw = values if field.type == "byte" else np.rint((values + field.offset) * field.scale)
    parts: dict[int, list[tuple[NDArray[np.float64], profile.Component]]] = {}
    at = 0
    for component in field.components:
        bits = _bits(raw, field, at, component.bits)
        if bits is None:
            break
        parts.setdefault(component.target, []).append((bits, component))
        at += component.bits
    for number, found in parts.items():
        target = message.field(number)
        if not _is_number(columns, target):
            continue
        _fill(columns, target, found)
        _add_components(columns, message, target, depth + 1)


def _is_number(columns: Columns, field: profile.Field) -> bool:
    """False where a definition says that the field is text, whatever the profile says."""
    return field.name not in columns or columns[field.name].dtype.kind == "f"


def _width(field: profile.Field) -> int:
    """Bits of one value of a field that is made of bits."""
    return 16 if field.type.startswith("uint16") else 32 if field.type.startswith("uint32") else 8


def _bits(raw: NDArray[np.float64], field: profile.Field, at: int, bits: int) -> NDArray[np.float64] | None:
    """`bits` bits from bit `at` on, counted from the lowest bit of the first value; None beyond the end."""
    each = _width(field)
    if raw.ndim == 1:
        raw = raw[:, None]
    if at + bits > each * raw.shape[1]:
        return None
    empty = ~(np.abs(raw) < 2**32)  # missing, or no bits (a damaged definition can make it a float)
    whole = np.where(empty, 0, raw).astype(np.int64)
    first, last = at // each, (at + bits - 1) // each
    joined = np.zeros(len(raw), np.int64)
    for k in range(last, first - 1, -1):
        joined = (joined << each) | whole[:, k]
    out = ((joined >> (at - first * each)) & ((1 << bits) - 1)).astype(np.float64)
    out[empty[:, first : last + 1].any(axis=1)] = np.nan
    return out


def _fill(columns: Columns, target: profile.Field, found: list[tuple[NDArray[np.float64], profile.Component]]) -> None:
    from momentum.activity_files.fit import running_kernels

    component = found[0][1]
    parts = np.column_stack([bits for bits, _ in found])
    sent = columns.get(target.name)
    if target.accumulated:
        known = np.full(parts.shape, np.nan)
        if sent is not None:
            first = sent if sent.ndim == 1 else sent[:, 0]
            counted = np.rint((first + component.offset) * component.scale)
            known[:, 0] = np.where(np.abs(counted) < 2**53, counted, np.nan)
        parts = running_kernels.accumulate(parts.ravel(), known.ravel(), component.bits).reshape(parts.shape)
    values = parts / component.scale - component.offset
    if sent is not None:
        sent = sent.reshape(len(sent), -1)
        width = max(sent.shape[1], values.shape[1])
        padded = [np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=np.nan) for a in (sent, values)]
        values = np.where(np.isnan(padded[0]).all(axis=1)[:, None], padded[1], padded[0])
    columns[target.name] = values[:, 0] if values.shape[1] == 1 else values
