"""Every file in a path, however it is packed, one at a time and in an order that never changes."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from momentum.activity_files.archives import limits
from momentum.activity_files.archives.exports import (
    Export,
    export_of,
    exports_in,
    garmin_by_name,
    is_clutter,
)
from momentum.activity_files.archives.found import FoundFile, RefusedFile, shown
from momentum.activity_files.archives.strava import read_list
from momentum.activity_files.archives.unpack import Budget, open_zip, unpack_entry, unpack_gz, unsafe_name
from momentum.activity_files.decoded import Refused

_GZ = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def walk(path: Path) -> Iterator[FoundFile | RefusedFile]:
    """The files of `path`: a file, a gz, a zip with zips in it, a folder, an export of Garmin or Strava.

    Containers are known by their first bytes, whatever they are called. A file is given with its content
    unpacked, or refused with a reason; in exports what is no activity by its name (pictures, lists, JSON)
    is passed over, in folders and zips what the system hides. Links out of a folder are not followed.
    Never raises for what it finds; a full disk does raise.
    """
    name = shown(path.name or path.resolve().name)
    around = _around(path)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield RefusedFile(name, "cannot be read", error.strerror or str(error))
        return
    if stat.S_ISDIR(mode):
        yield from _folder(path, name, around, Budget())
        return
    nothing = True
    for item in _file(path, name, around, Budget()):
        nothing = False
        yield item
    if nothing:
        yield RefusedFile(name, "no activity files", "the archive is empty or holds other things only")


def _around(path: Path) -> Export:
    """The export that a path is part of, if its own name or a list beside it says so."""
    whole = path.resolve()
    if garmin_by_name(whole):
        return Export("garmin")
    for folder in (whole.parent, whole.parent.parent):
        listing = folder / "activities.csv"
        if "activities" in whole.relative_to(folder).parts and listing.is_file():
            try:
                return Export("strava", read_list(_read_list(listing)), whole=True)
            except Refused:
                return Export()  # some other program's list
    return Export()


def _read_list(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return _listing(stream)
    except OSError as error:
        raise Refused("cannot be read", error.strerror or str(error)) from error


def _listing(stream: BinaryIO) -> bytes:
    content = stream.read(limits.MAX_LIST_BYTES + 1)
    if len(content) > limits.MAX_LIST_BYTES:
        raise Refused("list of the export not read", f"more than {limits.MAX_LIST_BYTES >> 20} MiB")
    return content


def _folder(root: Path, name: str, around: Export, budget: Budget) -> Iterator[FoundFile | RefusedFile]:
    files, refused = _tree(root, name)
    exports, problems = exports_in(files, lambda file: _read_list(root / file), lambda file: shown(f"{name}/{file}"))
    yield from refused
    yield from problems
    for file in files:
        export = export_of(file, exports, around)
        if export.takes(file):
            yield from _file(root / file, shown(f"{name}/{file}"), export, budget)


def _tree(root: Path, name: str) -> tuple[list[str], list[RefusedFile]]:
    """Regular files below a folder by their paths in it, sorted, and what is refused there."""
    files: list[str] = []
    refused: list[RefusedFile] = []

    def unreadable(error: OSError) -> None:
        where = Path(error.filename).relative_to(root).as_posix()
        refused.append(RefusedFile(shown(f"{name}/{where}"), "cannot be read", error.strerror or str(error)))

    for folder, subfolders, entries in os.walk(root, onerror=unreadable):
        for entry in sorted([*entries, *(sub for sub in subfolders if Path(folder, sub).is_symlink())]):
            relative = Path(folder, entry).relative_to(root).as_posix()
            if is_clutter(relative):
                continue
            reason = _no_file(Path(folder, entry), root)
            if reason is None:
                files.append(relative)
            elif reason:
                refused.append(RefusedFile(shown(f"{name}/{relative}"), *reason))
        subfolders[:] = sorted(sub for sub in subfolders if not is_clutter(sub))
    return sorted(files), refused


def _no_file(path: Path, root: Path) -> tuple[str, ...] | None:
    """Reason and detail why an entry of a folder is no file of it; () where that need not be said; None if it is."""
    try:
        if path.is_symlink():
            # A link inside is another name for what the walk meets anyway.
            return () if path.resolve().is_relative_to(root.resolve()) else ("link out of the folder",)
        return None if path.is_file() else ("not a file", "a pipe, socket or device")
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a ring
        return "cannot be read", getattr(error, "strerror", None) or str(error)


def _file(path: Path, name: str, export: Export, budget: Budget) -> Iterator[FoundFile | RefusedFile]:
    try:
        if not path.is_file():  # opening a pipe would wait for its other end
            raise Refused("not a file", "a pipe, socket or device")
        stream = path.open("rb")
    except Refused as refused:
        yield RefusedFile(name, refused.reason, refused.detail)
        return
    except OSError as error:
        yield RefusedFile(name, "cannot be read", error.strerror or str(error))
        return
    with stream:
        yield from _content(stream, name, export, 0, budget)


def _content(
    stream: BinaryIO, name: str, export: Export, nesting: int, budget: Budget
) -> Iterator[FoundFile | RefusedFile]:
    try:
        head = stream.read(4)
        stream.seek(0)
    except OSError as error:
        yield RefusedFile(name, "cannot be read", error.strerror or str(error))
        return
    packed = head.startswith((_GZ, *_ZIP))
    if packed and nesting == limits.MAX_NESTING:
        yield RefusedFile(name, "archive beyond limits", f"archives more than {limits.MAX_NESTING} deep")
    elif head.startswith(_GZ):
        try:
            content = unpack_gz(stream, budget)
        except Refused as refused:
            yield RefusedFile(name, refused.reason, refused.detail)
            return
        with content:
            yield from _content(content, name, export, nesting + 1, budget)
    elif packed:
        try:
            archive = open_zip(stream)
        except Refused as refused:
            yield RefusedFile(name, refused.reason, refused.detail)
            return
        with archive:
            yield from _zip(archive, name, export, nesting, budget)
    else:
        said = export.said(name)
        yield FoundFile(name, stream, export.source_of(name), said.title, said.sport, said.rpe)


def _zip(
    archive: zipfile.ZipFile, name: str, around: Export, nesting: int, budget: Budget
) -> Iterator[FoundFile | RefusedFile]:
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        inside = entry.filename.replace("\\", "/")
        reason = unsafe_name(entry)
        if not reason:  # "./a.fit" is what some programs make of "a.fit", and not hidden
            inside = "/".join(part for part in inside.split("/") if part not in ("", "."))
        if not reason and (entry.is_dir() or is_clutter(inside)):
            continue
        if not reason and inside in entries:
            reason = "name twice in an archive"
        if reason:
            yield RefusedFile(f"{name}!{inside}", reason)
        else:
            entries[inside] = entry

    def read(inside: str) -> bytes:
        with unpack_entry(archive, entries[inside], budget) as content:
            return _listing(content)

    exports, problems = exports_in(entries, read, lambda inside: f"{name}!{inside}")
    yield from problems
    for inside in sorted(entries):
        export = export_of(inside, exports, around)
        if not export.takes(inside):
            continue
        try:
            content = unpack_entry(archive, entries[inside], budget)
        except Refused as refused:
            yield RefusedFile(f"{name}!{inside}", refused.reason, refused.detail)
            continue
        with content:
            yield from _content(content, f"{name}!{inside}", export, nesting + 1, budget)
