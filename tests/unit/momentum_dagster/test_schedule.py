"""The night does what open changes ask, a new day among them, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from momentum.adapters.doorbell import Doorbell
from momentum.settings import Settings
from momentum_dagster.jobs.sensors import build_nightly
from momentum_dagster.partitions import OF_CHANGES, RANGE_END, RANGE_START


def asked(home: Path) -> dict[str, str] | str:
    """Tags of the run that the night asks for, or why it asks for none."""
    with dg.DagsterInstance.ephemeral() as instance:
        answer = build_nightly(Settings(home=home))(dg.build_schedule_context(instance=instance))
    if isinstance(answer, dg.SkipReason):
        return answer.skip_message or ""
    assert isinstance(answer, dg.RunRequest)
    return answer.tags


def current_month() -> str:
    return (datetime.now(UTC) + timedelta(hours=14)).strftime("%Y-%m-01")


def test_a_home_without_files_has_no_night(tmp_path: Path) -> None:
    assert "nothing was imported" in asked(tmp_path)


@pytest.mark.parametrize(
    ("open_from", "dense_to", "first"),
    [
        (None, date(2024, 5, 30), "2024-05-01"),  # days that have begun since
        (date(2022, 2, 20), date(2024, 5, 30), "2022-02-01"),  # an open change
        (date(2024, 6, 2), date(2024, 5, 30), "2024-05-01"),
        (date(2024, 6, 2), None, "2024-06-01"),  # killed before the first recompute
    ],
)
def test_the_range_comes_from_the_doorbell(
    tmp_path: Path, open_from: date | None, dense_to: date | None, first: str
) -> None:
    bell = Doorbell(tmp_path / "doorbell.json")
    bell.ring(date(2024, 6, 2))
    bell.settle(bell.last().number, open_from, dense_to)
    tags = asked(tmp_path)
    assert isinstance(tags, dict)
    assert (tags[RANGE_START], tags[RANGE_END]) == (first, current_month())
    assert OF_CHANGES in tags


def test_it_is_on_without_anybody_turning_it_on() -> None:
    nightly = build_nightly(Settings())
    assert nightly.default_status == dg.DefaultScheduleStatus.RUNNING
    assert nightly.job_name == "recompute"
