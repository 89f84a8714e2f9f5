"""Refusals about money: plans and terms without a price, purses that do not exist or do not reach."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.money import PurseState, cost, plan_price
from momentum.fleet.prices import PLANS
from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet
from momentum.fleet.wording import nearest


def refusals(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    yield from _plans(fleet, lines)
    yield from _purses_named(fleet, lines)
    yield from _lines_missing(fleet, lines)
    for index, purse in enumerate(cost(fleet).purses):
        if purse.left < 0:
            yield problem(lines, f"budget.purses[{index}].eur_per_month", _exceeded(fleet, purse))


def _plans(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    term = fleet.provider.term_months
    for index, server in enumerate(fleet.servers):
        key = f"servers[{index}].plan"
        if server.plan not in PLANS:
            known = ", ".join(PLANS)
            yield problem(
                lines, key, f"is {server.plan}, which is not known{nearest(server.plan, PLANS)}; known are {known}"
            )
        elif plan_price(server.plan, term) is None:
            yield problem(
                lines, key, f"is {server.plan}, of which no price for {term} months is known; take another term or plan"
            )


def _purses_named(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    budget = fleet.budget
    purses = [purse.name for purse in budget.purses]
    used = {"budget.servers_paid_from": budget.servers_paid_from}
    used |= {f"budget.lines[{index}].paid_from": line.paid_from for index, line in enumerate(budget.lines)}
    for key, name in used.items():
        if name not in purses:
            yield problem(lines, key, f"is {name}, but no purse has that name{nearest(name, purses)}")


def _lines_missing(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    """Backups are kept in object storage and a zone is a domain: neither is free, so the file says who pays."""
    told = {line.what for line in fleet.budget.lines}
    if "object storage" not in told:
        yield problem(
            lines, "budget.lines", "has no line `object storage`, which `backups` needs: say where it is paid from"
        )
    if fleet.dns and "domain" not in told:
        yield problem(lines, "budget.lines", "has no line `domain`, which `dns` needs: say where it is paid from")


def _exceeded(fleet: Fleet, purse: PurseState) -> str:
    tax = f"with {fleet.budget.vat_percent:g} % tax" if purse.tax == "included" else "without tax"
    said = (
        f"is {purse.budget:.2f} EUR, but {purse.name} is charged {purse.spent:.2f} EUR a month {tax} "
        f"on a term of {_months(fleet.provider.term_months)}: {-purse.left:.2f} too much"
    )
    return said + _longer_term(fleet, purse)


def _longer_term(fleet: Fleet, purse: PurseState) -> str:
    """What the purse would be charged on twelve months, where that is enough."""
    if fleet.provider.term_months == 12:
        return ""
    provider = fleet.provider.model_copy(update={"term_months": 12})
    bill = cost(fleet.model_copy(update={"provider": provider}))
    then = next(other for other in bill.purses if other.name == purse.name)
    return f". On 12 months it is {then.spent:.2f}" if then.left >= 0 and not bill.unpriced else ""


def _months(term: int) -> str:
    return "one month" if term == 1 else f"{term} months"
