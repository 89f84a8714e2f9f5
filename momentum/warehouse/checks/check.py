"""What a check is, and how it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from momentum.warehouse.client import Client


SAMPLE_ROWS = 5

# The tables are read in the order in which they lie, so that groups need no more memory than one group.
_SETTINGS = {"optimize_aggregation_in_order": 1}


@dataclass(frozen=True)
class CheckResult:
    """failed_rows: rows that the check selected; sample: at most SAMPLE_ROWS of them; message: for a person."""

    passed: bool
    failed_rows: int
    sample: list[dict[str, Any]]
    message: str


@dataclass(frozen=True)
class Check:
    """One check of one table. `description` completes "Expected: ..."; `sql` selects what is wrong.

    blocking: what is computed from the table would be wrong where the check fails.
    """

    table: str
    name: str
    description: str
    blocking: bool
    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def run(self, client: Client, months: Sequence[date] | None = None) -> CheckResult:
        """Look at the whole table, or at `months` (any day of each) where its rows have a day."""
        numbers = [int(f"{month:%Y%m}") for month in months or ()]
        parameters = {**self.parameters, "months": numbers, "all_months": int(months is None)}
        failed = client.query(f"SELECT count() AS n FROM ({self.sql})", parameters, _SETTINGS).to_pylist()[0]["n"]
        if not failed:
            return CheckResult(True, 0, [], f"{self.table}: {self.description}")
        sample = client.query(f"SELECT * FROM ({self.sql}) LIMIT {SAMPLE_ROWS}", parameters, _SETTINGS).to_pylist()
        first = ", ".join(f"{name} {value}" for name, value in sample[0].items())
        are_not = "1 row is not so" if failed == 1 else f"{failed} rows are not so"
        message = f"{self.table}: expected {self.description}, but {are_not}; the first: {first}"
        return CheckResult(False, failed, sample, message)


def in_months(day: str) -> str:
    """SQL condition that keeps the months that a run asks for, by the column or expression of a day."""
    return f"({{all_months:UInt8}} OR toYYYYMM({day}) IN {{months:Array(UInt32)}})"
