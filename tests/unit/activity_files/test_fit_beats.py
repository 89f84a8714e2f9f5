"""When the beats of `hrv` messages fell: laid out along their sum, held to the clock of the records."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import decode_fit
from tests.fit_bytes import HRV, RECORD, START, START_MS, definition, file_id, fit_file, message

SLACK_MS = 5000
DEFINITIONS = definition(1, RECORD, [(253, "I"), (3, "B")]) + definition(3, HRV, [(0, "3H")])
NOTHING = 0xFFFF


def record(second: int) -> bytes:
    return message(1, "IB", START + second, 75)


def hrv(*rr_ms: int) -> bytes:
    return message(3, "3H", *[*rr_ms, NOTHING, NOTHING, NOTHING][:3])


def beats(*parts: bytes) -> Columns:
    (activity,) = decode_fit(fit_file(file_id(), DEFINITIONS, *parts)).activities
    return activity.rr


def seconds(rr: Columns) -> list[float]:
    return ((rr["ts"] - START_MS) / 1000).tolist()


def test_beats_go_on_while_the_timer_is_stopped() -> None:
    riding = b"".join(record(s) + hrv(1000) for s in range(10))
    stopped = hrv(1000) * 100
    again = b"".join(record(s) + hrv(1000) for s in range(110, 120))
    assert seconds(beats(riding, stopped, again)) == list(range(120))


def test_beats_after_the_last_record_go_on() -> None:
    rr = beats(b"".join(record(s) + hrv(500, 500) for s in range(10)), hrv(500, 500) * 60)
    assert np.diff(rr["ts"]).tolist() == [500] * 139


def test_beats_before_the_first_record_lead_up_to_it() -> None:
    rr = beats(hrv(800, 900, 1000), b"".join(record(s) + hrv(1000) for s in range(5)))
    assert seconds(rr) == [-1.9, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_lost_beats_leave_a_gap() -> None:
    out_of_reach = b"".join(record(s) for s in range(10, 40))
    there = [b"".join(record(s) + hrv(1000) for s in span) for span in (range(10), range(40, 50))]
    assert seconds(beats(there[0], out_of_reach, there[1])) == [*range(10), *range(40, 50)]


def test_an_interval_longer_than_the_clock_moves_no_beat_beyond_it() -> None:
    rr = beats(b"".join(record(s) + hrv(45_000 if s == 30 else 1000) for s in range(120)))
    after = np.array(seconds(rr))
    assert (np.diff(after) > 0).all()
    assert (np.abs(after - np.arange(120)) <= SLACK_MS / 1000 + 1).all()


def test_a_clock_that_was_set_back_takes_the_beats_with_it() -> None:
    rr = beats(b"".join(record(s) + hrv(1000) for s in (*range(3600, 3660), *range(60))))
    assert len(rr["ts"]) == 120
    assert seconds(rr) == [*range(60), *range(3600, 3660)]


@st.composite
def hearts(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]]:
    """Intervals in ms; stretches in s in which the timer stood, and in which the strap was out of reach."""
    rr_ms = draw(st.lists(st.integers(250, 2000), min_size=20, max_size=300))
    spans = st.lists(st.tuples(st.integers(1, 200), st.integers(1, 60)), max_size=3)
    stopped, lost = ([(at, at + length) for at, length in draw(spans)] for _ in range(2))
    return rr_ms, stopped, lost


@settings(max_examples=150, deadline=None)
@given(hearts())
def test_beats_are_in_order_and_near_where_they_fell(
    heart: tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    rr_ms, stopped, lost = heart
    fell = np.cumsum(rr_ms)
    sent = [not any(a * 1000 <= at < b * 1000 for a, b in lost) for at in fell.tolist()]
    parts, k = [record(0)], 0
    for second in range(1, int(fell[-1]) // 1000 + 2):
        while k < len(rr_ms) and fell[k] < second * 1000:
            parts += [hrv(rr_ms[k])] if sent[k] else []
            k += 1
        if not any(a <= second < b for a, b in stopped):
            parts.append(record(second))
    rr = beats(*parts)
    if not rr:
        assert not any(sent)
        return
    assert rr["rr_ms"].tolist() == [one for one, is_sent in zip(rr_ms, sent, strict=True) if is_sent]
    step = np.diff(rr["ts"])
    assert (step > 0).all()
    # Between what was sent without a loss the clock and the sum of intervals are one.
    whole = np.flatnonzero(sent)
    if len(whole) == len(rr_ms):
        assert (step == rr["rr_ms"][1:]).all()
    # No beat is further off than the slack on top of the time that nothing but its own sum could tell.
    untold = SLACK_MS + 2000 + 1000 * sum(b - a for a, b in stopped)
    assert (np.abs(rr["ts"] - START_MS - fell[whole]) <= untold).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(1, 65_534), max_size=3)), min_size=1, max_size=200))
def test_any_intervals_stay_in_order_and_never_run_away_from_the_records(
    steps: list[tuple[int, list[int]]],
) -> None:
    parts, second = [record(0)], 0
    for step, rr_ms in steps:
        second += step
        parts += [hrv(*rr_ms), record(second)]
    rr = beats(*parts)
    if rr:
        assert (np.diff(rr["ts"]) > 0).all()
        assert rr["ts"][-1] <= START_MS + second * 1000 + SLACK_MS + len(rr["ts"])
