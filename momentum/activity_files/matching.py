"""Which files of one athlete are one activity.

Groups are a pure function of the set of candidates and decisions: the order in which files came, and
files that have nothing to do with each other, change nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.alike import (
    CLOCK_LIMIT_MS,
    LEG_SHARE,
    Candidate,
    Key,
    Pairs,
    Table,
    agreeing_pairs,
    judge,
    table_of,
)
from momentum.activity_files.richest import richest, why_chosen, why_same

__all__ = [
    "Candidate", "Decision", "Group", "Key", "activity_id", "group_candidates", "overlap_components", "version_of",
]  # fmt: skip

# Two recordings inside one event that share less than this are different legs of it.
DISJOINT_SHARE = 0.2


@dataclass(frozen=True)
class Decision:
    """A person's word on two files: one activity ("merge") or not ("split")."""

    kind: Literal["merge", "split"]
    a: Key
    b: Key
    at_ms: int


@dataclass(frozen=True)
class Group:
    """One activity: its files, the one it is read from, and a sentence on each."""

    members: tuple[Key, ...]  # sorted; the first is the founding file
    chosen: Key
    reasons: dict[Key, str]


def activity_id(athlete_id: str, sha256: str, part: int, leg: int = 0) -> str:
    """20 hex digits from the athlete and the founding file; `leg` from 1 for legs of an event."""
    return hashlib.sha256(f"{athlete_id}\0{sha256}\0{part}\0{leg}".encode()).hexdigest()[:20]


def version_of(members: Iterable[Key], decoder_version: int) -> str:
    """16 hex digits from an activity's files and the decoder that read them."""
    text = "\0".join(f"{sha256}:{part}" for sha256, part in sorted(members))
    return hashlib.sha256(f"{decoder_version}\0{text}".encode()).hexdigest()[:16]


def overlap_components(started_ms: NDArray, ended_ms: NDArray) -> NDArray:
    """Number of the stretch of time that each activity lies in, by order of time.

    No group spans two stretches unless a merge decision joins them: between stretches nothing overlaps
    and no clock can be wrong by so much. So a caller may group the stretches that new files touch.
    """
    order = np.argsort(started_ms, kind="stable")
    start = np.asarray(started_ms)[order]
    reach = np.maximum(np.asarray(ended_ms)[order], start + CLOCK_LIMIT_MS)
    stretch = np.zeros(len(start), dtype=np.int64)
    if len(start):
        stretch[1:] = np.cumsum(start[1:] > np.maximum.accumulate(reach)[:-1])
    component = np.empty_like(stretch)
    component[order] = stretch
    return component


def group_candidates(candidates: Iterable[Candidate], decisions: Iterable[Decision] = ()) -> list[Group]:
    """Groups of one athlete's candidates, sorted by founding file.

    Best pairs first; two groups become one only if every file of one may stand beside every file of
    the other, so that no chain of likenesses joins what is not alike. Decisions are taken newest first:
    a merge joins whole groups, unless a newer split stands between two of their files; a split keeps two
    files apart, unless newer merges have joined them, directly or through others. Decisions on files
    that are not here are left out. Raises ValueError if two candidates of one key differ.
    """
    rows = sorted(set(candidates), key=lambda one: (one.started_at_ms, one.key))
    row_of = {one.key: row for row, one in enumerate(rows)}
    if len(row_of) != len(rows):
        raise ValueError("two candidates of the same file and part differ")
    joined, apart = _decided(decisions, row_of)
    table = table_of(rows)
    alike = _grow(table, agreeing_pairs(table), _by_key(rows), joined, apart)
    groups = [_group([rows[row] for row in members], alike, row_of) for members in _members(joined)]
    return sorted(groups, key=lambda group: group.members)


class _Sets:
    """Disjoint sets of rows 0..n-1, whose members can be listed."""

    def __init__(self, n: int) -> None:
        self.root = list(range(n))
        self.members: dict[int, list[int]] = {}

    def of(self, row: int) -> list[int]:
        return self.members.get(self.root[row], [row])

    def join(self, a: int, b: int) -> None:
        first, second = self.root[a], self.root[b]
        if first == second:
            return
        mine, theirs = self.of(a), self.of(b)
        if len(mine) < len(theirs):
            first, second, mine, theirs = second, first, theirs, mine
        for row in theirs:
            self.root[row] = first
        self.members[first] = mine + theirs
        self.members.pop(second, None)


