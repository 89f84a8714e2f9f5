"""momentum doctor: is everything well, and if not, what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.shared import Json, console, print_json, settings, store

if TYPE_CHECKING:
    from momentum.warehouse.health import Finding


def doctor(as_json: Json = False) -> None:
    """Look at environment, lock, store, versions, what is stale and what is open."""
    from momentum.warehouse.health import Finding

    findings = list(_environment())
    try:
        findings += _store()
    except MomentumError as error:
        findings.append(Finding("store", False, str(error)))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark, style = ("ok ", "green") if finding.ok else ("ILL", "bold red")
            console.print(f"[{style}]{mark}[/] {finding.check:<12}", end=" ")
            console.print(finding.message, markup=False, highlight=False)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _environment() -> Iterator[Finding]:
    from momentum.warehouse.health import Finding

    packages = ", ".join(f"{name} {version(name)}" for name in ("momentum", "dagster", "chdb", "clickhouse-connect"))
    yield Finding("environment", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}, {packages}")
    home = settings().home.absolute()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(existing, os.W_OK)
    owner = _owner(existing)
    yield Finding(
        "home",
        writable,
        f"{home}" if writable else f"{existing} cannot be written to by this user (it is {owner}'s): use --home",
    )
    waiting = sum(1 for _ in (home / "inbox").glob("*/*") if _.name != "taken")
    yield Finding("inbox", True, f"{waiting} files or folders wait" if waiting else "nothing waits")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _store() -> list[Finding]:
    from momentum.warehouse.health import Finding, health
    from momentum.warehouse.models.stale import stale_months
    from momentum.warehouse.todo import dense_to, range_of_changes

    now = settings()
    with store() as client:
        found = health(client, now.home if now.clickhouse_dsn is None else None)
        stale = stale_months(client)
        opened = range_of_changes(client, datetime.now(UTC))
        reach = dense_to(client)
    tables = sorted({one.table for one in stale})
    # open or stale is work that waits, not an illness: the sensor, the night or a person does it
    found.append(
        Finding(
            "stale",
            True,
            f"{len(stale)} months of {', '.join(tables)}; `momentum backfill` computes them" if stale else "nothing",
        )
    )
    told = (
        f"from {opened.first:%Y-%m}: {'; '.join(opened.reasons[:3])}; `momentum refresh` does it"
        if opened
        else "nothing"
    )
    found.append(Finding("open", True, told))
    found.append(Finding("series", True, f"every athlete's days reach to {reach}" if reach else "no daily load yet"))
    return found
