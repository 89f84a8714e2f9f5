"""The archive of raw files: kept for good, under the hash of their content."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20
_FRESH_S = 60
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Archive:
    """Files under `root`, each at ab/cdef... by its SHA-256. A file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, stream: BinaryIO) -> tuple[str, int]:
        """Keep what is left of the stream; return its SHA-256 and size. The same content again changes nothing."""
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._root, prefix="incoming-", delete=False) as file:
            incoming = Path(file.name)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # tells sweep that its writer lives
                digest, size = hashlib.sha256(), 0
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                sha256 = digest.hexdigest()
                if not self.path(sha256).exists():
                    file.flush()
                    os.fsync(file.fileno())
                    self._keep(incoming, sha256)
            finally:
                incoming.unlink(missing_ok=True)
        return sha256, size

    def path(self, sha256: str) -> Path:
        """Where a file is, or would be. Raises ValueError for what is no SHA-256 in lower-case hex."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self._root / sha256[:2] / sha256[2:]

    def open(self, sha256: str) -> BinaryIO:
        """Raises FileNotFoundError where it was never put."""
        return self.path(sha256).open("rb")

    def verify(self, sha256: str) -> bool:
        """Whether the file is there and still has the content that its name promises."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def all(self) -> Iterator[str]:
        """SHA-256 of every file, in order."""
        for folder in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                yield folder.name + path.name

    def sweep(self) -> int:
        """Remove what writers that died left behind; return how many. Files being written are left alone."""
        swept = 0
        for path in self._root.glob("incoming-*"):
            try:
                with path.open("rb") as file:
                    # Between its making and its lock a file looks dead; so none is taken that is fresh.
                    if time.time() - os.fstat(file.fileno()).st_mtime < _FRESH_S:
                        continue
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    swept += 1
            except (BlockingIOError, FileNotFoundError):
                continue
        return swept

    def _keep(self, incoming: Path, sha256: str) -> None:
        target = self.path(sha256)
        target.parent.mkdir(exist_ok=True)
        incoming.chmod(0o444)
        incoming.rename(target)
        for folder in (target.parent, self._root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
