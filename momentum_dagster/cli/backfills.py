"""Which months of which assets a backfill covers, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import typer

from momentum_dagster.cli.shared import store

# In the order of the graph: what is computed from an asset stands behind it.
MONTHLY = (
    "activities", "activity_sources", "activity_metrics", "daily_load", "fitness", "weekly_rollup",
    "monthly_rollup", "power_curve",
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """Months of one asset, by their first days, and the reason."""

    asset: str
    first: date
    last: date
    why: str


def planned(assets: list[str], first: date | None, last: date) -> list[Planned]:
    """What to compute: the named months, or what is stale or open where none are named.

    Series have memory, so a range that a person names starts where they say and ends where they say,
    but what is stale is always computed to the current month.
    """
    if unknown := sorted(set(assets) - set(MONTHLY)):
        raise typer.BadParameter(f"no such asset: {', '.join(unknown)}; known are {', '.join(MONTHLY)}")
    wanted = [name for name in MONTHLY if name in assets] or list(MONTHLY)
    if first is not None:
        if first > last:
            raise typer.BadParameter(f"--from {first} lies after --to {last}")
        return [Planned(name, *_months(first, last), "asked for") for name in wanted]
    return [one for one in _needed() if one.asset in wanted]


def _months(first: date, last: date) -> tuple[date, date]:
    """First and last month of a range, as far as there are such months."""
    from momentum.warehouse.todo import FIRST_MONTH, current_month

    now = current_month(datetime.now(UTC))
    if last < FIRST_MONTH or first.replace(day=1) > now:
        raise typer.BadParameter(f"no month from {first} to {last}: there are {FIRST_MONTH:%Y-%m} to {now:%Y-%m}")
    return max(first.replace(day=1), FIRST_MONTH), min(last.replace(day=1), now)


def _needed() -> list[Planned]:
    from momentum.warehouse.models.stale import stale_months
    from momentum.warehouse.todo import current_month, range_of_changes

    now = datetime.now(UTC)
    with store() as client:
        stale = stale_months(client)
        opened = range_of_changes(client, now)
    reasons: dict[str, list[tuple[date, str]]] = {}
    for one in stale:
        reasons.setdefault(one.table, []).append((one.month, one.reason))
    if opened is not None:
        for name in MONTHLY:
            reasons.setdefault(name, []).append((opened.first, "; ".join(opened.reasons[:3])))
    return [
        Planned(
            name, min(month for month, _ in found), current_month(now), "; ".join(sorted({why for _, why in found}))
        )
        for name in MONTHLY
        if (found := reasons.get(name))
    ]
