"""Groups depend on what there is, never on the order in which it came, nor on what has nothing to do with it."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made_activities import DAY_MS, INDOORS, NOWHERE, candidate

from momentum.activity_files.matching import Candidate, Decision, Group, Key, group_candidates, overlap_components

# Values close enough together that many pairs agree, some only just, and chains of likenesses arise.
one_file = st.builds(
    candidate,
    sha256=st.integers(0, 40).map(lambda number: f"{number * 7919 % 41:02x}"),
    part=st.integers(0, 1),
    start=st.sampled_from([0, 0.02, 1, 4, 9, 14, 20, 33, 60, 61, 120, 180.05, 345, 600, 1440]),
    minutes=st.sampled_from([0, 20, 45, 55, 60, 61, 70, 75, 150]),
    distance_m=st.sampled_from([None, 2_000.0, 18_000.0, 28_400.0, 28_800.0, 51_000.0]),
    sport=st.sampled_from(["cycling", "running", "walking", "strength", "cardio", "other", "multisport"]),
    legs=st.sampled_from([0, 0, 0, 3]),
    format=st.sampled_from(["fit", "tcx", "gpx", "manual"]),
    device_serial=st.sampled_from(["", "", "1111111", "2222222"]),
    source=st.sampled_from(["file", "strava"]),
    start_lat=st.sampled_from([45.75, 45.75, 45.8, 43.3]),
)
files = st.lists(
    one_file | one_file.map(lambda one: replace(one, **NOWHERE)) | one_file.map(lambda one: replace(one, **INDOORS)),
    min_size=2,
    max_size=14,
    unique_by=lambda one: one.key,
)


@st.composite
def files_and_decisions(draw: st.DrawFn) -> tuple[list[Candidate], list[Decision]]:
    candidates = draw(files)
    keys = st.sampled_from([one.key for one in candidates])
    decision = st.builds(
        Decision, kind=st.sampled_from(["merge", "split"]), a=keys, b=keys, at_ms=st.integers(0, 6)
    ).filter(lambda one: one.a != one.b)
    return candidates, draw(st.lists(decision, max_size=6))


def of_file(groups: list[Group]) -> dict[Key, tuple[Key, ...]]:
    return {key: group.members for group in groups for key in group.members}


@settings(max_examples=400, deadline=None)
@given(files_and_decisions(), st.randoms(use_true_random=False))
def test_no_order_of_files_or_decisions_changes_anything(
    given_: tuple[list[Candidate], list[Decision]], random_: random.Random
) -> None:
    candidates, decisions = given_
    groups = group_candidates(candidates, decisions)
    assert sorted(key for group in groups for key in group.members) == sorted(one.key for one in candidates)
    for group in groups:
        assert list(group.members) == sorted(group.members)
        assert group.chosen in group.members
        assert set(group.reasons) == set(group.members)
        assert all(group.reasons.values())
    for _ in range(3):
        random_.shuffle(candidates)
        random_.shuffle(decisions)
        assert group_candidates(candidates, decisions) == groups


@settings(max_examples=300, deadline=None)
@given(files_and_decisions())
def test_decisions_are_kept_newest_first(given_: tuple[list[Candidate], list[Decision]]) -> None:
    candidates, decisions = given_
    # at distinct times, so that newest is one
    decisions = [replace(decision, at_ms=at) for at, decision in enumerate(decisions)]
    group_of = of_file(group_candidates(candidates, decisions))
    joined: list[set[Key]] = [{one.key} for one in candidates]
    apart: list[tuple[Key, Key]] = []
    for decision in reversed(decisions):
        mine = next(keys for keys in joined if decision.a in keys)
        theirs = next(keys for keys in joined if decision.b in keys)
        if decision.kind == "split":
            if mine is not theirs:
                assert group_of[decision.a] != group_of[decision.b], "a split that no newer merge overrules"
                apart.append((decision.a, decision.b))
        elif mine is not theirs and not any({a, b} <= mine | theirs for a, b in apart):
            joined.remove(theirs)
            mine |= theirs
            assert group_of[decision.a] == group_of[decision.b], "a merge that no newer split overrules"


@settings(max_examples=300, deadline=None)
@given(files_and_decisions(), files)
def test_files_of_another_week_change_nothing(
    given_: tuple[list[Candidate], list[Decision]], others: list[Candidate]
) -> None:
    candidates, decisions = given_
    elsewhere = [
        replace(
            one,
            sha256="f" + one.sha256,
            started_at_ms=one.started_at_ms + 9 * DAY_MS,
            ended_at_ms=one.ended_at_ms + 9 * DAY_MS,
        )
        for one in others
    ]
    alone = group_candidates(candidates, decisions)
    together = group_candidates(candidates + elsewhere, decisions)
    assert [group for group in together if not group.members[0][0].startswith("f")] == alone


@settings(max_examples=300, deadline=None)
@given(files)
def test_stretches_of_time_can_be_grouped_alone(candidates: list[Candidate]) -> None:
    component = overlap_components(
        np.array([one.started_at_ms for one in candidates]), np.array([one.ended_at_ms for one in candidates])
    )
    alone = [
        group
        for number in sorted(set(component.tolist()))
        for group in group_candidates(one for one, own in zip(candidates, component, strict=True) if own == number)
    ]
    assert sorted(alone, key=lambda group: group.members) == group_candidates(candidates)


def test_stretches_by_hand() -> None:
    hours = np.array([0, 30, 100, 101, 10, 12]) * 3_600_000
    ends = hours + np.array([1, 1, 40, 1, 1, 1]) * 3_600_000
    assert overlap_components(hours, ends).tolist() == [0, 1, 2, 2, 0, 0]
    assert overlap_components(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []


def test_twenty_thousand_files_take_less_than_a_second() -> None:
    rng = np.random.default_rng(3)
    starts = [day * 1440 + hour * 60 + rng.uniform(0, 30) for day in range(3333) for hour in (7, 18)]
    whole = [
        candidate(f"{3 * number + copy:064x}", start=start + copy * 0.02, minutes=40, format=format_)
        for number, start in enumerate(starts)
        for copy, format_ in enumerate(("fit", "gpx", "tcx"))
    ]
    assert len(whole) == 19_998
    assert len(group_candidates(whole)) == len(starts)
    assert min(_seconds(whole) for _ in range(4)) < 1


def test_a_thousand_copies_of_one_activity_are_one_group_in_seconds() -> None:
    copies = [candidate(f"{number:064x}", start=0.01 * (number % 7), part=number % 2) for number in range(1000)]
    assert len(group_candidates(copies)) == 1
    assert _seconds(copies) < 5


def _seconds(candidates: list[Candidate]) -> float:
    began = time.process_time()
    group_candidates(candidates)
    return time.process_time() - began
