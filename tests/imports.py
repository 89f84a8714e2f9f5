"""Imports without the graph: files in, months computed, as the graph's two runs do it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from momentum.activity_files.archives import FoundFile, RefusedFile
from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.adapters.archive import Archive
from momentum.warehouse.changes import close_changes, open_change, open_changes
from momentum.warehouse.client import Client
from momentum.warehouse.entries import Entry, enter
from momentum.warehouse.ingest.assembly import assemble
from momentum.warehouse.ingest.batch import IntakeReport
from momentum.warehouse.ingest.intake import Intake
from momentum.warehouse.metrics import recompute_metrics
from momentum.warehouse.models.registry import model_version
from momentum.warehouse.models.run import recompute

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
SQL_MODELS = ("daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve")


def opener(client: Client, now: datetime = NOW) -> Callable[..., str]:
    """`open_change` without a doorbell."""
    return partial(open_change, client, lambda: None, now=now)


def entered(client: Client, check: Callable[..., list[Entry]], now: datetime = NOW, **values: Any) -> None:
    """One entry by hand, without a doorbell."""
    enter(client, check(client, {0: values}, now=now), open_change=opener(client, now))


def take_in(
    client: Client,
    archive: Archive,
    athlete_id: str,
    files: Iterable[tuple[str, bytes] | FoundFile | RefusedFile],
    *,
    source: str = "file",
    now: datetime = NOW,
) -> IntakeReport:
    """The first of the two runs: named contents, or what an archive walk found, into the journals."""
    intake = Intake(client, archive, athlete_id, open_change=opener(client, now), run_id="in", now=now)
    for item in files:
        if isinstance(item, tuple):
            name, content = item
            item = FoundFile(name, io.BytesIO(content), source, "", "", None)  # type: ignore[arg-type]
        intake.take(item)
    intake.flush()
    return intake.report


def compute(
    client: Client,
    archive: Archive,
    *,
    now: datetime = NOW,
    tables: Iterable[str] = SQL_MODELS,
    athlete_id: str = "",
) -> None:
    """The second run: every month that an open change (of one athlete) asks for, then the changes are closed."""
    changes = [change for change in open_changes(client) if athlete_id in ("", change.athlete_id)]
    if not changes:
        return
    first = min(change.from_date for change in changes).replace(day=1)
    last = now.date().replace(day=1)
    athletes = sorted({change.athlete_id for change in changes})
    assemble(
        client,
        archive,
        athletes,
        first,
        last,
        open_change=opener(client, now),
        model_version=str(DECODER_VERSION),
        run_id="compute",
        now=now,
    )
    recompute_metrics(client, athletes, first, last, model_version=model_version("activity_metrics"))
    for table in tables:
        recompute(client, table, first, last, now=now)
    close_changes(client, [change.change_id for change in changes], "compute", now)


def archive_at(folder: Path) -> Archive:
    """An archive in a folder of the test's own."""
    return Archive(folder / "raw")
