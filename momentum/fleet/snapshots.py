"""Snapshots of etcd as K3s keeps them, on its disk and in the object store: which is the newest, and of when.

K3s calls one after its occasion, its node and the second it was taken, with .zip where it is compressed, and goes by
that second itself, else by the time of writing. The same snapshot has one name on the disk and in the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from momentum.fleet.facts import Facts, Snapshot

FOLDER = "etcd"
"""Below that of the backup store; K3s keeps what belongs to a snapshot in .metadata, one folder deeper."""
NEWEST = "newest"
"""Wanted where no name could be told: the newest of all when the step is done."""

_SECOND = re.compile(r"-(\d{10})(?:\.zip)?$")
_UNFINISHED = (".part", ".part.minio")  # etcd's while it is written, the S3 client's while it comes


def snapshot(name: str, written_s: float) -> Snapshot | None:
    """`written_s` is Unix time. None for what is no snapshot, or not a whole one yet."""
    if name.startswith(".") or name.endswith(_UNFINISHED):
        return None
    told = _SECOND.search(name)
    return Snapshot(name, int(told[1]) if told else int(written_s))


def newest(snapshots: Iterable[Snapshot | None]) -> Snapshot | None:
    return max((one for one in snapshots if one is not None), key=lambda one: (one.taken_s, one.name), default=None)


def newest_for(server: str, facts: Facts) -> Snapshot | None:
    """Of the server's own disk and of the object store, as far as they were read."""
    host = facts.hosts.get(server)
    return newest([facts.stored_snapshot, *(host.snapshots if host else ())])


def told(one: Snapshot) -> str:
    return f"{one.name} of {datetime.fromtimestamp(one.taken_s, UTC):%Y-%m-%d %H:%M} UTC"
