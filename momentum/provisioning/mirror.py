"""The journal in the object store: `journal/<seq>.json`, one object an event, each created once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from momentum.adapters.object_store import ObjectStore, PreconditionFailed, StoreUnreachable
from momentum.errors import MomentumError
from momentum.provisioning.events import from_bytes

_FOLDER = "journal/"
_AT_ONCE = 8


class JournalForked(MomentumError):
    """Two machines wrote different events under one number."""


def key_of(seq: int) -> str:
    return f"{_FOLDER}{seq:09d}.json"


def synchronise(database: sqlite3.Connection, mirror: ObjectStore, path: Path, tell: Callable[[str], None]) -> None:
    """The longer one fills the shorter one. Where they differ the mirror rules: what only this machine wrote had no
    effect yet, or is found again by reading the world. The local events that lose are kept in a file beside it."""
    here: dict[int, bytes] = dict(database.execute("SELECT seq, event FROM events ORDER BY seq"))
    there = {int(key.removeprefix(_FOLDER).removesuffix(".json")) for key in mirror.keys(_FOLDER)}
    if there and there != set(range(1, max(there) + 1)):
        missing = min(set(range(1, max(there) + 1)) - there)
        raise JournalForked(f"Event {missing} of the journal is missing in the object store: restore it from a backup.")
    common = _last_common(here, there, mirror)
    if losing := [seq for seq in here if seq > common and seq in there]:
        aside = path.with_name(f"{path.name}.set-aside-{losing[0]}")
        aside.write_bytes(b"\n".join(here[seq] for seq in here if seq > common))
        database.execute("DELETE FROM events WHERE seq > ?", (common,))
        tell(f"The journal was written by another machine since event {common}: taken; ours is kept in {aside.name}.")
        here = {seq: data for seq, data in here.items() if seq <= common}
    _fetch(database, mirror, sorted(there - set(here)), bool(here), tell)
    for seq in sorted(set(here) - there):
        _give(mirror, seq, here[seq])


def _last_common(here: dict[int, bytes], there: set[int], mirror: ObjectStore) -> int:
    """The chain makes one comparison enough; only a fork is walked back."""
    seq = min(max(here, default=0), max(there, default=0))
    while seq and from_bytes(_take(mirror, seq)).chain != from_bytes(here[seq]).chain:
        seq -= 1
    return seq


def _fetch(
    database: sqlite3.Connection, mirror: ObjectStore, missing: list[int], some: bool, tell: Callable[[str], None]
) -> None:
    if not missing:
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        events = list(pool.map(lambda seq: (seq, _take(mirror, seq)), missing))
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT OR REPLACE INTO events VALUES (?, ?)", events)
    database.execute("COMMIT")
    if some:
        tell(f"The journal in the object store was newer: {len(missing)} events taken over.")
    else:
        tell(f"There was no journal here: {len(missing)} events restored from the object store.")


def _take(mirror: ObjectStore, seq: int) -> bytes:
    found = mirror.get(key_of(seq))
    if found is None:
        raise StoreUnreachable(f"The object store lists event {seq} of the journal and does not give it.")
    return found[0]


def _give(mirror: ObjectStore, seq: int, data: bytes) -> None:
    try:
        mirror.put(key_of(seq), data, if_none_match=True)
    except PreconditionFailed as problem:
        if _take(mirror, seq) != data:
            raise JournalForked(
                f"Event {seq} of the journal appeared in the object store while ours was being sent: another machine "
                "applies now. Run the command again once it is done."
            ) from problem
