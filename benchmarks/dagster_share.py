"""Dagster's own share of a recompute over many months: the graph with steps that do nothing.

    python -m benchmarks.dagster_share [--months 36] [--json]

The twin of the graph has the same assets, months, checks and metadata, and steps that do no work; its
job `recompute` runs as the command line runs it, on an instance of its own with our settings. One run
over the range against a run for each month (some are measured, their median counts for all). Goals: at
most 1.5 s for the range, and at least 6 times less than a run for each month.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.processes import measured, side, where

MONTHS = 36
GOAL_S, GOAL_TIMES = 1.5, 6
ROUNDS = 5


def measure(months: int = MONTHS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds of the range in one run and in a run for each month; both sides in one process of its own."""
    with tempfile.TemporaryDirectory() as home:
        result = side("dagster_share", "--months", months, "--rounds", rounds, "--side", home)
    return {
        **where("dagster"),
        "months": months,
        **result,
        "times_less": months * result["one_month_s"] / result["range_s"],
        "goal_s": GOAL_S,
        "goal_times": GOAL_TIMES,
    }


def runs(home: Path, months: int, rounds: int) -> dict[str, float]:
    """Medians of the seconds that a run takes: over the range, and over one month."""
    os.environ["MOMENTUM_HOME"] = str(home)
    first, last = date(2020, 1, 1), _month_after(date(2020, 1, 1), months - 1)
    _run(first, first)  # the instance is made, modules are loaded
    whole = [_run(first, last) for _ in range(rounds)]
    single = [_run(month, month) for month in (_month_after(first, n) for n in range(rounds))]
    return {
        "range_s": statistics.median(one["wall_s"] for one in whole),
        "range_cpu_s": statistics.median(one["cpu_s"] for one in whole),
        "one_month_s": statistics.median(one["wall_s"] for one in single),
    }


def _run(first: date, last: date) -> dict[str, float]:
    from momentum_dagster.cli.runs import dagster_instance
    from momentum_dagster.partitions import range_tags

    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dagster_instance() as instance:
        job = idle_graph().resolve_job_def("recompute")
        took, result = measured(
            lambda: job.execute_in_process(instance=instance, run_config=config, tags=range_tags(first, last))
        )
    if not result.success:
        raise RuntimeError("the idle graph failed")
    return took


def idle_graph() -> Any:
    """The graph with the same assets, checks and metadata, in which no step does anything."""
    from momentum_dagster.definitions import build_defs
    from momentum_dagster.jobs.jobs import recompute

    defs = build_defs()
    assets = [_idle_asset(one) if isinstance(one, dg.AssetsDefinition) else one for one in defs.assets or ()]
    checks = [_idle_checks(one) for one in defs.asset_checks or ()]
    return dg.Definitions(assets=assets, asset_checks=checks, jobs=[recompute], executor=dg.in_process_executor)


def _idle_asset(asset: Any) -> Any:
    from momentum_dagster.contract import tell_months

    @dg.multi_asset(
        specs=list(asset.specs),
        check_specs=list(asset.check_specs),
        name=asset.op.name,
        backfill_policy=asset.backfill_policy,
    )
    def idle(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        for spec in asset.specs:
            if spec.partitions_def is not None:
                tell_months(context, _Empty(), spec.key.to_user_string(), [])
            found = [check.name for check in asset.check_specs if check.asset_key == spec.key]
            results = [dg.AssetCheckResult(check_name=name, passed=True) for name in found]
            yield dg.MaterializeResult(asset_key=spec.key, check_results=results)

    return idle


def _idle_checks(checks: Any) -> Any:
    specs = list(checks.check_specs)

    @dg.multi_asset_check(specs=specs, name=checks.op.name)
    def idle(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for spec in specs:
            metadata = {"failed_rows": 0, "sample": dg.MetadataValue.json([])}
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True, metadata=metadata)

    return idle


class _Empty:
    """A store without rows."""

    def rows(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        return []


def _month_after(month: date, number: int) -> date:
    place = month.year * 12 + month.month - 1 + number
    return date(place // 12, place % 12 + 1, 1)


def as_text(result: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"Dagster's own share of a recompute over {result['months']} months; {result['machine']}, "
            f"dagster {result['dagster']}",
            f"one run over all months  {result['range_s']:6.2f} s, {result['range_cpu_s']:.2f} s of cores "
            f"(goal: at most {result['goal_s']} s)",
            f"a run for each month     {result['months'] * result['one_month_s']:6.2f} s, "
            f"{result['times_less']:.1f} times as long (goal: at least {result['goal_times']})",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(runs(given.side, given.months, given.rounds)))
        return
    result = measure(given.months, given.rounds)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


if __name__ == "__main__":
    main()
