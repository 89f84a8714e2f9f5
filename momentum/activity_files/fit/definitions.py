"""What a definition message says: which fields, of which type, at which offset of the content."""

from __future__ import annotations

from dataclasses import dataclass

from momentum.activity_files.fit import profile
from momentum.activity_files.fit.chained import FitFile


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """number: the field's. at: offset in the content. count: values of the base type.

    misfit: the size is no multiple of the type's (COROS writes such), so that it is read as bytes,
    as fitdecode does. developer: the developer_data_index, None for the profile's fields.
    """

    number: int
    at: int
    count: int
    base_type: profile.BaseType
    misfit: bool = False
    developer: int | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    big: bool
    fields: list[FieldLayout]
    # Types of developer fields are in messages of their own: here they are bytes.
    developer_fields: list[FieldLayout]


def read_definition(fit: FitFile, d: int) -> Definition:
    """The d-th distinct definition of a file."""
    start = int(fit.defined_at[d])
    body = fit.data[start : start + int(fit.defined_length[d])].tobytes()
    fields, at = [], 0
    profile_end = 6 + 3 * body[5]
    for i in range(6, profile_end, 3):
        size, base = body[i + 1], profile.base_type(body[i + 2])
        if size % base.size:
            fields.append(FieldLayout(body[i], at, size, profile.BYTE, misfit=True))
        elif size:
            fields.append(FieldLayout(body[i], at, size // base.size, base))
        at += size
    developer = []
    for i in range(profile_end + 1, len(body), 3):
        if body[i + 1]:
            developer.append(FieldLayout(body[i], at, body[i + 1], profile.BYTE, developer=body[i + 2]))
        at += body[i + 1]
    return Definition(body[2] != 0, fields, developer)
