"""How the fleet stands, as plain data for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from momentum.provisioning import rows

if TYPE_CHECKING:
    from momentum.provisioning.survey import Survey

SHOWN = {
    "servers": rows.servers,
    "mesh": rows.mesh,
    "firewall": rows.firewall,
    "first_server": rows.first_server,
    "control_plane": rows.control_plane,
    "agents": rows.agents,
    "dns": rows.dns,
}


def fleet_status(seen: Survey) -> dict[str, Any]:
    """Rows by kind of thing, what differs from the file, how many steps are left, what is open."""
    return {
        "not_connected": seen.not_seen or None,
        "one_operator": seen.alone or None,
        "older_file": seen.older_file or None,
        **{name: of(seen.fleet, seen.facts, seen.known) if seen.fleet else [] for name, of in SHOWN.items()},
        "differences": [asdict(one) for one in seen.differences],
        "steps_to_do": len(seen.plan.steps) if seen.plan else None,
        "unread": dict(seen.facts.unread),
        "questions": dict(seen.plan.questions) if seen.plan else {},
    }
