"""Which export a file lies in, and what is no activity in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from momentum.activity_files.archives import limits
from momentum.activity_files.archives.found import RefusedFile, Source
from momentum.activity_files.archives.strava import Said, file_key, read_list
from momentum.activity_files.decoded import Refused

_ACTIVITY_OR_ARCHIVE = re.compile(r".*\.(fit|tcx|gpx|gz|zip)", re.IGNORECASE)
_GARMIN_FOLDER = re.compile(r"DI_CONNECT|DI-Connect-.+", re.IGNORECASE)
_GARMIN_ZIP = re.compile(r"UploadedFiles_\d+-_Part\d+\.zip", re.IGNORECASE)
_LIST = "activities.csv"
_CLUTTER = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Export:
    """A folder, or a part of an archive, that one site wrote. `files` is what its list says.

    whole: everything in it came from the site. Else a Strava export is what the list names and what lies
    in a folder "activities", so that an athlete's own file beside an unpacked export stays the athlete's.
    """

    source: Source = "file"
    files: dict[str, Said] = field(default_factory=dict)
    whole: bool = False

    def takes(self, name: str) -> bool:
        """In an export only activities and archives are of interest, elsewhere everything."""
        return self.source == "file" or _ACTIVITY_OR_ARCHIVE.fullmatch(name) is not None

    def said(self, name: str) -> Said:
        return self.files.get(file_key(name), Said())

    def source_of(self, name: str) -> Source:
        if self.source == "strava" and not self.whole and file_key(name) not in self.files:
            folders = name.replace("!", "/").split("/")[:-1]
            return "strava" if "activities" in folders else "file"
        return self.source


def is_clutter(name: str) -> bool:
    """What systems leave behind: hidden files, macOS's and Windows' own."""
    return any(part.startswith(".") or part.lower() in _CLUTTER for part in name.split("/"))


def garmin_by_name(path: PurePath) -> bool:
    """Whether a path shows by itself that it belongs to a Garmin account export."""
    return any(_GARMIN_FOLDER.fullmatch(part) for part in path.parts) or _GARMIN_ZIP.fullmatch(path.name) is not None


def exports_in(
    names: Iterable[str], read: Callable[[str], bytes], label: Callable[[str], str]
) -> tuple[dict[str, Export], list[RefusedFile]]:
    """The exports among the files `names` (with "/"), by the folder they begin at ("" or ending in "/").

    A Garmin export is what lies beside and in DI_CONNECT; a Strava export what lies beside and under an
    activities.csv that lists files, or beside a folder "activities". read: content of a csv, raises
    Refused; label: its name for people.
    """
    exports: dict[str, Export] = {}
    lists: list[str] = []
    beside: set[str] = set()  # folders that hold a folder "activities"
    for name in names:
        folder = ""
        for part in name.split("/")[:-1]:
            if _GARMIN_FOLDER.fullmatch(part):
                exports.setdefault(folder, Export("garmin"))
                break
            if part == "activities":
                beside.add(folder)
            folder += f"{part}/"
        if name.rpartition("/")[2].lower() == _LIST:
            lists.append(name)
    problems: list[RefusedFile] = []
    for name in sorted(lists)[: limits.MAX_LISTS]:
        folder = name[: -len(_LIST)]
        try:
            exports[folder] = Export("strava", read_list(read(name)))
        except Refused as refused:
            if folder in beside:  # else it is some other program's list
                exports[folder] = Export("strava")
                problems.append(RefusedFile(label(name), refused.reason, refused.detail))
    return exports, problems


def export_of(name: str, exports: dict[str, Export], around: Export) -> Export:
    """The innermost export that the file lies in, else the one around all."""
    folder = name
    while folder:
        folder = folder.rstrip("/").rpartition("/")[0]
        folder += "/" if folder else ""
        if folder in exports:
            return exports[folder]
    return Export("garmin") if garmin_by_name(PurePath(name)) else around
