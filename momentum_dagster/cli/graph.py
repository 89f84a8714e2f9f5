"""Commands that run the graph over what is there: run, refresh, backfill."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from momentum_dagster.cli.printing import console, print_json, print_rows, say, tell
from momentum_dagster.cli.runs import Outcome, execute, raise_for, recompute_open
from momentum_dagster.cli.shared import Json, command_again, day_of, settings, store

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client


def run(as_json: Json = False) -> None:
    """Materialize the whole graph and say what it did; with nothing imported, on three generated athletes."""
    from momentum_dagster.assets.inbox import left_alone
    from momentum_dagster.cli.demo import use_demo_if_empty

    demo = use_demo_if_empty()
    fleet, outcome = Outcome(), Outcome()
    execute("observe_fleet", fleet, tags={})
    execute("take_in", outcome, tags={})
    for told in left_alone(settings().inbox_dir):
        tell(told, style="yellow")
    if outcome.ok:  # a fleet that is ill stops no athlete's months here: the store is looked at by itself
        _recompute_all(outcome)
    outcome = fleet + outcome
    _tell(outcome, as_json, demo)
    if not outcome.ok:
        raise_for(outcome)


def _recompute_all(outcome: Outcome) -> None:
    """The months that are open, or all that hold anything when none is."""
    from momentum.warehouse.todo import current_month, first_month
    from momentum_dagster.partitions import range_tags

    if recompute_open(outcome) is not None:
        return
    with store() as client:
        first = first_month(client)
    last = current_month(datetime.now(UTC))
    execute("recompute", outcome, tags=range_tags(first or last, last))


def _tell(outcome: Outcome, as_json: bool, demo: bool) -> None:
    lines = list(outcome.lines.values())
    if as_json:
        told = {"ok": outcome.ok, "seconds": outcome.seconds, "demo": demo, "errors": outcome.errors}
        print_json(told | {"assets": lines})
        return
    from momentum.reports.terminal import run_table

    again = command_again(demo or "MOMENTUM_HOME" in os.environ)
    who = "camille" if demo else "ID"
    run_table(
        console,
        [(one.asset, one.rows, one.seconds, one.passed, len(one.warned), len(one.failed)) for one in lines],
        [
            f"{again} athlete show {who}",
            f"{again} ui    (the graph, its checks and plots in a browser)",
            f"{again} sql 'SELECT * FROM quarantine'    (files refused or read in part)",
            f"{again} infra status    (servers, mesh and cluster beside the data; what is not connected)",
        ],
    )


def refresh(as_json: Json = False) -> None:
    """Compute what open changes ask for, a new day among them, and nothing else."""
    from momentum.warehouse.todo import open_new_days
    from momentum_dagster.cli.shared import change_opener

    with store() as client:
        open_new_days(client, change_opener(client), datetime.now(UTC))
        _mend_doorbell(client)
    outcome = Outcome()
    months = recompute_open(outcome)
    if as_json:
        print_json({"ok": outcome.ok, "from": months and months[0], "to": months and months[1]})
    else:
        say(f"computed again: {months[0]:%Y-%m} to {months[1]:%Y-%m}" if months else "nothing is open")
    raise_for(outcome)


def _mend_doorbell(client: Client) -> None:
    """A doorbell that cannot be read is written anew from the journal, which knows better."""
    from momentum.adapters.doorbell import Doorbell
    from momentum.warehouse.changes import open_changes
    from momentum.warehouse.todo import dense_to

    bell = Doorbell(settings().doorbell_path)
    said = bell.last()
    if said.damaged:
        first = min((change.from_date for change in open_changes(client)), default=None)
        bell.settle(said.number, first, dense_to(client))


def backfill(
    assets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Some of activities, activity_sources, activity_metrics, daily_load, fitness, weekly_rollup, "
            "monthly_rollup, power_curve; all of them if none is named."
        ),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="A day in the first month.")] = None,
    last: Annotated[str, typer.Option("--to", help="A day in the last month.")] = "today",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which months, which assets, and why.")] = False,
    as_json: Json = False,
) -> None:
    """Compute months again, in one run. Without --from: what is stale or open, and only that.

    Stale: rows that an older version of their model computed. Open: a change was entered and what follows
    from it is not computed yet.
    """
    from momentum_dagster.cli.backfills import planned

    plan = planned(assets or [], day_of(first) if first else None, day_of(last))
    rows = [asdict(one) for one in plan]
    if dry_run or not plan:
        print_rows(rows, as_json=as_json, empty="nothing to do: no row of another version, no open change")
        return
    from momentum_dagster.partitions import range_tags

    outcome = Outcome()
    months = min(one.first for one in plan), max(one.last for one in plan)
    execute("recompute", outcome, tags=range_tags(*months), assets=[*(one.asset for one in plan), "changes"])
    if as_json:
        print_json({"ok": outcome.ok, "seconds": outcome.seconds, "plan": rows})
    else:
        print_rows(rows, as_json=False)
        if outcome.ok:
            say(f"computed again in {outcome.seconds:.1f} s")
    raise_for(outcome)
