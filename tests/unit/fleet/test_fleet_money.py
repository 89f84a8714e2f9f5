"""What the fleet costs: with and without tax, a month and today, purse by purse, and beside public clouds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from momentum.fleet.comparison import comparison
from momentum.fleet.money import TERMS, OrderTerms, cost, plan_price, server_price, with_tax
from momentum.fleet.prices import CLOUD_OFFERS, PLANS, PlanPrice
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.source import read_fleet
from momentum.fleet.steps import Price
from momentum.fleet.template import default_fleet_text
from tests.fleet_files import changed

DEFAULT = read_fleet(default_fleet_text())
MONTHLY = read_fleet(changed(("term_months: 12", "term_months: 1")))


def test_the_default_fleet_costs_49_92_with_tax_and_leaves_eight_cents() -> None:
    bill = cost(DEFAULT)
    assert (bill.servers_without_tax, bill.servers_with_tax) == (Decimal("41.60"), Decimal("49.92"))
    platform = bill.purses[0]
    assert (platform.name, platform.tax, platform.spent, platform.left) == (
        "platform",
        "included",
        Decimal("49.92"),
        Decimal("0.08"),
    )
    assert bill.unpriced == ()


def test_twelve_months_are_paid_ahead_and_one_month_is_not() -> None:
    assert TERMS[12] == OrderTerms("P1Y", "upfront12", commitment=12, paid_ahead_months=12)
    assert TERMS[1] == OrderTerms("P1M", "default", commitment=0, paid_ahead_months=1)
    assert cost(DEFAULT).due_today_with_tax == Decimal("599.04")
    assert cost(MONTHLY).due_today_with_tax == Decimal("58.75") == cost(MONTHLY).servers_with_tax
    assert cost(MONTHLY).due_today_without_tax == Decimal("48.96")


def test_storage_and_domain_are_paid_from_a_purse_of_their_own() -> None:
    office = cost(DEFAULT).purses[1]
    assert (office.name, office.spent, office.left) == ("office", Decimal("2.28"), Decimal("2.72"))
    assert [(row.what, row.paid_from) for row in cost(DEFAULT).rows] == [
        ("4 x vps-2027-model3", "platform"),
        ("object storage", "office"),
        ("domain", "office"),
    ]


def test_tax_is_rounded_once_on_the_sum() -> None:
    lines = "    - {what: other, eur_per_month: 0.02, paid_from: office}\n" * 3
    fleet = read_fleet(changed(("  lines:\n", "  lines:\n" + lines)))
    # Each alone would round 0.024 to 0.02; together with 1.90 they are 1.96, with tax 2.352.
    assert cost(fleet).purses[1].spent == Decimal("2.35")


def test_half_a_cent_is_rounded_up() -> None:
    budget = DEFAULT.budget.model_copy(update={"vat_percent": 12.5})
    assert with_tax(Decimal("0.04"), budget) == Decimal("0.05")
    assert with_tax(Decimal("0.03"), budget) == Decimal("0.03")


def test_one_server_adds_its_month_and_its_term_to_be_paid() -> None:
    server = DEFAULT.servers[0]
    assert server_price(DEFAULT, server) == Price(monthly=10.40, today=124.80)
    assert server_price(MONTHLY, server) == Price(monthly=12.24, today=12.24)


def test_a_plan_without_a_price_is_named_and_in_no_sum() -> None:
    fleet = read_fleet(changed(("plan: vps-2027-model3", "plan: vps-2027-model1")))
    assert plan_price("vps-2027-model1", 12) is None
    assert plan_price("vps-2030", 1) is None
    assert (cost(fleet).unpriced, cost(fleet).servers_without_tax) == (("server-1",), Decimal("31.20"))
    with pytest.raises(KeyError, match="no price of vps-2027-model1 for 12 months"):
        server_price(fleet, fleet.servers[0])


def test_the_same_memory_at_three_public_clouds_costs_about_ten_times_as_much() -> None:
    ours, *clouds = comparison(DEFAULT)
    assert (ours.where, ours.eur_per_month, ours.vcpus, ours.memory_gb) == ("OVHcloud VPS", Decimal("41.60"), 24, 48)
    assert [(row.where, row.servers, row.eur_per_month) for row in clouds] == [
        ("Google Cloud", "4 x e2-standard-4", Decimal("452.88")),
        ("Azure", "4 x Standard_D4a_v4", Decimal("534.36")),
        ("AWS", "4 x m6a.xlarge", Decimal("542.92")),
    ]
    assert all(row.memory_gb >= ours.memory_gb for row in clouds)
    assert all(row.source.startswith("https://") and row.read for row in (ours, *clouds))


@pytest.mark.parametrize("plan", PLANS.values(), ids=list(PLANS))
def test_every_plan_has_an_equal_at_every_cloud(plan: PlanPrice) -> None:
    server = DEFAULT.servers[0].model_copy(update={"plan": plan.code})
    rows = comparison(_of((server,)))
    assert {row.where for row in rows[1:]} == {offer.cloud for offer in CLOUD_OFFERS}
    assert all(row.memory_gb >= plan.memory_gb for row in rows)


def test_mixed_plans_are_priced_and_counted_each() -> None:
    small, large = (DEFAULT.servers[0].model_copy(update={"plan": f"vps-2027-model{n}"}) for n in (2, 4))
    fleet = _of((small, large, large))
    assert cost(fleet).servers_without_tax == Decimal("47.13")
    assert comparison(fleet)[0].servers == "1 x vps-2027-model2, 2 x vps-2027-model4"


def _of(servers: tuple[Server, ...]) -> Fleet:
    return DEFAULT.model_copy(update={"servers": servers})
