"""The dagster.yaml of a home: ours is copied on first use, and follows when ours changes, unless a person edited it."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

NAME = "dagster.yaml"
# SHA-256 of what was copied into homes before the file was as it is now. Add to it whenever the file changes.
SHIPPED_BEFORE = frozenset(
    {
        "d15f651d1f260671f21021644ccd82b442e603e1707d96ea9f955e7ca42edd2e",
        "78bc9f505f3414a751c789386782f7ee42a07566887de944c928d4e02ed29fc6",
    }
)


def shipped() -> str:
    """The file as it is today."""
    return files("momentum_dagster").joinpath(NAME).read_text(encoding="utf-8")


def write_config(dagster_home: Path) -> None:
    """Puts today's file where there is none, or one of ours of an earlier day; leaves a person's own alone."""
    config = dagster_home / NAME
    if not config.exists() or _is_earlier(config):
        fresh = config.with_suffix(".new")
        fresh.write_text(shipped(), encoding="utf-8")
        fresh.rename(config)


def told(dagster_home: Path) -> str:
    """How the file of a home differs from ours, in a sentence; empty if it does not."""
    config = dagster_home / NAME
    if not config.exists():
        return ""
    if _is_earlier(config):
        return f"{config} is of an earlier version; the next run puts today's in its place"
    text = config.read_text(encoding="utf-8", errors="replace")
    if text == shipped():
        return ""
    slower = "" if "momentum_dagster.event_log" in text else ", and without batched events: long ranges take longer"
    return f"{config} was edited and is kept as it is{slower}; moved away, the next run writes ours"


def _is_earlier(config: Path) -> bool:
    return hashlib.sha256(config.read_bytes()).hexdigest() in SHIPPED_BEFORE
