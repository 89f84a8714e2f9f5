"""Where files wait: paths that a person named, or `inbox/<athlete_id>/` of every athlete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Fingerprint = list[list[str | int]]  # name, size and time of each file

TAKEN = "taken"  # folder beside the files of an inbox; what lies there was taken in


@dataclass(frozen=True)
class Delivery:
    """Files of one athlete to take in; those of an inbox are moved away when it is done."""

    athlete_id: str
    paths: tuple[Path, ...]
    from_inbox: bool
    listed: dict[Path, Fingerprint] = field(default_factory=dict)

    def put_away(self) -> None:
        """Moves the files of an inbox to `taken`. The archive has them; a person may delete the folder.

        What grew since it was listed may have been read in part: it stays, and is taken again.
        """
        if not self.from_inbox:
            return
        for path in self.paths:
            if fingerprint(path) != self.listed[path]:
                continue
            folder = path.parent / TAKEN
            folder.mkdir(exist_ok=True)
            target, number = folder / path.name, 0
            while target.exists():
                number += 1
                target = folder / f"{number}-{path.name}"
            path.rename(target)


def deliveries(paths: Sequence[str], athlete_id: str, inbox: Path) -> Iterator[Delivery]:
    """The named paths for the named athlete; without paths, everything that lies in an inbox."""
    if paths:
        yield Delivery(athlete_id, tuple(Path(path) for path in paths), from_inbox=False)
        return
    for folder in athlete_folders(inbox):
        waiting = tuple(waiting_files(folder))
        if waiting and athlete_id in ("", folder.name):
            yield Delivery(folder.name, waiting, from_inbox=True, listed={path: fingerprint(path) for path in waiting})


def athlete_folders(inbox: Path) -> list[Path]:
    """The inbox's folders whose names are athletes' ids; an athlete who is not there yet comes with the files."""
    return [path for path in _seen(inbox) if path.is_dir() and not _fault(path.name)]


def left_alone(inbox: Path) -> list[str]:
    """What lies in the inbox and is nobody's, a sentence each: nothing is ignored in silence."""
    told = []
    for path in _seen(inbox):
        if not path.is_dir():
            told.append(f"{path} is not taken: files go into a folder named after their athlete, {inbox}/ID/")
        elif waiting_files(path) and (fault := _fault(path.name)):
            told.append(f"{path} is not taken: {fault}; rename the folder")
    return told


def _seen(inbox: Path) -> list[Path]:
    return sorted(path for path in inbox.iterdir() if not path.name.startswith(".")) if inbox.is_dir() else []


def _fault(name: str) -> str:
    from momentum.warehouse.entries import EntryError, check_athlete_id

    try:
        check_athlete_id(name)
    except EntryError as error:
        return str(error)
    return ""


def fingerprint(path: Path) -> Fingerprint:
    """Name, size and time of a file, or of all files of a folder: equal while nothing grows."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        [str(file.relative_to(path.parent)), status.st_size, status.st_mtime_ns]
        for file in files
        if file.is_file() and (status := file.stat())
    ]


def waiting_files(folder: Path) -> list[Path]:
    """What lies in an athlete's inbox and was not taken: files, zips and unpacked exports."""
    return sorted(path for path in folder.iterdir() if path.name != TAKEN and not path.name.startswith("."))
