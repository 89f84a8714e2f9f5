"""Developer fields: what they are called and mean, and their values in long form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile
from momentum.activity_files.fit.columns import message_offsets, read_message
from momentum.activity_files.fit.samples import RECORD
from momentum.activity_files.fit.values import first_value

FIELD_DESCRIPTION = 206
# The profile gives a name 64 bytes and a unit 16; a hostile file may not multiply more than that.
_NAME_LENGTH, _UNIT_LENGTH = 64, 16


@dataclass(frozen=True, slots=True)
class DeveloperField:
    """native: message and field of the profile that the value stands for, where it says so."""

    column: str
    name: str
    unit: str
    scale: float
    offset: float
    native: tuple[int, int] | None


Types = dict[tuple[int, int], list[tuple[int, profile.BaseType]]]


def describe(fit: FitFile) -> tuple[Types, list[DeveloperField]]:
    """Types of developer fields for `read_message`, and the fields (the last description of each counts).

    developer_data_id is not needed for either, so a file without it, or without an application id
    in it, loses nothing.
    """
    columns = read_message(fit, FIELD_DESCRIPTION)
    types: Types = {}
    fields: dict[str, DeveloperField] = {}
    for k, offset in enumerate(message_offsets(fit, FIELD_DESCRIPTION).tolist()):
        index, number = _number(columns, "developer_data_index", k), _number(columns, "field_definition_number", k)
        base = _number(columns, "fit_base_type_id", k)
        if index is None or number is None:
            continue
        types.setdefault((index, number), []).append(
            (offset, profile.BYTE if base is None else profile.base_type(base))
        )
        message, field = _number(columns, "native_mesg_num", k), _number(columns, "native_field_num", k)
        column = f"dev_{index}_{number}"
        fields[column] = DeveloperField(
            column,
            _text(columns, "field_name", k)[:_NAME_LENGTH] or f"developer field {index}.{number}",
            _text(columns, "units", k)[:_UNIT_LENGTH],
            float(_number(columns, "scale", k) or 1),
            float(_number(columns, "offset", k) or 0),
            None if field is None else (20 if message is None else message, field),
        )
    return types, list(fields.values())


def _number(columns: Columns, name: str, k: int) -> int | None:
    values = columns.get(name)
    if values is None or values.dtype.kind != "f":
        return None
    value = float(values[k] if values.ndim == 1 else values[k, 0])
    return None if np.isnan(value) else int(value)


def _text(columns: Columns, name: str, k: int) -> str:
    values = columns.get(name)
    return str(values[k]).split("\0")[0].strip() if values is not None and values.dtype.kind == "U" else ""


@dataclass(frozen=True, slots=True)
class Values:
    """All values of one field: times in FIT seconds, values with scale and offset applied."""

    name: str
    unit: str
    at_s: NDArray[np.float64]
    values: NDArray[np.float64]


def long_form(
    columns: Columns, fields: list[DeveloperField], at_s: NDArray[np.float64], prefix: str = ""
) -> list[Values]:
    """Every numeric developer field of a message kind that has values.

    at_s: FIT seconds per row. Elements of an array are fields NAME[0], NAME[1] ...
    """
    found = []
    for field in fields:
        values = columns.get(field.column)
        if values is None or values.dtype.kind != "f":
            continue
        block = values.reshape(len(values), -1)
        for k in range(block.shape[1]):
            sent = ~np.isnan(block[:, k]) & ~np.isnan(at_s)
            if sent.any():
                name = prefix + field.name + (f"[{k}]" if block.shape[1] > 1 else "")
                found.append(Values(name, field.unit, at_s[sent], block[sent, k] / field.scale - field.offset))
    return found


# Channels that a developer field may stand for (number of the record's field), and the units, folded
# to lower case, that we know to convert.
_NATIVE = {
    3: ("heart_rate_bpm", {"bpm": 1.0}),
    4: ("cadence_rpm", {"rpm": 1.0}),
    5: ("distance_m", {"m": 1.0, "meters": 1.0}),
    6: ("speed_mps", {"m/s": 1.0, "km/h": 1 / 3.6}),
    7: ("power_w", {"w": 1.0, "watt": 1.0, "watts": 1.0}),
}


def fill_channels(channels: Columns, records: Columns, fields: list[DeveloperField]) -> None:
    """Gives an activity the channels that only a developer field carries (a foot pod's power)."""
    for field in fields:
        message, number = field.native or (0, 0)
        if message != RECORD or number not in _NATIVE or field.column not in records:
            continue
        channel, units = _NATIVE[number]
        factor = units.get(field.unit.lower())
        values = first_value(records, field.column, len(records[field.column]))
        if channel not in channels and factor and not np.isnan(values).all():
            channels[channel] = (values / field.scale - field.offset) * factor


_EXERTION = ("rpe", "sessionrpe", "workoutrpe", "perceivedexertion", "ratingofperceivedexertion")


def exertion(session: Columns, fields: list[DeveloperField], row: int) -> float | None:
    """CR-10 that an app asked for and wrote into the session; it may be stored times 10."""
    for field in fields:
        folded = "".join(letter for letter in field.name.lower() if letter.isalpha())
        if folded in _EXERTION and field.column in session and row >= 0:
            told = float(first_value(session, field.column, row + 1)[row]) / field.scale - field.offset
            value = told / 10 if told > 10 else told
            if 0 <= value <= 10:
                return value
    return None
