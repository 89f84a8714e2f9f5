"""Plans as they were shown, with the facts they rest on: what has moved since can be named when one is said yes to.

On this machine alone, and apart from the journal: looking at a plan must not write where somebody may be applying.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from momentum.fleet.facts import Facts, Known
    from momentum.provisioning.survey import Survey
    from momentum.settings import Settings

KEPT = 50


def keep(settings: Settings, seen: Survey) -> None:
    """Keeps the plan of a survey; the oldest of many go."""
    from momentum.fleet.plan import basis

    if seen.plan is None or not seen.plan.steps:
        return
    folder = settings.infra_dir / "plans"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f"{seen.plan.hash}.new"
    fresh.write_text(json.dumps(basis(seen.plan, seen.facts, seen.known), default=str), encoding="utf-8")
    fresh.rename(_place(settings, seen.plan.hash))
    for old in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        old.unlink(missing_ok=True)


def moved_since(settings: Settings, plan_hash: str, facts: Facts, known: Known) -> list[str]:
    """A line for each fact that differs from when the plan was shown here; none for a plan that was not."""
    from momentum.provisioning.moved import differences

    try:
        rested_on = json.loads(_place(settings, plan_hash).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return differences(sorted(rested_on), rested_on, facts, known)


def _place(settings: Settings, plan_hash: str) -> Path:
    return settings.infra_dir / "plans" / f"{plan_hash}.json"
