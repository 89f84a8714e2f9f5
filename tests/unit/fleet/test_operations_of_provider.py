"""Steps and differences of machines and DNS records: no difference, no step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from momentum.fleet.facts import DnsRecordFact, Facts, Known, Machine, OpenOrder, Task
from momentum.fleet.operations import dns, servers
from momentum.fleet.steps import Price, Step
from tests.provider_runs import fleet_of

FLEET = fleet_of(4)
NAMES = [server.name for server in FLEET.servers]
KNOWN = Known(
    services={name: f"vps-{name}" for name in NAMES}, host_keys={name: f"ssh-ed25519 {name}" for name in NAMES}
)


def machine(name: str, number: int = 1) -> Machine:
    return Machine(
        service=f"vps-{name}",
        display_name=name,
        plan="vps-2027-model3",
        datacenter="GRA",
        state="running",
        image="Debian 12",
        public_ipv4=f"198.51.100.{number}",
        expires=date(2027, 11, 2),
        renews=True,
        renew_months=12,
        mark=f"momentum/{name}",
    )


MACHINES = {f"vps-{name}": machine(name, number) for number, name in enumerate(NAMES, 1)}


def facts_with(name: str, **changed: object) -> Facts:
    return Facts(machines=MACHINES | {f"vps-{name}": replace(MACHINES[f"vps-{name}"], **changed)})  # type: ignore[arg-type]


def kinds(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.kind, step.target) for step in steps]


def test_no_change() -> None:
    assert list(servers.steps(FLEET, Facts(machines=MACHINES), KNOWN)) == []
    assert list(servers.ending(FLEET, Facts(machines=MACHINES), KNOWN)) == []
    assert list(servers.differences(FLEET, Facts(machines=MACHINES), KNOWN)) == []


def test_nothing_there_is_planned_whole() -> None:
    steps = list(servers.steps(FLEET, Facts(machines={}), Known()))
    ways = ("server.order", "server.install", "server.pin", "server.mark", "server.renew")
    assert kinds(steps) == [(kind, name) for name in NAMES for kind in ways]
    orders = [step for step in steps if step.kind == "server.order"]
    assert all(step.price == Price(10.40, 124.80) for step in orders)
    assert all(step.wants["today_eur_with_tax"] == 149.76 for step in orders)
    assert (orders[0].wants["duration"], orders[0].wants["pricing_mode"]) == ("P1Y", "upfront12")
    assert sum(step.price.today for step in steps) == pytest.approx(499.20)
    assert not any("vps-" in str(step.wants.get("service")) for step in steps)


def test_a_month_s_term_is_ordered_by_the_month() -> None:
    fleet = fleet_of(1, provider=FLEET.provider.model_copy(update={"term_months": 1}))
    step = next(iter(servers.steps(fleet, Facts(machines={}), Known())))
    assert (step.wants["duration"], step.wants["pricing_mode"], step.price.today) == ("P1M", "default", 12.24)


@pytest.mark.parametrize(
    ("changed", "steps", "difference"),
    [
        ({"display_name": "old"}, ["server.mark"], ("display name", "agent-1", "old")),
        ({"mark": ""}, ["server.mark"], ("mark", "momentum/agent-1", "")),
        ({"renews": False}, ["server.renew"], ("renewal", "every 12 months", "none")),
        ({"renew_months": 1}, ["server.renew"], ("renewal", "every 12 months", "every 1 months")),
        ({"plan": "vps-2027-model1"}, [], ("plan", "vps-2027-model3", "vps-2027-model1")),
        ({"datacenter": "SBG"}, [], ("datacenter", "GRA", "SBG")),
        ({"state": "rescued"}, [], ("state", "running", "rescued")),
        ({"tasks": (Task(5, "rebootVm", "blocked"),)}, [], ("task 5", "done", "rebootVm blocked")),
        ({"state": "backuping"}, [], None),
        ({"expires": date(2028, 1, 1)}, [], None),
    ],
)
def test_a_machine_that_is_not_as_the_file_says(
    changed: dict[str, object], steps: list[str], difference: tuple[str, str, str] | None
) -> None:
    facts = facts_with("agent-1", **changed)
    assert [step.kind for step in servers.steps(FLEET, facts, KNOWN)] == steps
    told = [] if difference is None else [("agent-1", "machine", *difference)]
    assert list(servers.differences(FLEET, facts, KNOWN)) == told


def test_a_machine_that_nobody_ordered_is_a_difference_and_no_step() -> None:
    stranger = replace(machine("x"), service="vps-x", display_name="test of a friend", mark="")
    facts = Facts(machines=MACHINES | {"vps-x": stranger})
    assert list(servers.steps(FLEET, facts, KNOWN)) == []
    ((server, part, field, wanted, found),) = servers.differences(FLEET, facts, KNOWN)
    assert (server, part, field) == ("vps-x", "machine", "service")
    assert wanted == "none: nobody ordered it here"
    assert found == "vps-2027-model3 in GRA, called test of a friend"


def test_a_machine_that_says_it_is_the_server_is_not_ordered_beside() -> None:
    """The journal was lost, or it is another operator's."""
    steps = list(servers.steps(FLEET, Facts(machines=MACHINES), Known()))
    assert steps == []
    rows = list(servers.differences(FLEET, Facts(machines=MACHINES), Known()))
    assert ("agent-1", "machine", "service") in [row[:3] for row in rows]
    assert any("vps-agent-1 says that it is it: adopt it" in row[4] for row in rows)


