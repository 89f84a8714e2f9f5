"""Archives that are broken or made to hurt: one refusal each with its reason, and the walk goes on."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import random
import socket
import struct
import tempfile
import time
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from momentum.activity_files.archives import FoundFile, RefusedFile, limits, walk

FIT = b"\x0e\x10.FIT-like" + bytes(range(256)) * 8
SECRET = b"do not read me"


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # about the same name twice
        for name, content in entries:
            archive.writestr(name, content, compress_type=method)
    return buffer.getvalue()


def with_good(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    return zip_of(*entries, ("zz good.fit", FIT))


def outcome(tmp_path: Path, data: bytes) -> tuple[list[str], list[RefusedFile]]:
    """Names found and refusals of a walk over a zip and a sound file after it, which must always be found."""
    (tmp_path / "attack.zip").write_bytes(data)
    (tmp_path / "sound.fit").write_bytes(FIT)
    began = time.process_time()
    items = []
    for item in walk(tmp_path):
        if isinstance(item, FoundFile):
            item.stream.read()
        items.append(item)
    assert time.process_time() - began < 5
    found = [item.source_file.removeprefix(f"{tmp_path.name}/") for item in items if isinstance(item, FoundFile)]
    assert found.pop() == "sound.fit"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["attack.zip", "sound.fit"]
    return found, [item for item in items if isinstance(item, RefusedFile)]


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize(
    "name", ["../../evil.fit", "/etc/evil.fit", "a/../../evil.fit", "C:\\evil.fit", "C:evil.fit", "..\\evil.fit",
             "\\evil.fit", "x/" * 100 + "evil.fit"]
)  # fmt: skip
def test_paths_that_lead_out(tmp_path: Path, name: str) -> None:
    found, (refused,) = outcome(tmp_path, with_good((name, FIT)))
    assert refused.reason == "path leads out of the archive"
    assert found == ["attack.zip!zz good.fit"]


def test_links_in_an_archive(tmp_path: Path) -> None:
    found, (refused,) = outcome(tmp_path, with_good((link("passwd.fit"), b"/etc/passwd")))
    assert refused.reason == "link in an archive"
    assert found == ["attack.zip!zz good.fit"]


def test_one_name_twice(tmp_path: Path) -> None:
    found, (refused,) = outcome(tmp_path, with_good(("a.fit", FIT), ("a.fit", b"other")))
    assert refused.reason == "name twice in an archive"
    assert found == ["attack.zip!a.fit", "attack.zip!zz good.fit"]


def test_an_encrypted_entry(tmp_path: Path) -> None:
    data = bytearray(with_good(("secret.fit", FIT)))
    data[6] |= 1  # local header's flags
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found, (refused,) = outcome(tmp_path, bytes(data))
    assert refused.source_file.endswith("attack.zip!secret.fit")
    assert refused.reason == "encrypted archive"
    assert found == ["attack.zip!zz good.fit"]


def test_a_checksum_that_is_wrong(tmp_path: Path) -> None:
    data = bytearray(with_good(("a.fit", FIT)))
    crc = data.index(b"PK\x01\x02") + 16
    data[crc] ^= 0xFF
    data[14] ^= 0xFF
    found, (refused,) = outcome(tmp_path, bytes(data))
    assert (refused.reason, found) == ("broken archive", ["attack.zip!zz good.fit"])
    assert "CRC" in refused.detail


def test_damaged_compressed_data(tmp_path: Path) -> None:
    data = bytearray(with_good(("a.fit", FIT)))
    data[60:90] = b"\xff" * 30
    found, (refused,) = outcome(tmp_path, bytes(data))
    assert (refused.reason, found) == ("broken archive", ["attack.zip!zz good.fit"])


@pytest.mark.parametrize("keep", [4, 30, 100, -1, -10, -22])
def test_a_zip_cut_off(tmp_path: Path, keep: int) -> None:
    _, (refused,) = outcome(tmp_path, with_good(("a.fit", FIT))[:keep])
    assert refused.reason == "broken archive"


def test_compression_that_nobody_uses(tmp_path: Path) -> None:
    found, refused = outcome(tmp_path, zip_of(("a.fit", FIT), method=zipfile.ZIP_LZMA))
    assert ([item.reason for item in refused], found) == (["archive not read"], [])


def test_a_bomb_of_one_entry(tmp_path: Path) -> None:
    found, (refused,) = outcome(tmp_path, with_good(("zeros.fit", bytes(100 << 20))))
    assert (refused.reason, found) == ("archive beyond limits", ["attack.zip!zz good.fit"])
    assert "times its size" in refused.detail


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    data = bytearray(with_good(("zeros.fit", bytes(100 << 20))))
    struct.pack_into("<L", data, 22, 1000)
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 1000)
    found, (refused,) = outcome(tmp_path, bytes(data))
    assert (refused.reason, found) == ("broken archive", ["attack.zip!zz good.fit"])


def test_a_bomb_in_gz(tmp_path: Path) -> None:
    found, (refused,) = outcome(tmp_path, gzip.compress(bytes(100 << 20)))
    assert (refused.reason, found) == ("archive beyond limits", [])


def test_a_bomb_of_many_gz_members(tmp_path: Path) -> None:
    found, (refused,) = outcome(tmp_path, gzip.compress(bytes(1 << 20)) * 100)
    assert (refused.reason, found) == ("archive beyond limits", [])


def test_a_bomb_inside_zips(tmp_path: Path) -> None:
    inner = zip_of(("zeros.fit", bytes(60 << 20)))
    found, refused = outcome(tmp_path, with_good(*((f"{n}.zip", inner) for n in range(5))))
    assert {item.reason for item in refused} == {"archive beyond limits"}
    assert (len(refused), found) == (5, ["attack.zip!zz good.fit"])


def test_archives_too_deep_in_each_other(tmp_path: Path) -> None:
    data = FIT
    for _ in range(limits.MAX_NESTING + 1):
        data = zip_of(("in.zip", data))
    found, (refused,) = outcome(tmp_path, data)
    assert (refused.reason, found) == ("archive beyond limits", [])
    assert "deep" in refused.detail


def test_gz_in_gz_too_deep(tmp_path: Path) -> None:
    data = FIT
    for _ in range(limits.MAX_NESTING):
        data = gzip.compress(data)
    found, refused = outcome(tmp_path, data)
    assert (refused, found) == ([], ["attack.zip"])
    _, (refusal,) = outcome(tmp_path, gzip.compress(data))
    assert refusal.reason == "archive beyond limits"


def test_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ENTRIES", 50)
    found, (refused,) = outcome(tmp_path, zip_of(*((f"{n}.fit", b"") for n in range(51))))
    assert (refused.reason, found) == ("archive beyond limits", [])


def test_a_list_of_entries_too_large_to_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DIRECTORY_BYTES", 2000)
    found, (refused,) = outcome(tmp_path, zip_of(*((f"{n:060}.fit", b"") for n in range(51))))
    assert (refused.reason, found) == ("archive beyond limits", [])


def test_too_much_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 5 * len(FIT))
    found, refused = outcome(tmp_path, zip_of(*((f"{n}.fit", FIT) for n in range(7))))
    assert len(found) == 5
    assert {item.reason for item in refused} == {"archive beyond limits"}


def test_an_entry_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ENTRY_BYTES", 1000)
    found, (refused,) = outcome(tmp_path, zip_of(("a.fit", FIT), ("b.fit", b"small")))
    assert (refused.reason, found) == ("archive beyond limits", ["attack.zip!b.fit"])


def test_entries_that_share_their_bytes(tmp_path: Path) -> None:
    """The zip bomb without nesting: a thousand names for one block of compressed bytes."""
    packed = zlib.compress(bytes(10 << 20), 9)[2:-4]
    crc = zlib.crc32(bytes(10 << 20))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(packed), 10 << 20, 1, 0) + b"a"
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, crc, len(packed), 10 << 20, 4, 0, 0, 0, 0, 0, 0)
        + f"{n:04}".encode()
        for n in range(1000)
    )
    data = local + packed + directory
    data += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), len(local + packed), 0)
    found, (refused,) = outcome(tmp_path, data)
    assert (refused.reason, found) == ("archive beyond limits", [])
    assert "overlap" in refused.detail


@pytest.mark.parametrize("cut", [3, 9, 12])
def test_a_gz_cut_off_before_its_content(tmp_path: Path, cut: int) -> None:
    found, (refused,) = outcome(tmp_path, gzip.compress(os.urandom(500))[:cut])
    assert (refused.reason, found) == ("broken archive", [])


def only_content(path: Path) -> bytes:
    """Of a path in which the walk finds one file and refuses nothing."""
    contents = [item.stream.read() if isinstance(item, FoundFile) else item for item in walk(path)]
    [content] = contents
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize("cut", [1_000, 200_000, 299_000])
def test_a_gz_cut_off_gives_what_is_there(tmp_path: Path, cut: int) -> None:
    """Its decoder says what is missing: a download that broke off is a training session all the same."""
    content = os.urandom(300_000)
    path = tmp_path / "cut.fit.gz"
    path.write_bytes(gzip.compress(content)[:cut])
    there = only_content(path)
    assert content.startswith(there)
    assert cut - 200 < len(there) <= cut  # random bytes are stored as they are


@pytest.mark.parametrize("cut", [-9, -4, -1])
def test_a_gz_without_all_of_its_trailer_is_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.fit.gz"
    path.write_bytes(gzip.compress(FIT)[:cut])
    assert only_content(path) == FIT


def test_bytes_behind_a_gz_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "more.fit.gz"
    path.write_bytes(gzip.compress(FIT) + b"rubbish")
    assert only_content(path) == FIT


def test_a_gz_with_a_wrong_checksum(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(FIT))
    data[-5] ^= 1
    assert outcome(tmp_path, bytes(data))[1][0].reason == "broken archive"


def test_archives_of_other_kinds_are_handed_on(tmp_path: Path) -> None:
    """The decoder says what they are."""
    assert outcome(tmp_path, bz2.compress(FIT)) == (["attack.zip"], [])


def test_many_lists_in_one_archive_are_not_all_read(tmp_path: Path) -> None:
    entries = [(f"{n}/activities.csv", b"Filename\n" + b"activities/1.fit\n" * 1000) for n in range(300)]
    _, refused = outcome(tmp_path, zip_of(*entries))
    assert refused == []


def test_links_in_a_folder(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.fit").write_bytes(SECRET)
    (inside / "a.fit").write_bytes(FIT)
    (inside / "file.fit").symlink_to(outside / "secret.fit")
    (inside / "folder").symlink_to(outside)
    (inside / "up").symlink_to("..")
    (inside / "again.fit").symlink_to("a.fit")
    (inside / "gone.fit").symlink_to(tmp_path / "nowhere")
    (inside / "ring").symlink_to("ring")
    items = list(walk(inside))
    assert [item.source_file for item in items if isinstance(item, FoundFile)] == ["inside/a.fit"]
    refused = {item.source_file: item.reason for item in items if isinstance(item, RefusedFile)}
    assert refused.pop("inside/ring", "cannot be read") == "cannot be read"
    assert refused == dict.fromkeys(
        ["inside/file.fit", "inside/folder", "inside/gone.fit", "inside/up"], "link out of the folder"
    )


def test_pipes_and_sockets_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fit")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/s.fit")
        for folder in (tmp_path, Path(short)):
            (refused,) = walk(folder)
            assert isinstance(refused, RefusedFile)
            assert refused.reason == "not a file"
    (refused,) = walk(tmp_path / "pipe.fit")
    assert isinstance(refused, RefusedFile)
    assert refused.reason == "not a file"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    (refused,) = walk(tmp_path / "nothing.fit")
    assert isinstance(refused, RefusedFile)
    assert (refused.source_file, refused.reason) == ("nothing.fit", "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_and_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.fit").write_bytes(FIT)
    (tmp_path / "a.fit").chmod(0)
    (tmp_path / "locked").mkdir(mode=0)
    assert {item.reason for item in walk(tmp_path) if isinstance(item, RefusedFile)} == {"cannot be read"}
    (tmp_path / "locked").chmod(0o700)


def test_damaged_archives_never_raise(tmp_path: Path) -> None:
    inner = zip_of(("b.fit", FIT), ("c.gz", gzip.compress(FIT)))
    seeds = [with_good(("a.fit", FIT), ("in.zip", inner)), gzip.compress(inner)]
    path = tmp_path / "attack.zip"
    for number in range(400):
        dice = random.Random(number)
        data = bytearray(dice.choice(seeds))
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    data[at] = dice.randrange(256)
                case 1:
                    del data[at : at + dice.randrange(1, 20)]
                case 2:
                    data[at:at] = data[max(0, at - 50) : at]
                case 3:
                    data[at : at + 4] = b"\xff\xff\xff\xff"
        path.write_bytes(data)
        items = list(walk(path))
        assert items
        for item in items:
            assert isinstance(item, FoundFile) or item.reason
