"""What people enter: by option and by csv, every fault told with field, reason and place, nothing half taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.momentum_dagster.conftest import Command


@pytest.fixture
def ana(momentum: Command) -> Command:
    """The command, with an athlete."""
    assert momentum("athlete", "add", "ana", "--timezone", "Europe/Paris", "--sex", "f").code == 0
    return momentum


def asked(momentum: Command, query: str) -> list[dict[str, Any]]:
    return json.loads(momentum("sql", "--json", query).out)


def csv(folder: Path, *lines: str) -> Path:
    path = folder / "entries.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_an_athlete_is_added_once_changed_and_listed(ana: Command) -> None:
    again = ana("athlete", "add", "ana")
    assert again.code == 1
    assert "athlete set" in again.err
    assert ana("athlete", "set", "ana", "--height-m", "1.70", "--later").code == 0
    (row,) = asked(ana, "SELECT timezone, sex, height_m FROM athletes FINAL")
    assert row == {"timezone": "Europe/Paris", "sex": "f", "height_m": 1.7}
    assert [one["athlete_id"] for one in json.loads(ana("athlete", "list", "--json").out)] == ["ana"]
    shown = json.loads(ana("athlete", "show", "ana", "--json").out)
    assert (shown["athlete_id"], shown["profile"]["sex"]) == ("ana", "f")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("athlete", "add", "a b"), "letters"),
        (("athlete", "add", "bob", "--load-preference", ","), "load_preference is empty"),
        (("athlete", "add", ".."), "letter or digit first"),
        (("athlete", "add", "bob", "--units", "stones"), "metric, imperial"),
        (("athlete", "add", "bob", "--language", "klingon"), "pt-BR"),
        (("athlete", "add", "bob", "--birth-date", "2990-05-31"), "lies in the future"),
        (("athlete", "weigh", "ana", "61", "--on", "2990-05-31"), "lies in the future"),
        (("athlete", "add", "bob", "--timezone", "Mars/One"), "Europe/Paris"),
        (("athlete", "add", "bob", "--weight-kg", "nan"), "between 20 and 300"),
        (("athlete", "add", "bob", "--load-preference", "tss,luck"), "luck"),
        (("athlete", "set", "nobody", "--sex", "f"), "athlete add nobody"),
        (("athlete", "show", "nobody"), "athlete add nobody"),
        (("athlete", "weigh", "ana", "7"), "between 20 and 300"),
        (("threshold", "set", "ana", "ftp=250"), "known are"),
        (("threshold", "set", "ana", "ftp_w=9000"), "between 30 and 700"),
        (("threshold", "set", "ana", "lthr_bpm=190", "max_hr_bpm=170"), "not below"),
        (("threshold", "set", "nobody", "ftp_w=250"), "athlete add nobody"),
        (("threshold", "list", "nobody"), "athlete add nobody"),
        (("event", "add", "ana", "Cup", "--kind", "party"), "race or test"),
        (("event", "add", "ana", "Cup", "--sport", "chess"), "cycling"),
        (("event", "list", "nobody"), "athlete add nobody"),
        (("activity", "list", "nobody"), "athlete add nobody"),
        (("activity", "show", "ana", "abc"), "activity list ana"),
        (("activity", "set-rpe", "ana", "abc", "5"), "activity list ana"),
        (("activity", "add", "ana", "--start", "noon"), "2024-05-31T18:30"),
        (("activity", "add", "ana", "--start", "2024-05-31T18:30", "--minutes", "-3"), "minutes -3 is not between"),
        (("activity", "add", "ana", "--start", "2990-05-31T18:30"), "lies in the future"),
        (("activity", "add", "ana", "--start", "2024-05-31T18:30", "--rpe", "11"), "rpe"),
        (("activity", "add", "nobody", "--start", "2024-05-31T18:30"), "athlete add nobody"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_taken_is_told_in_a_sentence(ana: Command, words: tuple[str, ...], told: str) -> None:
    said = ana(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("momentum: ")
    assert told in said.err
    assert "Traceback" not in said.err


def test_thresholds_set_are_listed_and_what_is_not_set_is_told_with_the_reason(ana: Command) -> None:
    assert ana("threshold", "set", "ana", "resting_hr_bpm=48", "ftp_w=250", "--from", "2024-01-01", "--later").code == 0
    found = json.loads(ana("threshold", "list", "ana", "--json").out)
    assert [(row["valid_from"], row["ftp_w"], row["source"]) for row in found["set"]] == [("2024-01-01", 250, "set")]
    assert found["estimated_today"] == []  # of no sport: there is no activity yet
    shown = ana("threshold", "list", "ana").out
    assert "2024-01-01" in shown
    assert "estimated today" in shown


def test_events_are_listed_by_day_and_the_last_word_on_one_counts(ana: Command) -> None:
    for day, time_s in (("2024-05-06", "2400"), ("2024-03-01", "1200"), ("2024-05-06", "2390")):
        words = ("event", "add", "ana", "Spring 10k", "--on", day, "--time-s", time_s, "--later")
        assert ana(*words).code == 0
    found = json.loads(ana("event", "list", "ana", "--json").out)
    assert [(row["date"], row["time_s"]) for row in found] == [("2024-03-01", 1200), ("2024-05-06", 2390)]


ENTRIES = {
    "athletes": (
        ("athlete", "add"),
        "athlete_id,name,sex,birth_date,load_preference,llm_consent",
        'bob,Bob,m,1990-05-31,"tss, srpe",yes',
        "eva,Eva,f,,,",
        "SELECT count() FROM athletes FINAL WHERE athlete_id IN ('bob', 'eva')",
    ),
    "thresholds": (
        ("threshold", "set", "--later"),
        "athlete_id,valid_from,sport,ftp_w,lthr_bpm",
        "ana,2024-01-01,cycling,250,",
        "ana,2024-03-01,all,,168",
        "SELECT count() FROM thresholds",
    ),
    "events": (
        ("event", "add", "--later"),
        "athlete_id,date,name,kind,sport,time_s",
        "ana,2024-05-06,Spring 10k,race,running,2400",
        "ana,2024-06-06,20 min,test,cycling,",
        "SELECT count() FROM events",
    ),
    "sessions": (
        ("activity", "add", "--later"),
        "athlete_id,sport,start,minutes,rpe,title",
        "ana,strength,2024-05-06T18:00,45,6,Gym",
        "ana,running,2024-05-07T07:00,30,,",
        "SELECT count() FROM raw_files",
    ),
    "body": (
        ("athlete", "weigh", "--later"),
        "athlete_id,date,weight_kg",
        "ana,2024-05-06,61.5",
        "ana,2024-05-07,61.2",
        "SELECT count() FROM body",
    ),
}


@pytest.mark.parametrize("what", ENTRIES)
def test_csv_of_each(ana: Command, tmp_path: Path, what: str) -> None:
    words, header, first, second, count = ENTRIES[what]
    said = ana(*words, "--csv", csv(tmp_path, header, first, second))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("2 ")
    assert list(asked(ana, count)[0].values()) == [2]


@pytest.mark.parametrize("what", ENTRIES)
def test_a_csv_without_a_column_with_an_unknown_one_or_a_short_line_is_not_taken(
    ana: Command, tmp_path: Path, what: str
) -> None:
    words, header, first, _, count = ENTRIES[what]
    for lines, told in (
        ((header.replace("athlete_id", "who"), first), "athlete_id"),
        ((f"{header},shoe_size", f"{first},44"), "shoe_size"),
        ((header, first, "ana"), "line 3"),
        ((header, "," + first.split(",", 1)[1]), "line 2: athlete_id is empty"),
    ):
        said = ana(*words, "--csv", csv(tmp_path, *lines))
        assert said.code == 1
        assert "entries.csv" in said.err
        assert told in said.err
    assert list(asked(ana, count)[0].values()) == [0]


@pytest.mark.parametrize(
    ("what", "wrong", "told"),
    [
        ("athletes", "dan,Dan,m,yesterday in May,,", "line 3: birth_date"),
        ("athletes", "dan,Dan,m,,,perhaps", "line 3: llm_consent 'perhaps' is no yes or no"),
        ("thresholds", "ana,2024-01-02,cycling,fast,", "line 3: ftp_w 'fast' is no number"),
        ("thresholds", "ana,2024-01-02,cycling,9999,", "line 3: ftp_w 9999"),
        ("events", "ana,2024-13-01,X,race,running,", "line 3: date"),
        ("sessions", "ana,yoga,2024-05-07T07:00,30,,", "line 3: session of"),
        ("sessions", "ana,running,2024-05-07T07:00,inf,,", "line 3: minutes"),
        ("body", "ana,2024-05-07,heavy", "line 3: weight_kg"),
    ],
)
def test_a_wrong_cell_is_told_with_its_line(ana: Command, tmp_path: Path, what: str, wrong: str, told: str) -> None:
    words, header, first, *_ = ENTRIES[what]
    said = ana(*words, "--csv", csv(tmp_path, header, first, wrong))
    assert said.code == 1
    assert told in said.err


@pytest.mark.parametrize(
    ("what", "wrong", "told"),
    [
        ("athletes", ("a b,Bob,,,,", "dan,Dan,x,,,"), ("athlete id 'a b'", "sex 'x'")),
        (
            "thresholds",
            ("bob,2024-01-02,cycling,250,", "ana,2024-01-02,chess,250,", "ana,1960-01-02,all,250,"),
            ("no athlete 'bob'", "sport 'chess'", "valid_from 1960-01-02"),
        ),
        (
            "events",
            ("bob,2024-05-06,X,race,running,", "ana,2024-05-06,X,party,running,"),
            ("no athlete 'bob'", "kind 'party'"),
        ),
        (
            "sessions",
            (
                "bob,strength,2024-05-06T18:00,45,6,", "ana,running,2990-05-07T07:00,30,,",
                "ana,running,noon,-3,,", "ana,running,1900-05-07T07:00,30,,", "ana,running,0001-01-01,30,,",
            ),
            ("no athlete 'bob'", "lies in the future", "start 'noon'", "date before 2000", "date before 2000"),
        ),
        ("body", ("bob,2024-05-06,80", "ana,2990-05-06,61"), ("no athlete 'bob'", "lies in the future")),
    ],
    ids=["athletes", "thresholds", "events", "sessions", "body"],
)  # fmt: skip
def test_what_only_the_store_shows_wrong_is_told_at_once_beside_the_wrong_cells_and_nothing_is_taken(
    ana: Command, tmp_path: Path, what: str, wrong: tuple[str, ...], told: tuple[str, ...]
) -> None:
    words, header, first, second, count = ENTRIES[what]
    changes = asked(ana, "SELECT * FROM changes")
    path = csv(tmp_path, header, first, *wrong, "ana", second)
    said = ana(*words, "--csv", path)
    assert (said.code, said.out) == (1, "")
    lines = "".join(said.err.split("momentum: ")).splitlines()
    for number, fault in enumerate((*told, "not as many cells"), start=3):
        assert any(line.startswith(f"{path}, line {number}: ") and fault in line for line in lines), said.err
    assert not [line for line in lines if "line 2:" in line or f"line {4 + len(wrong)}:" in line]
    assert list(asked(ana, count)[0].values()) == [0]
    assert asked(ana, "SELECT * FROM changes") == changes
    assert ana(*words, "--csv", csv(tmp_path, header, first, second)).code == 0  # mended
    assert list(asked(ana, count)[0].values()) == [2]


def test_heart_rates_that_contradict_an_earlier_line(ana: Command, tmp_path: Path) -> None:
    lines = "athlete_id,valid_from,sport,lthr_bpm,max_hr_bpm", "ana,2024-01-01,all,,170", "ana,2024-02-01,running,175,"
    said = ana("threshold", "set", "--csv", csv(tmp_path, *lines))
    assert "entries.csv, line 3: lthr_bpm 175 is not below max_hr_bpm 170" in said.err
    assert asked(ana, "SELECT count() AS n FROM thresholds") == [{"n": 0}]


def test_exertions_of_a_csv_are_taken_together_or_not_at_all(
    ana: Command, computed: Callable[[], None], tmp_path: Path
) -> None:
    sessions = [f"ana,running,2024-05-{day:02}T07:00,30" for day in range(1, 18)]  # 17: two ids start alike
    assert (
        ana("activity", "add", "--later", "--csv", csv(tmp_path, "athlete_id,sport,start,minutes", *sessions)).code == 0
    )
    computed()
    ids = [row["activity_id"] for row in asked(ana, "SELECT activity_id FROM activities ORDER BY local_date")]
    twice = next(one[0] for one in ids if [other[0] for other in ids].count(one[0]) > 1)
    header, good = "athlete_id,activity,rpe", [f"ana,{one},5" for one in ids[:2]]
    wrong = (f"ana,{twice},5", "ana,xyz,5", f"bob,{ids[0]},5", f"ana,{ids[0]},hard")
    said = ana("activity", "set-rpe", "--later", "--csv", csv(tmp_path, header, *good, *wrong))
    assert said.code == 1
    for told in (
        "line 4: ", f"activities start with '{twice}'", "line 5: no activity 'xyz'", "line 6: no athlete 'bob'",
        "line 7: rpe 'hard' is no number",
    ):  # fmt: skip
        assert told in said.err
    assert asked(ana, "SELECT count() AS n FROM activity_rpe") == [{"n": 0}]
    assert ana("activity", "set-rpe", "--later", "--csv", csv(tmp_path, header, *good)).out.startswith("2 exertions")
    opened = "SELECT from_date, count() AS n FROM changes WHERE cause = 'rpe' GROUP BY ALL"
    assert asked(ana, opened) == [{"from_date": "2024-05-01", "n": 1}]


def test_a_csv_with_nothing_in_it_or_of_another_kind(ana: Command, tmp_path: Path) -> None:
    said = ana("athlete", "add", "--csv", csv(tmp_path, "athlete_id,sex"))
    assert (said.code, said.out) == (1, "")
    assert "nothing beneath its first line" in said.err
    assert "commas are needed" in ana("athlete", "add", "--csv", csv(tmp_path, "athlete_id;sex", "bob;m")).err


def test_add_and_set_take_the_same(ana: Command, tmp_path: Path) -> None:
    path = csv(tmp_path, "athlete_id,units", "ana,imperial")
    said = ana("athlete", "set", "ana", "--csv", path)
    assert said.code == 2
    assert "beside it" in said.err
    assert ana("athlete", "set", "--csv", path).code == 0
    assert asked(ana, "SELECT units FROM athletes FINAL") == [{"units": "imperial"}]
    assert ana("athlete", "set", "ana").code == 2


def test_every_wrong_cell_is_told_at_once_and_nothing_is_taken(ana: Command, tmp_path: Path) -> None:
    words, header, first, second, count = ENTRIES["thresholds"]
    wrong = ("ana,2024-13-01,cycling,fast,", "ana,2024-01-02", ",2024-01-02,cycling,9999,")
    said = ana(*words, "--csv", csv(tmp_path, header, first, *wrong, second))
    assert said.code == 1
    for told in (
        "line 3: valid_from '2024-13-01'", "line 3: ftp_w 'fast' is no number", "line 4: not as many cells",
        "line 5: athlete_id is empty", "line 5: ftp_w 9999",
    ):  # fmt: skip
        assert told in said.err
    assert list(asked(ana, count)[0].values()) == [0]


def test_a_csv_that_is_not_there_or_no_text(ana: Command, tmp_path: Path) -> None:
    assert "missing.csv" in ana("event", "add", "--csv", tmp_path / "missing.csv").err
    (tmp_path / "picture.csv").write_bytes(b"\xff\xd8\xff\x00")
    assert "picture.csv" in ana("athlete", "weigh", "--csv", tmp_path / "picture.csv").err


def test_a_csv_with_a_quote_that_does_not_end(ana: Command, tmp_path: Path) -> None:
    said = ana("event", "add", "--csv", csv(tmp_path, *ENTRIES["events"][1:3], 'ana,2024-05-07,"X"Y,race,running,'))
    assert "entries.csv, line 3: no csv" in said.err
    assert asked(ana, "SELECT count() AS n FROM events") == [{"n": 0}]


def test_a_csv_by_a_spreadsheet_with_a_mark_at_its_start(ana: Command, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_bytes("athlete_id,date,weight_kg\r\nana,2024-05-06,61.5\r\n".encode("utf-8-sig"))
    assert ana("athlete", "weigh", "--csv", path, "--later").code == 0
