"""What a walk meets: a file to decode, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Literal

Source = Literal["file", "garmin", "strava"]


@dataclass(frozen=True)
class FoundFile:
    """A file's unpacked content and what the export around it says.

    stream: seekable, at 0, valid until the next step of the walk. source_file: its name with the archives
    around it, joined with "!". sport_hint: one of sports.SPORTS, "" where the export does not say.
    rpe: CR-10.
    """

    source_file: str
    stream: BinaryIO
    source: Source
    title: str
    sport_hint: str
    rpe: float | None


@dataclass(frozen=True)
class RefusedFile:
    """A file or archive that cannot be had; `reason` is what a person reads."""

    source_file: str
    reason: str
    detail: str = ""


def shown(name: str) -> str:
    """A file's name as text that can be stored: names on disk are bytes, and old ones are not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
