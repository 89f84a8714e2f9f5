"""Runs of the graph from the command line: in this process, with a progress bar, told at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum_dagster import progress
from momentum_dagster.cli.printing import tell, to_stderr
from momentum_dagster.cli.shared import settings, store

if TYPE_CHECKING:
    import dagster as dg


@dataclass
class AssetLine:
    """What a run did to one asset. `warned`: checks that failed and stop nothing; `failed`: those that block."""

    asset: str
    rows: int | None = None
    seconds: float = 0.0
    passed: int = 0
    warned: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    did: dict[str, int] = field(default_factory=dict)  # what else the run counted


@dataclass
class Outcome:
    """What one or more runs did. `errors` are told to the person; there are none when all went well."""

    lines: dict[str, AssetLine] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.errors and not any(line.failed for line in self.lines.values())

    def __add__(self, other: Outcome) -> Outcome:
        """Both, one after the other; they have no asset in common."""
        return Outcome(self.lines | other.lines, self.errors + other.errors, self.seconds + other.seconds)

    def line(self, asset: str) -> AssetLine:
        return self.lines.setdefault(asset, AssetLine(asset))


def dagster_instance() -> dg.DagsterInstance:
    """The instance that the UI looks at, too: SQLite under the home, its settings written on first use."""
    import fcntl

    import dagster as dg

    from momentum_dagster.instance_config import write_config

    home = settings().dagster_home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(home)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two first commands at once would both make Dagster's tables, and fail
        write_config(home)
        return dg.DagsterInstance.get()


def execute(
    job: str,
    outcome: Outcome,
    *,
    run_config: dict[str, Any] | None = None,
    tags: dict[str, str],
    assets: list[str] | None = None,
) -> None:
    """Runs a job, or some of its assets, to its end in this process and adds to `outcome`."""
    import logging

    import dagster as dg

    from momentum_dagster.definitions import build_defs

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **(run_config or {})}
    selected = [dg.AssetKey(name) for name in assets] if assets else None
    started = time.monotonic()
    with dagster_instance() as instance, shown_progress():
        result = (
            build_defs(settings())
            .resolve_job_def(job)
            .execute_in_process(
                instance=instance, run_config=config, tags=tags, raise_on_error=False, asset_selection=selected
            )
        )
        _add(outcome, result)
        if not result.success:
            _add_left_out(outcome, instance, result)
    outcome.seconds += time.monotonic() - started


def _add(outcome: Outcome, result: dg.ExecuteInProcessResult) -> None:
    import dagster as dg

    from momentum_dagster.assets.files import IN_THIS_RUN

    steps: dict[str, list[str]] = {}
    for event in result.all_events:
        if event.is_step_materialization:
            asset = event.asset_key.to_user_string() if event.asset_key else ""
            line = outcome.line(asset)
            metadata = event.step_materialization_data.materialization.metadata
            rows = metadata.get("dagster/row_count")
            line.rows = rows.value if rows is not None else line.rows  # type: ignore[assignment]
            line.did |= {
                name.removesuffix(IN_THIS_RUN): int(str(value.value))
                for name, value in metadata.items()
                if name.endswith(IN_THIS_RUN)
            }
            if asset not in steps.setdefault(event.step_key or "", []):
                steps[event.step_key or ""].append(asset)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            line = outcome.line(evaluation.asset_key.to_user_string())
            if evaluation.passed:
                line.passed += 1
            else:
                why = (evaluation.description or "").removeprefix(f"{line.asset}: ")
                blocks = evaluation.severity == dg.AssetCheckSeverity.ERROR
                (line.failed if blocks else line.warned).append(f"{evaluation.check_name}: {why}")
        elif event.is_step_success and event.step_key in steps:
            # a step that makes several assets took its time for all of them: told with the first
            outcome.line(steps[event.step_key][0]).seconds += event.step_success_data.duration_ms / 1000
        elif event.is_step_failure and (why := _why(event)):
            outcome.errors.append(why)


def _add_left_out(outcome: Outcome, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    """What stands behind a failure was not computed, and keeps the rows it had."""
    import dagster as dg

    planned = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    wanted = dict.fromkeys(entry.get_dagster_event().asset_key for entry in planned)
    done = {event.asset_key for event in result.all_events if event.is_step_materialization}
    if left_out := [key.to_user_string() for key in wanted if key is not None and key not in done]:
        outcome.errors.append(f"not computed because of it: {', '.join(left_out)}")


def _why(event: dg.DagsterEvent) -> str:
    """The innermost cause of a failed step, without the wrapping. A person's Ctrl-C is raised again.

    Empty for a check that failed: its own line says more.
    """
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is not None and error.cls_name == "DagsterExecutionInterruptedError":
        raise KeyboardInterrupt
    if error is not None and error.cls_name == "DagsterAssetCheckFailedError":
        return ""
    message = error.message.strip() if error is not None else event.message or "failed"
    return f"{event.step_key}: {message}"


@contextmanager
def shown_progress() -> Iterator[None]:
    """A bar on a terminal, a plain line every few seconds elsewhere; both on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not to_stderr.is_terminal:
        listener = _plain_lines()
        progress.listen(listener)
        try:
            yield
        finally:
            progress.forget(listener)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=to_stderr, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def listener(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        progress.listen(listener)
        try:
            yield
        finally:
            progress.forget(listener)


def _plain_lines(every_s: float = 5.0) -> progress.Listener:
    last: dict[str, float] = {}

    def listener(what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - last.setdefault(what, now) >= every_s:
            last[what] = now
            tell(f"{what}: {done}" + (f" of {total}" if total else ""))

    return listener


def recompute_open(outcome: Outcome) -> tuple[date, date] | None:
    """One run over the months that open changes ask for; None where none is open."""
    from momentum.warehouse.todo import range_of_changes
    from momentum_dagster.partitions import range_tags

    with store() as client:
        wanted = range_of_changes(client, datetime.now(UTC))
    if wanted is None:
        return None
    execute("recompute", outcome, tags=range_tags(wanted.first, wanted.last, of_changes=True))
    return wanted.first, wanted.last


def after_entry(later: bool) -> None:
    """What every entry by hand ends with: the recompute it asks for, unless the person wants it later."""
    if later:
        return
    outcome = Outcome()
    months = recompute_open(outcome)
    if months is not None:
        tell(f"recomputed {months[0]:%Y-%m} to {months[1]:%Y-%m} in {outcome.seconds:.1f} s", style="dim")
    raise_for(outcome)


def raise_for(outcome: Outcome) -> None:
    """Raises MomentumError with what went wrong, if anything did."""
    for line in outcome.lines.values():
        for warning in line.warned:
            tell(f"look at this: {line.asset}, check {warning}", style="yellow")
    failed = [f"{line.asset}, check {name}" for line in outcome.lines.values() for name in line.failed]
    if outcome.errors or failed:
        raise MomentumError("; ".join([*failed, *outcome.errors]))
