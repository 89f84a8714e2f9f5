"""A model's complaint -> words that a person understands, with the nearest known name where one is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from momentum.fleet.schema import WORDS_OF_PATTERNS, Fleet

# What a value must be, by pydantic's name of the error. Braces take the error's context.
_MUST_BE = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "model_type": "must be a block of keys with values",
    "dict_type": "must be a block of keys with values",
    "tuple_type": "must be a list (lines that begin with `-`)",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "too_short": "needs at least {min_length}",
}


def words(error: Mapping[str, Any], *, show_value: bool) -> str:
    """One sentence for one error of pydantic. The value is left out where it may be a secret."""
    kind, context, value = error["type"], error.get("ctx") or {}, error.get("input")
    path = tuple(step for step in error["loc"] if step != "[key]")
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        known = sorted(_model_at(path[:-1]).model_fields)
        return f"is not known here{nearest(str(path[-1]), known)}; known are {', '.join(known)}"
    found = f", found {_shown(value)}" if show_value else ""
    if value is None:
        return f"has no value; it {_must_be(kind, context, path)}, or the key is left out"
    hint = ""
    if kind == "literal_error" and show_value:
        options = [option.strip(" '") for option in context["expected"].replace(" or ", ",").split(",")]
        hint = nearest(str(value), options)
    if kind == "string_type" and isinstance(value, int | float):
        pattern = _pattern_at(path)
        if pattern and not re.match(pattern, str(value)):
            return f"must be {WORDS_OF_PATTERNS[pattern]}{found}"
        hint = "; put it in quotes"
    if kind == "value_error" and show_value:
        hint = _network_meant(value)
    return f"{_must_be(kind, context, path)}{found}{hint}"


def nearest(given: str, known: Iterable[str]) -> str:
    """`; did you mean x?`, or nothing where no known name is near."""
    close = get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _must_be(kind: str, context: Mapping[str, Any], path: tuple[Any, ...]) -> str:
    if kind == "string_pattern_mismatch":
        return f"must be {WORDS_OF_PATTERNS[context['pattern']]}"
    types = _types_at(path)
    if IPv4Network in types and kind in ("value_error", "string_type"):
        return "must be an IPv4 network such as 10.66.0.0/24"
    if IPv4Address in types and kind in ("value_error", "string_type"):
        return "must be an IPv4 address such as 10.66.0.1"
    return _MUST_BE.get(kind, "is not what this key takes").format(**context)


def _shown(value: Any) -> str:
    if isinstance(value, dict | tuple | list):
        return "a block of keys" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        value = f"'{' '.join(value.split())}'"
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return said if len(said) <= 60 else said[:57] + "..."


def _network_meant(value: Any) -> str:
    """10.66.0.1/24 names a host; the network that it lies in is what was meant."""
    try:
        return f"; the network of that address is {IPv4Network(value, strict=False)}" if "/" in str(value) else ""
    except ValueError:
        return ""


def _pattern_at(path: tuple[Any, ...]) -> str | None:
    """The pattern that the text at a path must match, if there is one."""
    field = _field_at(path)
    patterns = (getattr(part, "pattern", None) for part in field.metadata) if field else ()
    return next((str(pattern) for pattern in patterns if pattern), None)


def _types_at(path: tuple[Any, ...]) -> list[Any]:
    """Every type that the value at a path is made of; none inside of labels."""
    field = _field_at(path)
    return _inside(field.annotation) if field else []


def _model_at(path: tuple[Any, ...]) -> type[BaseModel]:
    """The model of the section at a path; the whole fleet's at the empty one."""
    return next(filter(_is_model, _types_at(path)), Fleet)


def _field_at(path: tuple[Any, ...]) -> FieldInfo | None:
    """The field of the last name in a path; places in lists are passed over."""
    model: type[BaseModel] | None = Fleet
    field: FieldInfo | None = None
    for name in (step for step in path if isinstance(step, str)):
        field = model.model_fields.get(name) if model else None
        model = next(filter(_is_model, _inside(field.annotation)), None) if field else None
    return field


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _inside(annotation: Any) -> list[Any]:
    """The annotation and every type that it is made of."""
    return [annotation, *(kind for argument in get_args(annotation) for kind in _inside(argument))]
