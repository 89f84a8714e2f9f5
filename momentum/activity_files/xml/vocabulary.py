"""The names that a format has, as tables for the scan: what a point's leaves mean, what stands around points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from momentum.activity_files.decoded import CHANNELS

# Columns of a scan: the time, then the channels. Position is at the fixed places the kernels know.
COLUMNS = ("ts", *CHANNELS)


class Leaf(NamedTuple):
    """What an element inside a point says: the channel, and the element it must be directly in ("" any)."""

    channel: str
    parent: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """A format's names, capitals folded, without namespace prefixes."""

    point: str
    by_attributes: bool  # lat and lon are attributes of the point
    leaves: tuple[tuple[str, Leaf], ...]
    parts: tuple[str, ...]  # elements outside points that are reported

    @property
    def names(self) -> list[str]:
        """Names in the order of their numbers; number 0 is every other name."""
        parents = [leaf.parent for _, leaf in self.leaves if leaf.parent]
        return ["", *dict.fromkeys([self.point, *(name for name, _ in self.leaves), *parents, *self.parts])]


class Tables(NamedTuple):
    """What `kernels.scan` takes of a vocabulary."""

    slots: NDArray[np.int64]
    offsets: NDArray[np.int64]
    letters: NDArray[np.uint8]
    columns: NDArray[np.int64]
    parents: NDArray[np.int64]
    point: int
    by_attributes: bool


@cache
def tables(vocabulary: Vocabulary) -> Tables:
    """Hash table of the names by open addressing, and per name its column and required parent."""
    from momentum.activity_files.xml import kernels

    names = vocabulary.names
    number = {name: code for code, name in enumerate(names)}
    letters = np.frombuffer("".join(names).encode("ascii"), np.uint8)
    offsets = np.concatenate(([0], np.cumsum([len(name) for name in names]))).astype(np.int64)
    slots = np.zeros(256, np.int64)
    columns = np.full(len(names), -1, np.int64)
    parents = np.zeros(len(names), np.int64)
    for code in range(1, len(names)):
        slot = kernels.name_slot(letters, offsets[code], offsets[code + 1], len(slots))
        while slots[slot] > 0:
            slot = (slot + 1) % len(slots)
        slots[slot] = code
    for name, leaf in vocabulary.leaves:
        columns[number[name]] = COLUMNS.index(leaf.channel)
        parents[number[name]] = number[leaf.parent]
    return Tables(slots, offsets, letters, columns, parents, number[vocabulary.point], vocabulary.by_attributes)
