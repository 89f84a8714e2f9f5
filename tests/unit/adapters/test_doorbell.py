"""The doorbell tells a sensor what changed, without the store being opened."""

from __future__ import annotations

import threading
import time
from datetime import date
from pathlib import Path

import pytest

from momentum.adapters.doorbell import Doorbell, Rung

EARLY, LATE = date(2020, 2, 1), date(2024, 5, 6)


@pytest.fixture
def bell(tmp_path: Path) -> Doorbell:
    return Doorbell(tmp_path / "home" / "doorbell.json")


def test_a_bell_that_never_rang_says_that_nothing_is_open(bell: Doorbell) -> None:
    assert bell.last() == Rung(0, None, None)


def test_each_ring_leaves_a_greater_number(bell: Doorbell, tmp_path: Path) -> None:
    heard = []
    for _ in range(20):
        bell.ring(LATE)
        heard.append(Doorbell(tmp_path / "home" / "doorbell.json").last().number)
    assert heard == sorted(set(heard))


def test_also_when_the_clock_is_set_back(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    bell.ring(LATE)
    before = bell.last().number
    monkeypatch.setattr(time, "time_ns", lambda: 5)
    bell.ring(LATE)
    assert bell.last().number > before


def test_it_keeps_the_earliest_day_that_is_open(bell: Doorbell) -> None:
    for day in (LATE, EARLY, LATE):
        bell.ring(day)
    assert bell.last().open_from == EARLY


def test_a_run_that_heard_the_last_ring_says_what_is_left(bell: Doorbell) -> None:
    bell.ring(EARLY)
    bell.settle(bell.last().number, LATE, LATE)
    assert (bell.last().open_from, bell.last().dense_to) == (LATE, LATE)
    bell.settle(bell.last().number, None, LATE)
    assert bell.last().open_from is None


def test_a_ring_during_a_run_is_not_settled_away(bell: Doorbell) -> None:
    bell.ring(LATE)
    heard = bell.last().number
    bell.ring(EARLY)
    bell.settle(heard, None, LATE)
    assert (bell.last().open_from, bell.last().dense_to) == (EARLY, LATE)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"number": 1}', "1700000000000"])
def test_a_damaged_bell_counts_as_rung_from_the_start(bell: Doorbell, tmp_path: Path, content: str) -> None:
    bell.ring(LATE)
    (tmp_path / "home" / "doorbell.json").write_text(content)
    assert bell.last().number > 0
    assert bell.last().open_from == date(2000, 1, 1)


def test_the_same_damage_is_one_ring_and_a_run_mends_it(bell: Doorbell, tmp_path: Path) -> None:
    bell.ring(LATE)
    (tmp_path / "home" / "doorbell.json").write_text("{")
    first = bell.last()
    assert first.damaged
    assert bell.last() == first
    bell.settle(first.number, None, LATE)
    assert (bell.last().damaged, bell.last().open_from, bell.last().dense_to) == (False, None, LATE)


def test_no_ring_is_lost_and_none_is_half_read_when_many_ring_at_once(bell: Doorbell, tmp_path: Path) -> None:
    bell.ring(LATE)
    ringers = [threading.Thread(target=lambda: [bell.ring(LATE) for _ in range(25)]) for _ in range(4)]
    for ringer in ringers:
        ringer.start()
    heard = []
    while any(ringer.is_alive() for ringer in ringers):
        heard.append(bell.last())
    assert [one.number for one in heard] == sorted(one.number for one in heard)
    assert {one.open_from for one in heard} <= {LATE}  # a half-written file would have said otherwise
    assert [path.name for path in (tmp_path / "home").iterdir() if path.suffix == ".new"] == []