def _decided(decisions: Iterable[Decision], row_of: dict[Key, int]) -> tuple[_Sets, dict[int, set[int]]]:
    """What decisions join, and for each row the rows that it is kept apart from."""
    joined, apart = _Sets(len(row_of)), defaultdict[int, set[int]](set)
    newest: dict[tuple[Key, Key], Decision] = {}
    # At one moment a split comes first: what is wrongly apart is seen, what is wrongly merged is not.
    by_age = sorted(decisions, key=lambda one: (-one.at_ms, one.kind == "merge", min(one.a, one.b), max(one.a, one.b)))
    for decision in by_age:
        newest.setdefault((min(decision.a, decision.b), max(decision.a, decision.b)), decision)
    for (first, second), decision in newest.items():
        if first not in row_of or second not in row_of or first == second:
            continue
        a, b = row_of[first], row_of[second]
        if decision.kind == "merge":
            if not _kept_apart(joined, apart, a, b):
                joined.join(a, b)
        elif joined.root[a] != joined.root[b]:
            apart[a].add(b)
            apart[b].add(a)
    return joined, apart


def _kept_apart(joined: _Sets, apart: dict[int, set[int]], a: int, b: int) -> bool:
    if not apart:
        return False
    others = set(joined.of(b))
    return any(row in apart and not apart[row].isdisjoint(others) for row in joined.of(a))


def _by_key(rows: Sequence[Candidate]) -> NDArray:
    rank = np.empty(len(rows), dtype=np.int64)
    rank[sorted(range(len(rows)), key=lambda row: rows[row].key)] = np.arange(len(rows))
    return rank


@dataclass
class _Alike:
    """Groups by likeness alone, and the clock correction of each row within its group, in ms."""

    sets: _Sets
    clock: list[int]


def _grow(table: Table, pairs: Pairs, rank: NDArray, joined: _Sets, apart: dict[int, set[int]]) -> _Alike:
    """Join groups along linked pairs, best first; `joined` follows, holding what decisions joined too."""
    n = len(table.start)
    alike = _Alike(_Sets(n), [0] * n)
    beside = set((pairs.i * n + pairs.j)[pairs.clock == 0].tolist())
    inside = defaultdict[int, set[int]](set)
    for i, j in zip(pairs.i[pairs.leg].tolist(), pairs.j[pairs.leg].tolist(), strict=True):
        event, leg = (i, j) if table.event[i] else (j, i)
        inside[event].add(leg)
    low, high = np.minimum(rank[pairs.i], rank[pairs.j]), np.maximum(rank[pairs.i], rank[pairs.j])
    order = np.lexsort((high, low, -pairs.score))
    order = order[pairs.linked[order]]
    sets, clock = alike.sets, alike.clock
    for i, j, wrong in zip(*(column[order].tolist() for column in (pairs.i, pairs.j, pairs.clock)), strict=True):
        if sets.root[i] == sets.root[j]:
            continue
        shift = clock[i] + wrong - clock[j]
        if _stand_together(table, alike, i, j, shift, beside, inside) and not _kept_apart(joined, apart, i, j):
            for row in sets.of(j):
                clock[row] += shift
            sets.join(i, j)
            joined.join(i, j)
    return alike


def _stand_together(
    table: Table, alike: _Alike, i: int, j: int, shift: int, beside: set[int], inside: dict[int, set[int]]
) -> bool:
    """Whether every row of i's group may stand beside every row of j's, moved by `shift` ms."""
    mine, theirs = alike.sets.of(i), alike.sets.of(j)
    n, clock = len(table.start), alike.clock
    around = [inside[event] for event in (*mine, *theirs) if event in inside]
    moved: list[tuple[int, int, int]] = []
    for a in mine:
        for b in theirs:
            wrong = clock[b] + shift - clock[a]
            if wrong == 0 and (a * n + b if a < b else b * n + a) in beside:
                continue
            if any(a in legs and b in legs for legs in around) and _nested_or_disjoint(table, a, b):
                continue
            if wrong == 0 or not (table.xml[a] or table.xml[b]):
                return False
            moved.append((a, b, wrong))
    return not moved or _all_agree(table, moved)


def _all_agree(table: Table, moved: list[tuple[int, int, int]]) -> bool:
    a, b, wrong = np.array(moved, dtype=np.int64).T
    return len(judge(table, a, b, wrong)[0]) == len(moved)


def _nested_or_disjoint(table: Table, a: int, b: int) -> bool:
    overlap = min(table.end[a], table.end[b]) - max(table.start[a], table.start[b])
    share = overlap / min(table.end[a] - table.start[a], table.end[b] - table.start[b])
    return bool(share < DISJOINT_SHARE or share >= LEG_SHARE)


def _members(sets: _Sets) -> list[list[int]]:
    return [sets.of(row) for row in sorted(set(sets.root))]


def _group(members: list[Candidate], alike: _Alike, row_of: dict[Key, int]) -> Group:
    chosen = richest(members) if len(members) > 1 else members[0]
    base = row_of[chosen.key]
    reasons = {}
    for one in sorted(members, key=lambda one: one.key):
        row = row_of[one.key]
        if one is chosen:
            reasons[one.key] = why_chosen(one, len(members))
        elif alike.sets.root[row] != alike.sets.root[base]:
            reasons[one.key] = "merged by hand"
        else:
            reasons[one.key] = why_same(one, chosen, alike.clock[row] - alike.clock[base])
    return Group(tuple(reasons), chosen.key, reasons)
