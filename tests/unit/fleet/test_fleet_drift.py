"""What was changed by hand at the provider, or that nobody ordered, is named by server and field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from momentum.fleet.drift import Difference, drift
from momentum.fleet.facts import Facts, Known, Machine
from momentum.fleet.membership import mark_of
from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text

FLEET = read_fleet(default_fleet_text())
KNOWN = Known(services={server.name: f"vps-{server.name}" for server in FLEET.servers})
MACHINES = {
    f"vps-{server.name}": Machine(
        service=f"vps-{server.name}",
        display_name=server.name,
        plan=server.plan,
        datacenter=FLEET.provider.datacenter,
        state="running",
        image=FLEET.provider.image,
        public_ipv4=f"203.0.113.{number}",
        expires=date(2027, 11, 1),
        renews=True,
        renew_months=FLEET.provider.term_months,
        mark=mark_of(FLEET, server.name),
    )
    for number, server in enumerate(FLEET.servers, start=1)
}


def of_machines(machines: dict[str, Machine] | None) -> list[Difference]:
    return [one for one in drift(FLEET, Facts(machines=machines), KNOWN) if one.part == "machine"]


def test_a_fleet_that_is_as_its_file_says_has_none() -> None:
    assert of_machines(MACHINES) == []


@pytest.mark.parametrize(
    ("changed", "field", "found"),
    [
        ({"display_name": "mail"}, "display name", "mail"),
        ({"renews": False}, "renewal", "none"),
        ({"renew_months": 1}, "renewal", "every 1 months"),
    ],
)
def test_what_was_changed_by_hand_is_named(changed: dict[str, object], field: str, found: str) -> None:
    machines = MACHINES | {"vps-server-2": replace(MACHINES["vps-server-2"], **changed)}  # type: ignore[arg-type]
    [one] = of_machines(machines)
    assert (one.server, one.field, one.found) == ("server-2", field, found)


def test_a_machine_that_nobody_ordered_is_named() -> None:
    stray = replace(MACHINES["vps-server-1"], service="vps-stray", display_name="", mark="")
    [one] = of_machines(MACHINES | {"vps-stray": stray})
    assert (one.server, one.field) == ("vps-stray", "service")
    assert "nobody ordered" in one.wanted


def test_what_was_not_read_is_no_difference() -> None:
    assert drift(FLEET, Facts(), KNOWN) == []
