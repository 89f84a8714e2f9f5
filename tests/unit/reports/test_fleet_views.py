"""The plan as a person reads it: whole at 80 and at 120 columns, with its hash, its price and what it destroys."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from momentum.fleet.facts import Facts, Known
from momentum.fleet.plan_picture import plan_picture
from momentum.fleet.source import read_fleet
from momentum.fleet.steps import Plan, Price, Step
from momentum.fleet.template import default_fleet_text
from momentum.provisioning.folded import HistoryRow
from momentum.provisioning.survey import Survey
from momentum.reports.fleet_views import fleet_view, history_view, plan_view

FLEET = read_fleet(default_fleet_text())
PLAN = Plan(
    "fleet",
    (
        Step(
            "server.order", "server-1", "the file asks for a vps-2027-model3 and none is it", price=Price(10.4, 124.8)
        ),
        Step("host.sysctl", "server-2", "vm.panic_on_oom is 1 and shall be 0", risk="restart"),
        Step("server.end", "agent-1", "not in the file any more", risk="destroys data"),
    ),
    {"dns": "the zone does not answer"},
)


def shown(width: int, view, *given) -> str:  # type: ignore[no-untyped-def]
    console = Console(file=io.StringIO(), width=width, color_system=None)
    view(console, *given)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [80, 120])
def test_the_plan_fits_and_is_whole(width: int) -> None:
    text = shown(width, plan_view, PLAN, 20)
    assert all(len(line) <= width for line in text.splitlines())
    flat = " ".join(text.split())
    for step in PLAN.steps:
        assert step.kind in flat
        assert step.target in flat
        assert step.reason in flat
    assert "restart" in flat
    assert "124.80" in flat
    assert "Due today 124.80 EUR without tax, 149.76 with 20 % tax" in flat
    assert "Destroys data on agent-1" in flat
    assert f"3 steps. Plan {PLAN.hash}" in flat
    assert "not seen: dns: the zone does not answer" in flat


def test_no_step_is_said_and_what_was_not_seen_is_not_taken_for_done() -> None:
    assert "Nothing to do" in shown(80, plan_view, Plan("fleet", ()), 20)
    blind = shown(80, plan_view, Plan("fleet", (), {"machines": "OVH does not answer"}), 20)
    assert "Nothing to do" not in blind
    assert "OVH does not answer" in blind


def test_what_is_open_is_shown_and_never_that_all_is_well_beside_it() -> None:
    asks = Plan("fleet", (), questions={"server-2": "its machine is gone"})
    told = shown(80, plan_view, asks, 20)
    assert "open: server-2: its machine is gone" in told and "Nothing to do" not in told
    assert "Nothing to do" not in plan_picture(asks, 20) and "server-2" in plan_picture(asks, 20)
    assert "Nothing to do" not in shown(80, plan_view, Plan("fleet", ()), 20, 1), "something differs"
    known = Known(services={server.name: f"vps-{server.name}" for server in FLEET.servers})
    status = " ".join(shown(120, fleet_view, Survey(FLEET, Facts(machines={}, dns=()), known)).split())
    assert "open: server-2: its machine vps-server-2 is gone" in status
    assert "Nothing to do" not in status


@pytest.mark.parametrize("width", [80, 120])
def test_status_shows_what_is_known_and_no_empty_part(width: int) -> None:
    text = shown(width, fleet_view, Survey(FLEET, Facts(), not_seen="not connected: no credentials yet"))
    assert "Servers" in text
    assert all(server.name in text for server in FLEET.servers)
    assert "Control plane" not in text
    assert all(len(line) <= width for line in text.splitlines())


def test_history_tells_when_what_and_how_it_ended() -> None:
    row = HistoryRow(
        3, datetime(2026, 11, 2, 9, tzinfo=UTC), "abc", "server.mark", "server-1", "failed", 1.25, "refused"
    )
    flat = " ".join(shown(120, history_view, [row]).split())
    assert "2026-11-02 09:00:00 server.mark server-1 failed 1.2 refused" in flat
