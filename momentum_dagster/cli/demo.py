"""Generated athletes for a first look: written as files, taken in by the door that everybody uses."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from momentum_dagster import progress
from momentum_dagster.cli.printing import tell
from momentum_dagster.cli.runs import shown_progress
from momentum_dagster.cli.shared import change_opener, settings, store, use_home

DEMO = "demo"


def use_demo_if_empty() -> bool:
    """With nothing imported, goes on in a store of the demo's own, filled on first use; whether it does."""
    home = settings().home
    if _has_files(home) or settings().clickhouse_dsn is not None:
        return False
    _use(home / DEMO)
    if not _has_files(settings().home):
        fill_demo()
    return True


def use_demo_if_there() -> None:
    """With nothing imported, goes on in the demo's store if `momentum run` has filled one."""
    home = settings().home
    if settings().clickhouse_dsn is None and not _has_files(home) and _has_files(home / DEMO):
        _use(home / DEMO)


def _use(demo: Path) -> None:
    """The athletes are the demo's; an operator's journal and secrets stay where they are."""
    os.environ["MOMENTUM_INFRA"] = str(settings().infra_dir.absolute())
    use_home(demo)


def _has_files(home: Path) -> bool:
    """Whether anything was imported into the home or waits there, without opening its store."""
    from momentum_dagster.assets.inbox import athlete_folders, waiting_files

    archived = home / "raw"
    waits = any(waiting_files(folder) for folder in athlete_folders(home / "inbox"))
    return waits or (archived.is_dir() and any(archived.iterdir()))


def fill_demo(weeks: int | None = None) -> None:
    """Writes the athletes' files into the inbox and enters what they would enter by hand.

    weeks: how many, if not the usual two years.
    """
    from momentum.demo import last_whole_day, write_demo
    from momentum.demo.athletes import DEMO_WEEKS
    from momentum.warehouse.entries import athlete_entries, enter, event_entries, threshold_entries, weight_entries

    tell("nothing imported yet: three generated athletes, two years each", style="dim")
    now = datetime.now(UTC)
    inbox, fresh = settings().inbox_dir, settings().inbox_dir.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)  # of a first look that was stopped
    with shown_progress():
        demo = write_demo(
            fresh,
            last_day=last_whole_day(now),
            weeks=weeks or DEMO_WEEKS,
            progress=lambda done, total: progress.tell("writing files", done, total),
        )
    with store() as client:
        for check, rows in (
            (athlete_entries, demo.athletes),
            (threshold_entries, demo.thresholds),
            (event_entries, demo.events),
            (weight_entries, demo.body),
        ):
            enter(client, check(client, dict(enumerate(rows)), now=now), open_change=change_opener(client))
    # last: an inbox that is there is complete
    inbox.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(inbox)
