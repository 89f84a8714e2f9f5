"""A plan as rows for a table, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from momentum.fleet.steps import Plan

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class PlanCost:
    """EUR. `monthly` is the difference per month, `today` what is due at once; both without tax, then with it."""

    monthly: Decimal
    today: Decimal
    monthly_with_tax: Decimal
    today_with_tax: Decimal
    vat_percent: Decimal


def plan_cost(plan: Plan, vat_percent: float) -> PlanCost:
    """Tax is taken on the sum, as on an invoice, and rounded half up."""
    vat = Decimal(str(vat_percent))
    monthly = sum((Decimal(str(step.price.monthly)) for step in plan.steps), Decimal())
    today = sum((Decimal(str(step.price.today)) for step in plan.steps), Decimal())
    return PlanCost(_cents(monthly), _cents(today), _taxed(monthly, vat), _taxed(today, vat), vat)


def plan_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row per step: number, step, target, reason, risk, EUR a month and EUR today, both without tax."""
    return [
        {
            "number": number,
            "step": step.kind,
            "target": step.target,
            "reason": step.reason,
            "risk": step.risk,
            "eur_per_month": step.price.monthly,
            "eur_today": step.price.today,
        }
        for number, step in enumerate(plan.steps, 1)
    ]


def _taxed(value: Decimal, vat: Decimal) -> Decimal:
    return _cents(value * (100 + vat) / 100)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
