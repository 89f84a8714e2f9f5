"""The table of faults at the end of a test run: how often each kind was tried, how often it ended wrong.

A test that is one trial is marked `@pytest.mark.fault("host key changed")`. A test of many trials asks for `counted`
and says `counted("503 at every call of the API", tried=159, wrong=len(wrong))` before it asserts. With both, the mark
stands for the test where it is skipped or fails before it has counted. Rows travel with the tests' reports, so that
those of pytest-xdist's workers come too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

MARK, ASKED, ROW = "fault", "counts faults", "counted faults"


class Counted(Protocol):
    """`wrong` of the `tried` did not end as they must; `seconds` where the test counts more than its own time tells."""

    def __call__(self, family: str, tried: int, wrong: int = 0, *, seconds: float | None = None) -> None: ...


@dataclass
class Row:
    tried: int = 0
    wrong: int = 0
    seconds: float = 0.0


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Counted:
    """Adds a row to the table of faults."""

    def count(family: str, tried: int, wrong: int = 0, *, seconds: float | None = None) -> None:
        assert 0 <= wrong <= tried and tried > 0, f"{family}: {wrong} wrong of {tried} tried"
        request.node.user_properties.append((ROW, [family, tried, wrong, seconds]))

    request.node.user_properties.append((ASKED, request.node.name))
    return count


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(family): a trial of this kind of fault, a row of the table of faults")


def pytest_itemcollected(item: pytest.Item) -> None:
    item.user_properties += [(MARK, mark.args[0]) for mark in item.iter_markers(MARK)]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    stats = terminalreporter.stats
    ran = [report for outcome in ("passed", "failed", "error") for report in stats.get(outcome, ())]
    rows = table(report for report in ran if getattr(report, "when", None) in ("setup", "call"))
    untried = dict(_skipped(stats.get("skipped", ())))
    if not rows and not untried:
        return
    width = max(map(len, [*rows, *untried]))
    terminalreporter.section("faults")
    terminalreporter.line(f"{'':{width}}  {'tried':>6} {'failed':>7} {'seconds':>8}")
    for family, row in sorted(rows.items()):
        terminalreporter.line(f"{family:{width}}  {row.tried:6} {row.wrong:7} {row.seconds:8.1f}", red=bool(row.wrong))
    every = Row(*(sum(getattr(row, name) for row in rows.values()) for name in ("tried", "wrong", "seconds")))
    terminalreporter.line(f"{f'{len(rows)} kinds':{width}}  {every.tried:6} {every.wrong:7} {every.seconds:8.1f}")
    for family, reason in sorted(untried.items()):
        terminalreporter.line(f"{family:{width}}  skipped: {reason}", yellow=True)


def table(reports: Iterable[Any]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for report in reports:
        for family, tried, wrong, seconds in _counts(report):
            row = rows.setdefault(family, Row())
            row.tried, row.wrong, row.seconds = row.tried + tried, row.wrong + wrong, row.seconds + seconds
    return rows


def _counts(report: Any) -> Iterator[tuple[str, int, int, float]]:
    told, failed = [list(row) for row in _told(report, ROW)], report.outcome == "failed"
    families = {family for family, *_ in told}
    told += [[family, 1, int(failed), None] for family in _told(report, MARK) if family not in families]
    if failed and not told:
        told = [[f"{name}, before it counted", 1, 1, None] for name in _told(report, ASKED)]
    if failed and told and not any(wrong for _, _, wrong, _ in told):
        told[0][2] = 1  # what it counted was right, and yet the test is not
    share = report.duration / max(1, sum(seconds is None for *_, seconds in told))
    for family, tried, wrong, seconds in told:
        yield family, tried, wrong, share if seconds is None else seconds


def _skipped(reports: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for report in reports:
        for family in _told(report, MARK):
            yield family, str(report.longrepr[2]).removeprefix("Skipped: ")


def _told(report: Any, what: str) -> list[Any]:
    return [value for name, value in report.user_properties if name == what]