def test_a_machine_that_is_gone_is_told_and_not_bought_again() -> None:
    left = {service: one for service, one in MACHINES.items() if service != "vps-agent-1"}
    assert list(servers.steps(FLEET, Facts(machines=left), KNOWN)) == []
    assert list(servers.differences(FLEET, Facts(machines=left), KNOWN)) == [
        ("agent-1", "machine", "service", "vps-agent-1", "gone from the account")
    ]


def test_an_order_of_a_server_that_left_the_file_is_told() -> None:
    known = replace(KNOWN, orders=(OpenOrder("agent-9", "c", 5, "paying"),))
    assert list(servers.differences(FLEET, Facts(machines=MACHINES), known)) == [
        ("agent-9", "machine", "order", "none: the file does not name it", "order 5, paying")
    ]


def test_never_installed_anew_but_just_after_the_delivery() -> None:
    def installed(known: Known) -> list[str]:
        return [step.target for step in servers.steps(FLEET, Facts(machines=MACHINES), known) if "install" in step.kind]

    assert installed(KNOWN) == []
    fresh = replace(KNOWN, orders=(OpenOrder("agent-1", "c", 5, "delivered"),))
    assert installed(fresh) == ["agent-1"]
    assert installed(replace(KNOWN, host_keys={})) == []


def test_leaving_ends_with_the_term_and_asks_for_the_name() -> None:
    (step,) = servers.ending(fleet_of(3), Facts(machines=MACHINES), KNOWN)
    assert (step.kind, step.target, step.risk) == ("server.end", "agent-1", "destroys data")
    assert "2027-11-02" in step.reason
    assert step.rests_on.keys() == {"machine:vps-agent-1"}
    assert list(servers.ending(fleet_of(3), facts_with("agent-1", renews=False), KNOWN)) == []
    assert list(servers.steps(fleet_of(3), Facts(machines=MACHINES), KNOWN)) == []


def test_the_same_step_has_the_same_id_before_and_after_the_delivery() -> None:
    """A plan is approved before the machine has a name, and goes on after it has one."""
    before = {step.kind: step for step in servers.steps(fleet_of(1), Facts(machines={}), Known())}
    name = NAMES[0]
    bare = replace(machine(name), display_name="", mark="", renew_months=1)
    known = Known(services={name: f"vps-{name}"}, orders=(OpenOrder(name, "c", 5, "delivered"),))
    after = {step.kind: step for step in servers.steps(fleet_of(1), Facts(machines={f"vps-{name}": bare}), known)}
    assert after.keys() == before.keys() - {"server.order"}
    explained = set(before["server.order"].changes)
    for kind, step in after.items():
        assert (step.id, set(step.rests_on) - explained) == (before[kind].id, set())


def records() -> tuple[DnsRecordFact, ...]:
    """As the default file wants them, of machines 1 to 4."""
    assert FLEET.dns is not None
    made: list[DnsRecordFact] = []
    for record in FLEET.dns.records:
        name = "" if record.name == "@" else record.name
        chosen = [s for s in FLEET.servers if record.servers is not None and record.servers.items() <= s.labels.items()]
        values = [MACHINES[f"vps-{s.name}"].public_ipv4 for s in chosen] or [record.value or ""]
        made += [
            DnsRecordFact(len(made) + n, name, record.type, value, record.ttl_s) for n, value in enumerate(values, 1)
        ]
    return tuple(made)


def test_no_change_of_dns() -> None:
    facts = Facts(machines=MACHINES, dns=records())
    assert list(dns.steps(FLEET, facts, KNOWN)) == []
    assert list(dns.differences(FLEET, facts, KNOWN)) == []


def test_records_of_others_are_left_alone() -> None:
    mail = DnsRecordFact(90, "", "MX", "10 mail.example.com.", 3600)
    blog = DnsRecordFact(91, "blog", "A", "203.0.113.9", 3600)
    assert list(dns.steps(FLEET, Facts(machines=MACHINES, dns=(*records(), mail, blog)), KNOWN)) == []


@pytest.mark.parametrize("change", ["value", "ttl_s", "missing", "more"])
def test_a_record_that_is_not_as_the_file_says(change: str) -> None:
    first, *rest = records()
    found = {
        "value": (replace(first, value="203.0.113.1"), *rest),
        "ttl_s": (replace(first, ttl_s=60), *rest),
        "missing": tuple(rest),
        "more": (first, *rest, replace(first, id=99, value="203.0.113.1")),
    }[change]
    facts = Facts(machines=MACHINES, dns=found)
    (step,) = dns.steps(FLEET, facts, KNOWN)
    assert (step.kind, step.target) == ("dns.records", "@.example.com A")
    ((zone, part, field, _, _),) = dns.differences(FLEET, facts, KNOWN)
    assert (zone, part, field) == ("example.com", "dns", "@.example.com A")


def test_records_of_servers_to_come_name_the_servers() -> None:
    steps = list(dns.steps(FLEET, Facts(machines={}, dns=()), Known()))
    assert steps[0].wants["servers"]
    assert "addresses of servers to come" in steps[0].reason
    assert dns.resolved(steps[0].wants, Facts(machines={}), Known()) is None


def test_a_change_that_was_not_refreshed_is_planned_again() -> None:
    known = replace(KNOWN, dns_pending=("@.example.com A",))
    (step,) = dns.steps(FLEET, Facts(machines=MACHINES, dns=records()), known)
    assert (step.target, step.reason) == (
        "@.example.com A",
        "the records were changed and the name servers not told yet",
    )


@pytest.mark.parametrize(
    ("one", "other"), [('"v=spf1 -all"', "v=spf1 -all"), ("name.example.com.", "name.example.com")]
)
def test_values_are_compared_as_they_mean(one: str, other: str) -> None:
    assert dns.normal(one) == dns.normal(other)
