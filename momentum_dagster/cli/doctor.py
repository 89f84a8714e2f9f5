"""momentum doctor: is everything well, and if not, what to do. Looks, and changes nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.printing import print_json, say
from momentum_dagster.cli.shared import Json, settings, store

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.adapters.doorbell import Rung
    from momentum.warehouse.health import Finding

# Whoever asks how things are wants an answer now: a store that is held longer is told as held.
_WAIT_S = 5.0


def doctor(as_json: Json = False) -> None:
    """Look at environment, home, inbox, doorbell, lock, store, what is stale and what is open.

    Exit code 1 if something is ill. Work that waits is no illness.
    """
    home = _home(settings().home.absolute())
    findings = [_environment(), home]
    if home.ok:
        findings += [_inbox(), _doorbell(), _instance(), *data_findings()]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(
                f"{'ok ' if finding.ok else 'ILL'} {finding.check:<12} {finding.message}",
                style="" if finding.ok else "bold red",
            )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _environment() -> Finding:
    from importlib.metadata import version  # reads mail headers: too slow for every command's start

    from momentum.warehouse.health import Finding

    packages = ", ".join(f"{name} {version(name)}" for name in ("momentum", "dagster", "chdb", "clickhouse-connect"))
    return Finding("environment", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}, {packages}")


def _inbox() -> Finding:
    from momentum.warehouse.health import Finding
    from momentum_dagster.assets.inbox import athlete_folders, left_alone, waiting_files

    try:
        waiting = sum(len(waiting_files(folder)) for folder in athlete_folders(settings().inbox_dir))
        strays = left_alone(settings().inbox_dir)
    except OSError as error:
        return Finding("inbox", False, f"{error.filename}: {error.strerror}")
    if strays:
        return Finding("inbox", False, "; ".join(strays))
    return Finding("inbox", True, f"{waiting} files or folders wait" if waiting else "nothing waits")


def _instance() -> Finding:
    from momentum.warehouse.health import Finding
    from momentum_dagster.instance_config import told

    return Finding("dagster", True, told(settings().dagster_home) or "its settings are ours")


def _doorbell() -> Finding:
    from momentum.adapters.doorbell import Doorbell
    from momentum.warehouse.health import Finding

    bell = Doorbell(settings().doorbell_path).last()
    if bell.damaged:
        return Finding(
            "doorbell",
            False,
            f"{settings().doorbell_path} cannot be read: the sensors take everything for open; "
            "`momentum refresh` writes it anew",
        )
    return Finding("doorbell", True, f"rung from {bell.open_from} on" if bell.open_from else "silent")


def _home(home: Path) -> Finding:
    from momentum.warehouse.health import Finding

    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if not existing.is_dir():
        return Finding("home", False, f"{existing} is not a folder: use --home")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding("home", False, f"{existing} cannot be written to by this user (it is {_owner(existing)}'s): "
                       "use --home")  # fmt: skip
    return Finding("home", True, f"{home}" if existing == home else f"{home}, not there yet")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def data_findings() -> list[Finding]:
    """The store, what is stale and what is open; one finding if it cannot be opened."""
    from momentum.warehouse.health import Finding

    embedded = settings().clickhouse_dsn is None
    if embedded and not (settings().store_dir / "engine").exists():
        return [Finding("store", True, "none yet; the first import or entry makes it")]
    try:
        with store(wait_s=_WAIT_S) as client:
            return _looked_at(client, settings().home if embedded else None)
    except MomentumError as error:
        return [Finding("store", False, str(error))]


def _looked_at(client: Client, home: Path | None) -> list[Finding]:
    from momentum.adapters.doorbell import Doorbell
    from momentum.warehouse.health import Finding, health
    from momentum.warehouse.models.stale import stale_months
    from momentum.warehouse.todo import dense_to, range_of_changes

    found = health(client, home)
    stale = stale_months(client)
    tables = sorted({one.table for one in stale})
    # open or stale is work that waits, not an illness: the sensor, the night or a person does it
    found.append(
        Finding(
            "stale",
            True,
            f"{len(stale)} months of {', '.join(tables)}; `momentum backfill` computes them" if stale else "nothing",
        )
    )
    opened = range_of_changes(client, datetime.now(UTC))
    told = "nothing"
    if opened:
        told = f"from {opened.first:%Y-%m}: {'; '.join(opened.reasons[:3])}; `momentum refresh` does it"
        told += _if_unheard(Doorbell(settings().doorbell_path).last())
    found.append(Finding("open", True, told))
    reach = dense_to(client)
    found.append(Finding("series", True, f"every athlete's days reach to {reach}" if reach else "no daily load yet"))
    return found


def _if_unheard(bell: Rung) -> str:
    return "" if bell.open_from else " (the doorbell is silent, so the sensor does not know)"
