"""A check looks at the months that its run is about: an import that took nothing in looks at nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import dagster as dg
import pytest

from momentum.warehouse.checks import Check, CheckResult
from momentum_dagster.assets.checks import _checks_of
from momentum_dagster.assets.files import IMPORT
from momentum_dagster.partitions import MONTHS, range_tags
from momentum_dagster.resources.warehouse import Warehouse

MAY = date(2024, 5, 1)


class Wrote:
    """A store that says into which months the run wrote samples."""

    def __init__(self, months: Sequence[date]) -> None:
        self.months = months

    def rows(self, sql: str, parameters: Any = None) -> list[dict[str, date]]:
        return [{"month": month} for month in self.months]


class Spy(Check):
    looked: ClassVar[list[Any]] = []

    def run(self, client: Any, months: Sequence[date] | None = None) -> CheckResult:
        Spy.looked.append(months)
        return CheckResult(True, 0, [], "")


@pytest.fixture(autouse=True)
def nothing_looked_at() -> None:
    Spy.looked.clear()


def looked_at(assets: list[Any], wrote: Sequence[date] = (), **options: Any) -> list[Any]:
    class Store(Warehouse):
        def client(self, run_id: str) -> Any:
            return Wrote(wrote)

    checks = _checks_of("records", [Spy("records", "unique_key", "", True, "")])
    result = dg.materialize([*assets, checks], resources={"warehouse": Store()}, **options)
    assert result.success
    return Spy.looked


@dg.multi_asset(specs=[dg.AssetSpec("records")], name=IMPORT)
def imported() -> None: ...


@dg.multi_asset(specs=[dg.AssetSpec("records", partitions_def=MONTHS)], backfill_policy=dg.BackfillPolicy.single_run())
def monthly() -> None: ...


def test_an_import_looks_at_the_months_it_wrote_into() -> None:
    assert looked_at([imported], [MAY]) == [[MAY]]


def test_an_import_that_took_nothing_in_looks_at_nothing() -> None:
    assert looked_at([imported]) == [[]]


def test_a_range_of_months_looks_at_its_months() -> None:
    assert looked_at([monthly], tags=range_tags(MAY, date(2024, 6, 1))) == [[MAY, date(2024, 6, 1)]]


def test_a_check_that_a_person_asks_for_alone_looks_at_everything() -> None:
    assert looked_at([imported], [MAY], selection=dg.AssetSelection.checks_for_assets("records")) == [None]
