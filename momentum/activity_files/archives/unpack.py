"""Content of one gz or zip entry within caps, into memory or a nameless temporary file."""

from __future__ import annotations

import gzip
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from momentum.activity_files.archives import limits
from momentum.activity_files.decoded import Refused

_PIECE_BYTES = 256 << 10
# What Python's readers raise on archives that are broken, or made so.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, IndexError, OverflowError)
_END, _END64_LOCATOR, _END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"


@dataclass
class Budget:
    """What one walk has unpacked so far."""

    unpacked_bytes: int = 0


def unpack_gz(stream: BinaryIO, budget: Budget) -> BinaryIO:
    """The content of a gz, to be closed by the caller; of one that was cut off, what is there. Raises Refused.

    What a cut costs the content is told by its decoder. Bytes behind the gz are passed over, as gzip does.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    with gzip.GzipFile(fileobj=stream, mode="rb") as source:
        return _copy(cast("IO[bytes]", source), size, budget)


def unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> BinaryIO:
    """The content of a zip's entry, to be closed by the caller. Raises Refused."""
    if entry.flag_bits & 0x1:
        raise Refused("encrypted archive", "unpack it with its password, then import what was in it")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Others are never met in exports, and LZMA may ask for gigabytes before its first byte.
        raise Refused("archive not read", f"compression of kind {entry.compress_type}")
    if entry.file_size > limits.MAX_ENTRY_BYTES:
        raise Refused("archive beyond limits", f"an entry of {entry.file_size} bytes")
    try:
        source = archive.open(entry)
    except NotImplementedError as error:  # zipfile's word for patched data and strong encryption
        raise Refused("archive not read", str(error)) from error
    except _BROKEN as error:
        raise Refused("broken archive", _what(error)) from error
    with source:
        return _copy(source, entry.compress_size, budget)


def _copy(source: IO[bytes], packed_bytes: int, budget: Budget) -> BinaryIO:
    content = cast("BinaryIO", SpooledTemporaryFile(max_size=limits.IN_MEMORY_BYTES))  # noqa: SIM115 - handed out
    size = 0
    try:
        while piece := _read(source, size):
            size += len(piece)
            budget.unpacked_bytes += len(piece)
            if size > limits.RATIO_FREE_BYTES and size > limits.MAX_RATIO * packed_bytes:
                raise Refused("archive beyond limits", f"unpacks to more than {limits.MAX_RATIO} times its size")
            if size > limits.MAX_ENTRY_BYTES:
                raise Refused("archive beyond limits", f"unpacks to more than {limits.MAX_ENTRY_BYTES} bytes")
            if budget.unpacked_bytes > limits.MAX_TOTAL_BYTES:
                raise Refused("archive beyond limits", f"more than {limits.MAX_TOTAL_BYTES} bytes in all")
            content.write(piece)
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return content


def _read(source: IO[bytes], size: int) -> bytes:
    """The next piece, after `size` bytes. One underlying read each: what was unpacked before a cut is not lost."""
    try:
        return source.read1(_PIECE_BYTES)  # type: ignore[attr-defined]
    except _BROKEN as error:
        cut = isinstance(error, EOFError) or (isinstance(error, gzip.BadGzipFile) and "Not a gzipped" in str(error))
        if cut and size:
            return b""
        raise Refused("broken archive", _what(error)) from error


def open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    """The zip in `stream`, its list of entries within caps and none lying in another. Raises Refused."""
    try:
        listed = _directory_bytes(stream)
        if listed > limits.MAX_DIRECTORY_BYTES:
            raise Refused("archive beyond limits", f"a list of entries of {listed} bytes")
        archive = zipfile.ZipFile(stream)
    except NotImplementedError as error:  # zipfile's word for an entry of a version that it does not know
        raise Refused("archive not read", str(error)) from error
    except _BROKEN as error:
        raise Refused("broken archive", _what(error)) from error
    entries = archive.infolist()
    if len(entries) > limits.MAX_ENTRIES:
        raise Refused("archive beyond limits", f"more than {limits.MAX_ENTRIES} entries")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Refused("archive beyond limits", "entries overlap, as only in archives made to hurt")
        end = entry.header_offset + entry.compress_size
    return archive


def _directory_bytes(stream: BinaryIO) -> int:
    """Size of a zip's list of entries as its end record says (APPNOTE 4.3.14 to 4.3.16)."""
    size = stream.seek(0, 2)
    tail_at = max(0, size - 22 - 65_535)
    stream.seek(tail_at)
    tail = stream.read()
    end = tail.rfind(_END)
    if end < 0 or end + 22 > len(tail):
        raise zipfile.BadZipFile("no list of entries: the file may have been cut off")
    listed = int(struct.unpack_from("<L", tail, end + 12)[0])
    locator = tail[end - 20 : end] if end >= 20 else b""
    if locator.startswith(_END64_LOCATOR):
        stream.seek(struct.unpack_from("<Q", locator, 8)[0])
        record = stream.read(56)
        if record.startswith(_END64) and len(record) == 56:
            return int(struct.unpack_from("<Q", record, 40)[0])
    return listed


def unsafe_name(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not taken whatever is in it; "" if it is. Nothing is ever written under its name."""
    name = entry.orig_filename.replace("\\", "/")
    folders = name.split("/")
    if name.startswith("/") or name[1:2] == ":" or ".." in folders or "\0" in name or len(folders) > limits.MAX_FOLDERS:
        return "path leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "link in an archive"
    return ""


def _what(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
