"""Activities without a load: how many, why, and the command that helps. Nothing is missing in silence."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from momentum_dagster.cli.printing import say

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.warehouse.queries import Unloaded

# What such a value looks like, so that the command can be copied and the number be put right.
_SUCH_AS = {
    "ftp_w": "250",
    "critical_power_w": "240",
    "lthr_bpm": "168",
    "resting_hr_bpm": "50",
    "max_hr_bpm": "190",
    "threshold_speed_mps": "4.0",
    "css_mps": "1.2",
}


def without_load(client: Client, athlete_id: str) -> Unloaded:
    from momentum.warehouse.queries import unloaded

    return unloaded(client, athlete_id)


def as_data(found: Unloaded) -> dict[str, Any]:
    """The same for scripts."""
    return asdict(found) | {"missing": dict(found.missing)}


def tell_without_load(athlete_id: str, found: Unloaded) -> None:
    """Says how many activities have no load and why, and what would give them one; nothing if all have one."""
    if not found.without:
        return
    reasons = [f"{name} not set ({count})" for name, count in found.missing]
    if found.unmeasured:
        reasons.append(f"nothing measured or entered that a load can be taken from ({found.unmeasured})")
    say(
        f"{found.without} of {found.activities} activities have no load: {', '.join(reasons)}",
        style="yellow",
    )
    for name, count in found.missing[:3]:
        if name in _SUCH_AS:
            say(
                f"  `momentum threshold set {athlete_id} {name}={_SUCH_AS[name]} --from {found.first_day}` "
                f"with the athlete's own value: for {count}"
            )
    if found.unmeasured:
        say(f"  `momentum activity set-rpe {athlete_id} ACTIVITY 6` says how hard one was: for {found.unmeasured}")
