"""Rendered files beside those that lie on a host."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from momentum.fleet.facts import Host
from momentum.fleet.render.files import RenderedFile


def sha256_of(file: RenderedFile) -> str:
    return hashlib.sha256(file.content.encode()).hexdigest()


def differing(host: Host | None, files: Iterable[RenderedFile]) -> list[tuple[RenderedFile, str]]:
    """Files that are not there as rendered, each with what is found instead. All of them where there is no host yet."""
    found = []
    for file in files:
        there = host.files.get(file.path) if host else None
        # as a look at a host tells it: the group only where it is not the user's own
        owner = file.owner if file.group == file.owner else f"{file.owner}:{file.group}"
        if there is None:
            found.append((file, "missing"))
        elif there.sha256 != sha256_of(file):
            found.append((file, "another content"))
        elif (there.owner, there.mode) != (owner, file.mode):
            found.append((file, f"{there.owner} {there.mode:04o}"))
    return found
