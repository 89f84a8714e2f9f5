"""Entries by hand: all are checked, against the store and those before them, and then written at once, or none."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.changes import open_changes
from momentum.warehouse.entries import (
    EntriesError,
    athlete_entries,
    enter,
    event_entries,
    rpe_entries,
    threshold_entries,
    weight_entries,
)
from tests.imports import NOW, entered, opener

JOURNALS = ("athletes", "thresholds", "events", "body", "activity_rpe", "changes")


@pytest.fixture
def ana(client: Client) -> Client:
    entered(client, athlete_entries, athlete_id="ana")
    return client


def counts(client: Client) -> dict[str, int]:
    return {table: client.rows(f"SELECT count() AS n FROM {table}")[0]["n"] for table in JOURNALS}


def threshold(day: str, sport: str = "all", athlete_id: str = "ana", **values: float) -> dict[str, Any]:
    return {"athlete_id": athlete_id, "valid_from": date.fromisoformat(day), "sport": sport, **values}


def weighing(day: str, weight_kg: float, athlete_id: str = "ana") -> dict[str, Any]:
    return {"athlete_id": athlete_id, "date": date.fromisoformat(day), "weight_kg": weight_kg}


@pytest.mark.parametrize(
    ("check", "rows", "faults"),
    [
        (
            athlete_entries,
            [{"athlete_id": "bob"}, {"athlete_id": "a b", "sex": "x"}, {"athlete_id": "eva", "units": "stones"}],
            [(3, "letter or digit first"), (3, "sex 'x'"), (4, "units 'stones'")],
        ),
        (
            threshold_entries,
            [
                threshold("2024-01-01", lthr_bpm=170.0, max_hr_bpm=160.0),
                threshold("2024-01-01", athlete_id="bob", sport="chess", ftp_w=9.0),
                threshold("2024-01-02", ftp_w=250.0),
                threshold("2024-01-03"),
                threshold("1960-01-03", ftp_w=250.0),
            ],
            [
                (2, "lthr_bpm 170 is not below max_hr_bpm 160"), (3, "no athlete 'bob'"), (3, "sport 'chess'"),
                (3, "ftp_w 9 is not between"), (5, "nothing given"), (6, "valid_from 1960-01-03 is not between"),
            ],
        ),
        (
            event_entries,
            [
                {"athlete_id": "bob", "date": date(2024, 5, 6), "name": "x", "kind": "race", "sport": "running"},
                {"athlete_id": "ana", "date": date(2999, 5, 6), "name": "x", "kind": "fun", "sport": "running"},
            ],
            [(2, "no athlete 'bob'"), (3, "kind 'fun'"), (3, "date 2999-05-06 is not between")],
        ),
        (
            weight_entries,
            [weighing("2024-05-06", 61.0), weighing("2024-07-03", 62.0), weighing("2024-05-06", 80.0, "bob")],
            [(3, "date 2024-07-03 lies in the future"), (4, "no athlete 'bob'")],
        ),
        (
            rpe_entries,
            [
                {"athlete_id": "ana", "activity": "abc", "rpe": 11.0},
                {"athlete_id": "bob", "activity": "abc", "rpe": 5.0},
            ],
            [(2, "rpe 11 is not between"), (2, "no activity 'abc'"), (3, "no athlete 'bob'")],
        ),
    ],
    ids=["athletes", "thresholds", "events", "weights", "exertions"],
)  # fmt: skip
def test_every_fault_is_told_with_its_line_and_nothing_is_written(
    ana: Client, check: Any, rows: list[dict[str, Any]], faults: list[tuple[int, str]]
) -> None:
    before = counts(ana)
    with pytest.raises(EntriesError) as refused:
        check(ana, dict(enumerate(rows, start=2)), now=NOW)
    told = refused.value.by_line
    assert [line for line, _ in told] == [line for line, _ in faults]
    assert [expected in fault for (_, expected), (_, fault) in zip(faults, told, strict=True)] == [True] * len(told)
    assert counts(ana) == before


def test_heart_rates_are_compared_with_those_of_the_lines_before(ana: Client) -> None:
    lines = {
        2: threshold("2024-01-01", max_hr_bpm=180.0),
        3: threshold("2024-02-01", "running", lthr_bpm=185.0),
        4: threshold("2023-12-01", lthr_bpm=185.0),  # before there is a maximum
    }
    with pytest.raises(EntriesError) as refused:
        threshold_entries(ana, lines, now=NOW)
    assert refused.value.by_line == [(3, "lthr_bpm 185 is not below max_hr_bpm 180")]
    mended = [threshold("2024-01-01", max_hr_bpm=190.0), *[row for line, row in lines.items() if line > 2]]
    assert len(threshold_entries(ana, dict(enumerate(mended)), now=NOW)) == 3


def test_the_sports_own_word_comes_before_that_for_all(ana: Client) -> None:
    entered(ana, threshold_entries, **threshold("2024-01-01", "running", max_hr_bpm=195.0))
    entered(ana, threshold_entries, **threshold("2024-02-01", max_hr_bpm=180.0))
    entered(ana, threshold_entries, **threshold("2024-03-01", "running", lthr_bpm=185.0))
    with pytest.raises(EntriesError, match="not below max_hr_bpm 180"):
        entered(ana, threshold_entries, **threshold("2024-03-01", "cycling", lthr_bpm=185.0))


def test_an_athlete_twice_in_a_file_is_what_both_lines_say(client: Client) -> None:
    rows = {2: {"athlete_id": "eva", "sex": "f", "units": "imperial"}, 3: {"athlete_id": "eva", "units": "metric"}}
    enter(client, athlete_entries(client, rows, now=NOW), open_change=opener(client))
    assert client.rows("SELECT sex, units FROM athletes FINAL") == [{"sex": "f", "units": "metric"}]


def test_of_two_entries_with_one_key_in_a_file_the_last_counts(ana: Client) -> None:
    rows = dict(enumerate([weighing("2024-05-06", 61.0), weighing("2024-05-07", 65.0), weighing("2024-05-06", 60.0)]))
    enter(ana, weight_entries(ana, rows, now=NOW), open_change=opener(ana))
    newest = "SELECT date, argMax(weight_kg, at) AS kg, count(DISTINCT at) AS n FROM body GROUP BY date ORDER BY date"
    assert [(row["kg"], row["n"]) for row in ana.rows(newest)] == [(60.0, 2), (65.0, 1)]
    [same] = ana.rows("SELECT countIf(at = {now:DateTime64(3, 'UTC')}) AS n FROM body", {"now": NOW})
    assert same["n"] == 2  # only what is said again is moved


class Watched:
    """A client that remembers its inserts, and stops at one of them."""

    def __init__(self, client: Client, stop_at: str = "") -> None:
        self._client, self._stop_at = client, stop_at
        self.inserted: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def insert(self, table: str, data: Any) -> None:
        if table == self._stop_at:
            raise KeyboardInterrupt
        self.inserted.append((table, data.num_rows))
        self._client.insert(table, data)


def test_one_change_per_athlete_from_the_earliest_day_on_then_one_insert(ana: Client) -> None:
    entered(ana, athlete_entries, athlete_id="eva")
    watched = Watched(ana)
    rows = [weighing("2024-05-06", 61.0), weighing("2024-04-06", 62.0), weighing("2024-06-01", 70.0, "eva")]
    enter(watched, weight_entries(ana, dict(enumerate(rows)), now=NOW), open_change=opener(watched))  # type: ignore[arg-type]
    assert watched.inserted == [("changes", 1), ("changes", 1), ("body", 3)]
    assert sorted((change.athlete_id, change.from_date, change.detail) for change in open_changes(ana)) == [
        ("ana", date(2024, 4, 6), "weight 61 kg and 1 more"),
        ("eva", date(2024, 6, 1), "weight 70 kg"),
    ]


def test_killed_before_the_rows_are_written_only_changes_stand_and_the_same_again_is_whole(ana: Client) -> None:
    rows = dict(enumerate(threshold(f"2024-0{month}-01", ftp_w=200.0 + month) for month in range(1, 6)))
    entries = threshold_entries(ana, rows, now=NOW)
    with pytest.raises(KeyboardInterrupt):
        enter(Watched(ana, "thresholds"), entries, open_change=opener(ana))  # type: ignore[arg-type]
    assert counts(ana) | {"thresholds": 0, "changes": 1} == counts(ana)
    enter(ana, threshold_entries(ana, rows, now=NOW + timedelta(seconds=1)), open_change=opener(ana))
    assert counts(ana)["thresholds"] == 5


def test_thousands_of_lines_are_checked_with_as_many_questions_as_one(ana: Client) -> None:
    asked: list[str] = []

    class Counted(Watched):
        def rows(self, *words: Any) -> Any:
            asked.append(words[0])
            return self._client.rows(*words)

    first = date(2000, 1, 1)
    for check, row in (
        (weight_entries, partial(weighing, weight_kg=60.0)),
        (threshold_entries, partial(threshold, ftp_w=250.0)),
    ):
        questions = []
        for lines in (1, 3000):
            asked.clear()
            rows = {line: row(str(first + timedelta(days=line))) for line in range(lines)}
            assert len(check(Counted(ana), rows, now=NOW)) == lines
            questions.append(len(asked))
        assert questions[0] == questions[1] <= 2
