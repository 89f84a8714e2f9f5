"""The plan: areas joined in order, as rows, as JSON, as a picture, with its costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any
from xml.etree import ElementTree

import pytest

from momentum.fleet.fact_hash import fact, fact_hash, rests_on
from momentum.fleet.facts import Facts, Host, Known, Machine, PeerFact, Task
from momentum.fleet.plan import basis, fleet_hash, plan
from momentum.fleet.plan_picture import plan_picture
from momentum.fleet.plan_table import plan_cost, plan_rows
from momentum.fleet.steps import Plan, Price, Step
from tests.standins.areas import AREAS
from tests.standins.world import World, small_fleet

ORDER = Step("server.order", "s1", "none is there", price=Price(10.40, 124.80), wants={"plan": "model3"})
RESTART = Step("host.files", "s1", "k3s.yaml <differs>", "restart", wants={"paths": ["/etc/a & b"]})
LEAVE = Step("server.end", "s9", "not in the file", "destroys data", Price(-10.40, 0.0))


def _empty() -> tuple[Facts, Known]:
    return Facts(machines={}), Known()


def _machine(**values: Any) -> Machine:
    usual: dict[str, Any] = {
        "service": "vps-1",
        "display_name": "s1",
        "plan": "vps-2027-model3",
        "datacenter": "GRA",
        "state": "running",
        "image": "Debian 13",
        "public_ipv4": "203.0.113.1",
        "expires": date(2027, 1, 1),
        "renews": True,
    }
    return Machine(**usual | values)


def test_areas_are_asked_in_their_order_and_the_same_world_gives_the_same_plan() -> None:
    facts, known = _empty()
    fleet = small_fleet()
    first, again = plan(fleet, facts, known, AREAS), plan(fleet, facts, known, AREAS)
    kinds = list(dict.fromkeys(step.kind for step in first.steps))
    assert kinds[:4] == ["order", "mark", "pin", "file"]
    assert kinds[-2:] == ["label", "dns"]
    assert first.hash == again.hash
    assert plan(small_fleet(servers=1), facts, known, AREAS).hash != first.hash


def test_the_real_areas_plan_a_bootstrap_that_orders_every_server_once() -> None:
    facts, known = Facts(machines={}, dns=()), Known()
    made = plan(small_fleet(), facts, known)
    orders = [step.target for step in made.steps if step.kind == "server.order"]
    assert orders == ["s1", "s2", "s3", "a1"]


def test_what_was_not_read_is_not_planned() -> None:
    made = plan(small_fleet(), Facts(unread={"machines": "no credentials"}), Known(), AREAS)
    assert made.steps == ()
    assert made.unread == {"machines": "no credentials"}


def test_one_step_twice_is_a_mistake_that_is_told() -> None:
    def twice(*_: Any) -> Iterator[Step]:
        yield from (ORDER, ORDER)

    with pytest.raises(ValueError, match=r"server\.order:s1"):
        plan(small_fleet(), *_empty(), {"servers": twice})


def test_the_same_file_in_other_words_is_the_same_fleet() -> None:
    fleet = small_fleet()
    assert fleet_hash(fleet) == fleet_hash(fleet.model_validate(json.loads(fleet.model_dump_json())))
    assert fleet_hash(fleet) != fleet_hash(fleet.model_copy(update={"name": "other"}))


def test_a_plan_comes_back_from_json_as_it_was() -> None:
    odd = Step("host.files", "s2", "ü", wants={"to": IPv4Address("10.0.0.1"), "on": date(2026, 11, 25), "t": (1, 2.5)})
    made = Plan("f", (ORDER, RESTART, LEAVE, odd), {"dns": "not connected"})
    back = Plan.from_json(made.to_json())
    assert back.hash == made.hash
    assert [step.id for step in back.steps] == [step.id for step in made.steps]
    assert back.unread == made.unread
    assert back.to_json() == made.to_json()


@pytest.mark.parametrize(
    "field", ["fleet", "kind", "target", "reason", "risk", "price", "wants", "rests_on", "changes"]
)
def test_nothing_of_a_plan_can_change_without_its_hash(field: str) -> None:
    values = json.loads(Plan("f", (ORDER,)).to_json())
    if field == "fleet":
        values["fleet"] = "g"
    else:
        other: dict[str, Any] = {
            "price": {"monthly": 1.0, "today": 0.0},
            "wants": {"plan": "model4"},
            "rests_on": {"dns": "0"},
            "changes": ["dns"],
        }
        values["steps"][0][field] = other.get(field, "restart")
    with pytest.raises(ValueError, match="changed after it was made"):
        Plan.from_json(json.dumps(values))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fleet": "f", "steps": [{}], "unread": {}, "hash": ""}', "{"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Plan.from_json(text)


def test_costs_are_summed_with_and_without_tax() -> None:
    cost = plan_cost(Plan("f", (ORDER,) * 4), 20)
    assert (cost.monthly, cost.monthly_with_tax) == (Decimal("41.60"), Decimal("49.92"))
    assert (cost.today, cost.today_with_tax) == (Decimal("499.20"), Decimal("599.04"))
    less = plan_cost(Plan("f", (LEAVE, RESTART)), 20)
    assert (less.monthly, less.monthly_with_tax, less.today) == (Decimal("-10.40"), Decimal("-12.48"), Decimal("0.00"))


def test_rows_are_numbered_in_order() -> None:
    assert plan_rows(Plan("f", (ORDER, RESTART)))[1] == {
        "number": 2,
        "step": "host.files",
        "target": "s1",
        "reason": "k3s.yaml <differs>",
        "risk": "restart",
        "eur_per_month": 0.0,
        "eur_today": 0.0,
    }


def test_the_picture_is_xml_that_tells_every_step_its_risk_and_the_costs() -> None:
    made = Plan("f", (ORDER, RESTART, LEAVE))
    picture = plan_picture(made, 20)
    root = ElementTree.fromstring(picture)
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1", "2", "3", "s1", "s9", "3 steps", f"Plan {made.hash}"} <= set(texts)
    assert any("124.80" in text and "149.76" in text for text in texts)
    titles = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1] == "2. host.files: k3s.yaml <differs> (restart)"
    assert "#c0392b" in picture
    assert "Nothing to do" in plan_picture(Plan("f", ()), 20)


def test_what_moves_by_itself_moves_no_hash() -> None:
    def hashes(machine: Machine, alive: bool) -> list[str]:
        facts = Facts(machines={"vps-1": machine}, hosts={"s1": _host(alive)})
        return [fact_hash(facts, Known(), name) for name in ("machines", "machine:vps-1", "host:s1:mesh")]

    usual = hashes(_machine(), True)
    assert hashes(_machine(state="backuping", tasks=(Task(1, "backupVm", "doing"),)), False) == usual
    assert hashes(_machine(display_name="other"), True)[1] != usual[1]


def _host(alive: bool) -> Host:
    peers = (PeerFact("key", "203.0.113.2:51820", ("10.90.0.2/32",), alive),)
    return Host("k", {}, {}, "pub", peers, None, (), {}, None, False, None, False, 0.0)


def test_facts_have_names_and_a_name_that_is_none_is_a_mistake() -> None:
    facts, known = Facts(machines={}, hosts={"s1": _host(True)}), Known()
    for name in ("machines", "machine:vps-9", "order:s1", "host:s1:k3s", "host:s2:k3s", "cluster:id", "dns"):
        fact(facts, known, name)
    for wrong in ("host:s1:colour", "clusters", "cluster:colour"):
        with pytest.raises(KeyError):
            fact(facts, known, wrong)
    assert rests_on(facts, known, "dns", "cluster:id") == {
        "dns": fact_hash(facts, known, "dns"),
        "cluster:id": fact_hash(facts, known, "cluster:id"),
    }


def test_the_basis_holds_each_fact_that_a_step_rests_on() -> None:
    facts, known = World().observe(None, None, Known()), Known()
    made = plan(small_fleet(), facts, known, AREAS)
    kept = basis(made, facts, known)
    assert kept.keys() == {name for step in made.steps for name in step.rests_on}
    assert kept["machines"] == []


def test_every_area_there_is_belongs_to_the_plan_and_every_one_that_compares_to_the_drift() -> None:
    from importlib import import_module
    from pkgutil import iter_modules

    from momentum.fleet import drift, operations, plan

    there = {one.name: import_module(f"{operations.__name__}.{one.name}") for one in iter_modules(operations.__path__)}
    assert {name: there[name].steps for name in plan.AREAS} == plan.AREAS
    assert plan.AREAS.keys() == there.keys()
    assert set(drift.AREAS) == {area for area in there.values() if hasattr(area, "differences")}
