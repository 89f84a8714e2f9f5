"""What the fleet costs: a month, today, and who pays. Amounts are Decimal, in EUR, to the cent.

Every figure names its tax basis. Tax is taken on the sum, as on an invoice, and rounded half up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from momentum.fleet.prices import PLANS
from momentum.fleet.schema import Budget, Fleet, Server
from momentum.fleet.steps import Price

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class OrderTerms:
    """How a term is ordered. `duration` and `pricing_mode` are the cart's fields, `commitment` is in months;
    `paid_ahead_months` is what the first invoice covers."""

    duration: str
    pricing_mode: str
    commitment: int
    paid_ahead_months: int


# OVH's catalogue knows commitments paid "upfront" or "periodic" (order.catalog.public.EngagementConfiguration);
# OVH's guide to commitments (github.com/ovh/ovhcloud-docs/pull/423, July 2026) says that those of VPS are paid up
# front, never by the month. The mode is then `upfront12`, which OVH's configurator names for this range too
# (planCode=vps-2027-model1&pricing=upfront12), and the cart takes it with duration P1Y only.
TERMS: dict[int, OrderTerms] = {
    1: OrderTerms("P1M", "default", 0, 1),
    12: OrderTerms("P1Y", "upfront12", 12, 12),
}


@dataclass(frozen=True)
class CostRow:
    """One line of the bill: EUR a month without and with tax, and the purse that pays it."""

    what: str
    without_tax: Decimal
    with_tax: Decimal
    paid_from: str
    note: str = ""


@dataclass(frozen=True)
class PurseState:
    """What a purse is charged a month, on its own tax basis, and what is left of it."""

    name: str
    belongs_to: str
    tax: str
    budget: Decimal
    spent: Decimal
    left: Decimal


@dataclass(frozen=True)
class Cost:
    """The whole bill. `servers_*` are the servers alone; `due_today_*` is what ordering all of them pays at once.

    `unpriced` names the servers whose plan or term has no price; they are in no sum.
    """

    vat_percent: Decimal
    term_months: int
    terms: OrderTerms
    rows: tuple[CostRow, ...]
    purses: tuple[PurseState, ...]
    servers_without_tax: Decimal
    servers_with_tax: Decimal
    due_today_without_tax: Decimal
    due_today_with_tax: Decimal
    month_without_tax: Decimal
    month_with_tax: Decimal
    unpriced: tuple[str, ...]


def plan_price(plan: str, term_months: int) -> Decimal | None:
    """EUR a month without tax; None where the plan is unknown or has no price for the term."""
    return PLANS[plan].eur_per_month[term_months] if plan in PLANS else None


def server_price(fleet: Fleet, server: Server) -> Price:
    """What ordering one server adds: to the month, and to be paid today. Raises KeyError for an unpriced one."""
    price = plan_price(server.plan, fleet.provider.term_months)
    if price is None:
        raise KeyError(f"no price of {server.plan} for {fleet.provider.term_months} months")
    ahead = TERMS[fleet.provider.term_months].paid_ahead_months
    return Price(monthly=float(price), today=float(price * ahead))


def with_tax(amount: Decimal, budget: Budget) -> Decimal:
    return _cents(amount * (1 + _decimal(budget.vat_percent) / 100))


def cost(fleet: Fleet) -> Cost:
    """The bill of the fleet as its file asks for it, whatever of it exists already."""
    budget, term = fleet.budget, fleet.provider.term_months
    servers = sum((price for _, price in _priced(fleet)), Decimal())
    ahead = TERMS[term].paid_ahead_months
    rows = (*_server_rows(fleet), *_line_rows(budget))
    month = sum((row.without_tax for row in rows), Decimal())
    priced = {server.name for server, _ in _priced(fleet)}
    return Cost(
        vat_percent=_decimal(budget.vat_percent),
        term_months=term,
        terms=TERMS[term],
        rows=rows,
        purses=tuple(_purses(budget, rows)),
        servers_without_tax=servers,
        servers_with_tax=with_tax(servers, budget),
        due_today_without_tax=servers * ahead,
        due_today_with_tax=with_tax(servers * ahead, budget),
        month_without_tax=month,
        month_with_tax=with_tax(month, budget),
        unpriced=tuple(server.name for server in fleet.servers if server.name not in priced),
    )


def _priced(fleet: Fleet) -> Iterator[tuple[Server, Decimal]]:
    for server in fleet.servers:
        price = plan_price(server.plan, fleet.provider.term_months)
        if price is not None:
            yield server, price


def _server_rows(fleet: Fleet) -> Iterator[CostRow]:
    plans = Counter(server.plan for server, _ in _priced(fleet))
    term = fleet.provider.term_months
    for plan, count in sorted(plans.items()):
        amount = (plan_price(plan, term) or Decimal()) * count
        note = f"{term} months" if term > 1 else "by the month"
        yield CostRow(f"{count} x {plan}", amount, with_tax(amount, fleet.budget), fleet.budget.servers_paid_from, note)


def _line_rows(budget: Budget) -> Iterator[CostRow]:
    for line in budget.lines:
        amount = _decimal(line.eur_per_month)
        yield CostRow(line.what, amount, with_tax(amount, budget), line.paid_from, line.note)


def _purses(budget: Budget, rows: tuple[CostRow, ...]) -> Iterator[PurseState]:
    for purse in budget.purses:
        charged = sum((row.without_tax for row in rows if row.paid_from == purse.name), Decimal())
        spent = with_tax(charged, budget) if purse.tax == "included" else _cents(charged)
        has = _decimal(purse.eur_per_month)
        yield PurseState(purse.name, purse.belongs_to, purse.tax, has, spent, _cents(has) - spent)


def _decimal(number: float) -> Decimal:
    """The number as it is written in the file, not as the binary fraction that is nearest to it."""
    return Decimal(str(number))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
