"""The bill as rows: what is paid a month and by whom, what is due today, the same capacity elsewhere. EUR."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from momentum.provisioning.rows import Row

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet


def lines(fleet: Fleet) -> list[Row]:
    """What is paid a month, line by line."""
    from momentum.fleet.money import cost

    return [
        {
            "what": row.what,
            "eur_without_tax": float(row.without_tax),
            "eur_with_tax": float(row.with_tax),
            "paid_from": row.paid_from,
            "note": row.note,
        }
        for row in cost(fleet).rows
    ]


def purses(fleet: Fleet) -> list[Row]:
    """What each purse has, is charged and has left, tax included or not as the purse counts."""
    from momentum.fleet.money import cost

    return [
        {
            "purse": purse.name,
            "of": purse.belongs_to,
            "tax": purse.tax,
            "eur_budget": float(purse.budget),
            "eur_spent": float(purse.spent),
            "eur_left": float(purse.left),
        }
        for purse in cost(fleet).purses
    ]


def elsewhere(fleet: Fleet) -> list[Row]:
    """The servers' price without tax beside the same memory at public clouds; figures with source and date."""
    from momentum.fleet.comparison import comparison

    return [
        {
            "where": row.where,
            "region": row.region,
            "servers": row.servers,
            "vcpus": row.vcpus,
            "memory_gb": row.memory_gb,
            "eur_without_tax": float(row.eur_per_month),
            "times": float(row.times),
            "read": row.read,
            "source": row.source,
            "note": row.note,
        }
        for row in comparison(fleet)
    ]


def bill(fleet: Fleet) -> dict[str, Any]:
    """All of it, for scripts: the lines, the purses, sums and what is due today."""
    from momentum.fleet.money import cost

    found = cost(fleet)
    plain = {name: float(value) if isinstance(value, Decimal) else value for name, value in vars(found).items()}
    return plain | {
        "terms": asdict(found.terms),
        "rows": lines(fleet),
        "purses": purses(fleet),
        "elsewhere": elsewhere(fleet),
    }
