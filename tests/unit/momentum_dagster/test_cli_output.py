"""How answers look: whole for scripts, in one piece where nobody's terminal limits them, readable for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from momentum_dagster.cli import printing
from momentum_dagster.cli.printing import print_json, print_rows, say

LONG = "/a/path/that/is/longer/than/any/terminal/" + "x" * 200


def test_json_has_days_times_and_null_for_numbers_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclass
    class Row:
        day: date
        at: datetime
        curve: list[float]
        by_day: dict[date, float]

    print_json(Row(date(2024, 5, 6), datetime(2024, 5, 6, 7, tzinfo=UTC), [1.5, float("nan")], {date(2024, 5, 6): 2}))
    assert json.loads(capsys.readouterr().out) == {
        "day": "2024-05-06", "at": "2024-05-06T07:00:00+00:00", "curve": [1.5, None], "by_day": {"2024-05-06": 2},
    }  # fmt: skip


def test_what_json_cannot_say_is_an_error_and_not_a_text() -> None:
    with pytest.raises(TypeError):
        print_json({"client": object()})


def test_a_sentence_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"`momentum import {LONG} --athlete ana` [not markup]")
    assert capsys.readouterr().out == f"`momentum import {LONG} --athlete ana` [not markup]\n"


def test_a_table_in_a_pipe_has_one_line_per_row_and_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"file": LONG, "n": 1, "share": 0.00012}, {"file": "b", "n": None, "share": 12.5}], as_json=False)
    out = capsys.readouterr().out
    assert "\033" not in out
    header, _, first, second = out.splitlines()
    assert header.split() == ["file", "n", "share"]
    assert first.split() == [LONG, "1", "0.00012"]
    assert second.split() == ["b", "-", "12.5"]


def test_no_rows_are_an_empty_list_for_scripts_and_a_word_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], as_json=True)
    print_rows([], as_json=False, empty="none yet")
    assert capsys.readouterr().out == "[]\nnone yet\n"


def test_on_a_narrow_terminal_a_wide_row_is_told_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(printing, "console", Console(width=40, force_terminal=True, color_system=None))
    print_rows([{"activity": "a" * 30, "reason": "b" * 30, "yes": True}], as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "row 1", f"activity  {'a' * 30}", f"reason    {'b' * 30}", "yes       yes"
    ]  # fmt: skip
