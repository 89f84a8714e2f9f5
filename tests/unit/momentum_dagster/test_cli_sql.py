"""momentum sql: valid JSON for every type, errors in a sentence, and nothing can be changed."""

from __future__ import annotations

import io
import json
import sys

import pytest

from tests.unit.momentum_dagster.conftest import Command


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("toDate('2024-05-06')", "2024-05-06"),
        ("toDate32('1958-01-01')", "1958-01-01"),
        ("toDateTime('2024-05-06 07:30:00', 'UTC')", "2024-05-06T07:30:00Z"),
        ("toDateTime64('2024-05-06 07:30:00.250', 3, 'UTC')", "2024-05-06T07:30:00.250Z"),
        ("[1.5, nan]", [1.5, None]),
        ("map('cycling', 1.5, 'running', inf)", {"cycling": 1.5, "running": None}),
        ("map(toDate('2024-05-06'), 1)", {"2024-05-06": 1}),
        ("CAST(NULL AS Nullable(Float64))", None),
        ("nan", None),
        ("-inf", None),
        ("18446744073709551615", 18446744073709551615),
        ("toDecimal64(1.25, 4)", 1.25),
        ("(1, 'a')", [1, "a"]),
        ("CAST((1, 'a') AS Tuple(n UInt8, name String))", {"n": 1, "name": "a"}),
        ("CAST('a' AS Enum8('a' = 1))", "a"),
        ("unhex('ff')", "\ufffd"),
        ("'it''s \"quoted\" \\\\ \n中'", 'it\'s "quoted" \\ \n中'),
        ("true", True),
    ],
)
def test_every_type_is_valid_json(momentum: Command, expression: str, value: object) -> None:
    said = momentum("sql", "--json", f"SELECT {expression} AS v")
    assert (said.code, json.loads(said.out)) == (0, [{"v": value}])


def test_an_answer_without_rows_is_an_empty_list(momentum: Command) -> None:
    assert json.loads(momentum("sql", "--json", "SELECT 1 WHERE 0").out) == []
    assert momentum("sql", "SELECT 1 WHERE 0").out == "no rows\n"


def test_the_query_may_come_from_standard_input_and_end_in_a_semicolon(
    momentum: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 1 AS one;\n"))
    assert json.loads(momentum("sql", "-", "--json").out) == [{"one": 1}]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("selec 1", "Syntax error"),
        ("SELECT nope FROM fitness", "nope"),
        ("SELECT * FROM fitnes", "fitness"),  # the engine guesses what was meant
        ("SELECT throwIf(1, 'no')", "no"),
        ("SELECT 1; SELECT 2", "one SELECT at a time"),
    ],
)
def test_an_error_is_told_without_a_traceback(momentum: Command, query: str, told: str) -> None:
    said = momentum("sql", query)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("momentum: ")
    assert told in said.err
    assert "Traceback" not in said.err


def test_an_empty_query_is_wrong_usage(momentum: Command) -> None:
    assert momentum("sql", " ; ").code == 2


CHANGES = (
    "DROP TABLE fitness",
    "TRUNCATE TABLE body",
    "INSERT INTO body (athlete_id) VALUES ('x')",
    "SELECT 1; DROP TABLE fitness",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_nothing_can_be_changed_from_here(momentum: Command, statement: str) -> None:
    said = momentum("sql", statement)
    assert said.code == 1
    assert "may only read" in said.err
    assert momentum("sql", "SELECT count() FROM fitness, body").code == 0
