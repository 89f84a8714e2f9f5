"""A raw file is in the archive whole or not at all, under the hash of its content."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from momentum.adapters.archive import Archive

CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw")


def keep(archive: Archive, content: bytes) -> str:
    sha256, size = archive.put(io.BytesIO(content))
    assert size == len(content)
    archive.settle()
    return sha256


def files(archive: Archive) -> list[str]:
    root = archive._root
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_was_put_can_be_opened_at_once_and_ever_after(archive: Archive) -> None:
    assert archive.put(io.BytesIO(CONTENT)) == (SHA256, len(CONTENT))
    with archive.open(SHA256) as file:
        assert file.read() == CONTENT
    archive.settle()
    with archive.open(SHA256) as file:
        assert file.read() == CONTENT
    assert files(archive) == [f"{SHA256[:2]}/{SHA256[2:]}"]


def test_nothing_is_in_its_place_before_it_is_safe(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    safe: set[int] = set()
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        safe.add(os.fstat(descriptor).st_ino)

    def renamed(path: Path, target: Path) -> Path:
        assert path.stat().st_ino in safe
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    contents = [CONTENT + bytes([number]) for number in range(20)]
    names = [archive.put(io.BytesIO(content))[0] for content in contents]
    assert not any(archive.path(name).exists() for name in names)
    archive.settle()
    assert all(archive.verify(name) for name in names)
    assert {archive.path(name).parent.stat().st_ino for name in names} <= safe, "names are safe, too"


def test_the_same_content_again_changes_nothing(archive: Archive) -> None:
    keep(archive, CONTENT)
    before = archive.path(SHA256).stat()
    archive.put(io.BytesIO(CONTENT))
    archive.put(io.BytesIO(CONTENT))
    archive.settle()
    assert archive.path(SHA256).stat() == before
    assert len(files(archive)) == 1


def test_nothing_put_leaves_nothing_behind(archive: Archive) -> None:
    archive.settle()
    assert not archive._root.exists()


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
    archive.settle()
    assert files(archive) == []


def test_kept_files_cannot_be_written_by_mistake(archive: Archive) -> None:
    keep(archive, CONTENT)
    assert archive.path(SHA256).stat().st_mode & 0o222 == 0


def test_verify_finds_rot_and_loss(archive: Archive) -> None:
    keep(archive, CONTENT)
    assert archive.verify(SHA256)
    path = archive.path(SHA256)
    path.chmod(0o644)
    path.write_bytes(CONTENT[:-1] + b"?")
    assert not archive.verify(SHA256)
    path.unlink()
    assert not archive.verify(SHA256)


def test_all_names_every_file_once(archive: Archive) -> None:
    assert list(archive.all()) == []
    put = {keep(archive, bytes([number])) for number in range(20)}
    assert list(archive.all()) == sorted(put)


def test_what_dead_writers_left_is_swept_and_what_is_being_written_is_not(archive: Archive) -> None:
    code = "import io, os, sys; from pathlib import Path; from momentum.adapters.archive import Archive\n"
    code += "Archive(Path(sys.argv[1])).put(io.BytesIO(b'of a writer that dies')); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, archive._root], check=False)
    living = Archive(archive._root)
    sha256, _ = living.put(io.BytesIO(b"of a writer that lives"))
    assert len(files(archive)) == 4, "a file and a lock each"
    long_ago = time.time() - 3600
    for folder in archive._root.glob("incoming-*"):
        os.utime(folder, (long_ago, long_ago))

    keep(archive, CONTENT)  # whoever begins to write sweeps
    living.settle()
    assert files(archive) == sorted([f"{SHA256[:2]}/{SHA256[2:]}", f"{sha256[:2]}/{sha256[2:]}"])


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "\n"])
def test_only_hashes_are_names(archive: Archive, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        archive.open(name)


def test_what_was_never_put_is_not_there(archive: Archive) -> None:
    with pytest.raises(FileNotFoundError):
        archive.open(SHA256)
