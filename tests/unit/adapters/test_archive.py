"""A raw file is in the archive whole or not at all, under the hash of its content."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from momentum.adapters.archive import Archive

CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw")


def files(archive: Archive) -> list[str]:
    root = archive._root
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_was_put_can_be_opened_again(archive: Archive) -> None:
    assert archive.put(io.BytesIO(CONTENT)) == (SHA256, len(CONTENT))
    with archive.open(SHA256) as file:
        assert file.read() == CONTENT
    assert files(archive) == [f"{SHA256[:2]}/{SHA256[2:]}"]


def test_the_same_content_again_changes_nothing(archive: Archive) -> None:
    archive.put(io.BytesIO(CONTENT))
    before = archive.path(SHA256).stat()
    assert archive.put(io.BytesIO(CONTENT)) == (SHA256, len(CONTENT))
    assert archive.path(SHA256).stat() == before
    assert len(files(archive)) == 1


def test_it_takes_what_is_left_of_a_stream(archive: Archive) -> None:
    stream = io.BytesIO(b"head" + CONTENT)
    stream.seek(4)
    assert archive.put(stream)[0] == SHA256


def test_an_empty_file_is_a_file(archive: Archive) -> None:
    assert archive.put(io.BytesIO(b"")) == (hashlib.sha256(b"").hexdigest(), 0)


def test_a_stream_that_breaks_leaves_nothing(archive: Archive) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("the disk went away")
            return super().read(1000)

    with pytest.raises(OSError, match="went away"):
        archive.put(Broken(CONTENT))
    assert files(archive) == []


def test_kept_files_cannot_be_written_by_mistake(archive: Archive) -> None:
    archive.put(io.BytesIO(CONTENT))
    assert archive.path(SHA256).stat().st_mode & 0o222 == 0


def test_verify_finds_rot_and_loss(archive: Archive) -> None:
    archive.put(io.BytesIO(CONTENT))
    assert archive.verify(SHA256)
    path = archive.path(SHA256)
    path.chmod(0o644)
    path.write_bytes(CONTENT[:-1] + b"?")
    assert not archive.verify(SHA256)
    path.unlink()
    assert not archive.verify(SHA256)


def test_all_names_every_file_once(archive: Archive) -> None:
    assert list(archive.all()) == []
    put = {archive.put(io.BytesIO(bytes([number])))[0] for number in range(20)}
    assert list(archive.all()) == sorted(put)


def test_what_dead_writers_left_is_swept_and_what_is_being_written_is_not(archive: Archive) -> None:
    archive.put(io.BytesIO(CONTENT))
    dead = archive._root / "incoming-dead"
    dead.write_bytes(b"half a")
    long_ago = time.time() - 3600
    os.utime(dead, (long_ago, long_ago))

    swept = []

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            for path in archive._root.glob("incoming-*"):
                if path != dead:
                    os.utime(path, (long_ago, long_ago))
            swept.append(archive.sweep())
            return super().read(size)

    sha256, _ = archive.put(Slow(b"being written"))
    assert swept == [1, 0]
    assert files(archive) == sorted([f"{SHA256[:2]}/{SHA256[2:]}", f"{sha256[:2]}/{sha256[2:]}"])


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "\n"])
def test_only_hashes_are_names(archive: Archive, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        archive.open(name)


def test_what_was_never_put_is_not_there(archive: Archive) -> None:
    with pytest.raises(FileNotFoundError):
        archive.open(SHA256)
