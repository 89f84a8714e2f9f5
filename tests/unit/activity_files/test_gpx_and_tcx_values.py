"""Numbers and times that the compiled readers take are exactly what Python's own readers make of them."""

from __future__ import annotations

import math
import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xml_reference import NUMBER, time_ms

from momentum.activity_files.xml import text, value_kernels

DECIMALS = st.from_regex(r"[+-]?([0-9]{1,22}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][+-]?[0-9]{1,3})?", fullmatch=True)


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@settings(max_examples=400, deadline=None)
@given(DECIMALS | st.floats(allow_nan=False).map(repr) | st.text("0123456789.eE+-_ ,xinfa", max_size=8))
@example("9007199254740992")
@example("9007199254740993")
@example("0.1e23")
@example("-0")
@example("1e23")
@example("8.5e-23")
@example("00000000000000000000000000012.5")
@example("0.00000000000000000000000125")
def test_numbers_are_rounded_as_python_rounds_them(written: str) -> None:
    data = np.frombuffer(f"<{written}<".encode(), np.uint8)
    state, value = value_kernels.number(data, 1, len(data) - 1)
    plain = written.strip(text.BLANKS)
    if state == value_kernels.READ:
        assert bits(value) == bits(float(plain))
        assert NUMBER.fullmatch(plain)
    elif state == value_kernels.LONG:
        assert NUMBER.fullmatch(plain)
    elif state == value_kernels.EMPTY_TEXT:
        assert plain == ""
    else:
        assert not NUMBER.fullmatch(plain) or not math.isfinite(float(plain))
    expected = float(plain) if NUMBER.fullmatch(plain) else None
    found = text.number(written)
    assert (found is None) == (expected is None)
    assert found is None or bits(found) == bits(expected)


TIMES = st.builds(
    "{}{}{}{}{}".format,
    st.dates().map(str) | st.sampled_from(["2024-02-30", "0000-01-01", "2100-02-29", "2000-02-29", "1900-02-29"]),
    st.sampled_from("Tt ") | st.just("_"),
    st.times().map(lambda moment: f"{moment:%H:%M:%S}")
    | st.sampled_from(["24:00:00", "23:59:60", "24:00:01", "12:60:00"]),
    st.sampled_from(["", ".5", ",25", ".9996", ".9994999", ".123456789", "."]),
    st.sampled_from(["", "Z", "z", "+02:00", "-0930", "+14", "+24:00", "-00:60", "+1:00", " Z", "Q"]),
)


@settings(max_examples=400, deadline=None)
@given(TIMES | st.text("0123456789-T:Z. +", max_size=30))
def test_times_are_those_of_the_calendar(written: str) -> None:
    assert text.time_ms(written) == time_ms(written)
