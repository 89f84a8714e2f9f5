"""FIT's global profile: what messages, fields and values are called, scaled and made of.

Taken from the official SDK's package, garmin-fit-sdk 21.218 (`garmin_fit_sdk.profile.Profile`),
which is imported when the first name is asked for; only messages that are asked for are turned
into lookups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TIMESTAMP = 253


@dataclass(frozen=True, slots=True)
class BaseType:
    """size in bytes; kind as in `kernels`, or "string"."""

    name: str
    size: int
    kind: str


# FIT protocol, base types, by the low five bits of their number: the top bit only says that the
# byte order matters, and some writers leave it out.
_BASE_TYPES = {
    0: BaseType("enum", 1, "unsigned"), 1: BaseType("sint8", 1, "signed"), 2: BaseType("uint8", 1, "unsigned"),
    3: BaseType("sint16", 2, "signed"), 4: BaseType("uint16", 2, "unsigned"), 5: BaseType("sint32", 4, "signed"),
    6: BaseType("uint32", 4, "unsigned"), 7: BaseType("string", 1, "string"), 8: BaseType("float32", 4, "float"),
    9: BaseType("float64", 8, "float"), 10: BaseType("uint8z", 1, "zero"), 11: BaseType("uint16z", 2, "zero"),
    12: BaseType("uint32z", 4, "zero"), 13: BaseType("byte", 1, "bytes"), 14: BaseType("sint64", 8, "signed"),
    15: BaseType("uint64", 8, "unsigned"), 16: BaseType("uint64z", 8, "zero"),
}  # fmt: skip
BYTE = _BASE_TYPES[13]


def base_type(number: int) -> BaseType:
    """The base type of a definition's number; `byte` for numbers that FIT does not know."""
    return _BASE_TYPES.get(number & 0x1F, BYTE)


@dataclass(frozen=True, slots=True)
class Component:
    """Some bits of a field that are a field of their own."""

    target: int
    bits: int
    scale: float
    offset: float


@dataclass(frozen=True, slots=True)
class Field:
    number: int
    name: str
    type: str
    scale: float
    offset: float
    accumulated: bool
    components: tuple[Component, ...]
    subfields: tuple[Subfield, ...]


@dataclass(frozen=True, slots=True)
class Subfield:
    """Another reading of a field, where a field named `when[0]` has the raw value `when[1]`."""

    field: Field
    when: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Message:
    number: int
    name: str
    fields: dict[int, Field]

    def field(self, number: int) -> Field:
        """The field, or a nameless one where the profile has none."""
        known = self.fields.get(number)
        return known or Field(number, f"unknown_{number}", "", 1.0, 0.0, False, (), ())


def _field(entry: dict[str, Any], number: int) -> Field:
    scales, offsets = entry["scale"] or [1], entry["offset"] or [0]
    components: tuple[Component, ...] = ()
    if entry["has_components"]:
        parts = zip(entry["components"], entry["bits"], scales, offsets, strict=True)
        components = tuple(
            Component(target, bits, float(scale), float(offset)) for target, bits, scale, offset in parts
        )
    # With several components the lists are theirs, and the field itself is unscaled.
    single = len(scales) == 1
    return Field(
        number,
        entry["name"],
        entry["type"],
        float(scales[0]) if single else 1.0,
        float(offsets[0]) if single else 0.0,
        bool(entry.get("is_accumulated")),
        components,
        tuple(
            Subfield(_field(sub, number), tuple((item["name"], item["raw_value"]) for item in sub["map"]))
            for sub in entry.get("sub_fields", ())
        ),
    )


@lru_cache(maxsize=256)
def message(number: int) -> Message:
    """What the profile knows of a message; unknown ones are called unknown_NUMBER."""
    from garmin_fit_sdk.profile import Profile

    entry = Profile["messages"].get(number)
    if entry is None:
        timestamp = Field(TIMESTAMP, "timestamp", "date_time", 1.0, 0.0, False, (), ())
        return Message(number, f"unknown_{number}", {TIMESTAMP: timestamp})
    return Message(number, entry["name"], {n: _field(field, n) for n, field in entry["fields"].items()})


@lru_cache(maxsize=1024)
def value_name(type_name: str, value: int) -> str:
    """The name of an enumerated value; "" if it has none."""
    from garmin_fit_sdk.profile import Profile

    name = Profile["types"].get(type_name, {}).get(value, "")
    return name if isinstance(name, str) else ""
