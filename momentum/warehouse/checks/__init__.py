"""Checks of what the tables hold, most of them made from the tables' contract.

A check is SQL that selects what is wrong; nothing selected is passed. It blocks where what is computed
from the table would be wrong too. Here does not belong: looking at the place where data lives
(warehouse.health), and what to do about a failure.
"""

from __future__ import annotations

from momentum.warehouse.checks.check import Check, CheckResult
from momentum.warehouse.checks.contract import contract_checks
from momentum.warehouse.checks.ingest import ingest_checks
from momentum.warehouse.checks.rollups import rollup_checks
from momentum.warehouse.checks.series import series_checks
from momentum.warehouse.tables import TABLES

__all__ = ["Check", "CheckResult", "checks"]


def checks(table: str | None = None) -> list[Check]:
    """All checks, or those of one table; by table in the registry's order, each name once a table."""
    every = [
        *(check for one in TABLES.values() for check in contract_checks(one)),
        *ingest_checks(),
        *series_checks(),
        *rollup_checks(),
    ]
    order = list(TABLES)
    return sorted((one for one in every if table in (None, one.table)), key=lambda one: order.index(one.table))
