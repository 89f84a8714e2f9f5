"""The table of faults holds what every worker counted, failed tests and skipped ones too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest

    @pytest.mark.parametrize("number", range(4))
    def test_many(number, counted):
        counted("answers lost", tried=10 + number)
        counted("killed", 5, seconds=7.0)

    @pytest.mark.fault("host key changed")
    def test_one():
        pass

    @pytest.mark.fault("disk full")
    def test_one_that_fails():
        assert False

    @pytest.mark.fault("cut")
    def test_that_counts_before_it_fails(counted):
        counted("cut", 9, 2)
        assert False

    def test_that_counts_well_and_fails_afterwards(counted):
        counted("late", 3)
        assert False

    @pytest.mark.fault("tunnels")
    def test_skipped(counted):
        pytest.skip("needs root")

    def test_that_tries_nothing(counted):
        counted("nothing", 0)

    @pytest.fixture
    def breaking():
        yield
        assert False

    @pytest.fixture
    def broken():
        assert False

    def test_whose_end_breaks(breaking, counted):
        counted("killed", 2)

    @pytest.mark.fault("broken")
    def test_whose_beginning_breaks(broken):
        pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_rows_of_all_workers_are_added_up(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makepyfile(TESTS)
    ended = pytester.runpytest_subprocess("-p", "tests.counted", "-p", "no:cacheprovider", "-n", workers)
    ended.assert_outcomes(passed=6, failed=4, skipped=1, errors=2)
    found = dict(re.findall(r"^(\w[\w, ]*?) {2,}(\d+ +\d+ |skipped: .*)", ended.stdout.str(), re.MULTILINE))
    assert {family: " ".join(row.split()) for family, row in found.items()} == {
        "answers lost": "46 0",
        "killed": "22 0",
        "host key changed": "1 0",
        "disk full": "1 1",
        "cut": "9 2",
        "late": "3 1",
        "test_that_tries_nothing, before it counted": "1 1",
        "broken": "1 1",
        "8 kinds": "84 6",
        "tunnels": "skipped: needs root",
    }
    ended.stdout.re_match_lines([r"killed .* 28\.\d$"])
