"""What the command line shows: the right figures, also without colour, and a way on where there is nothing yet."""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from planted_season import NOW, TODAY, plant
from rich.console import Console

from momentum.adapters.clickhouse import Client
from momentum.errors import MomentumError
from momentum.reports.terminal import athlete_data, athlete_view, run_table
from momentum.reports.terminal_chart import area_and_dots
from momentum.warehouse import queries


def shown(data: dict[str, Any], width: int = 90, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    athlete_view(Console(file=stream, width=width), data)
    stream.seek(0)
    return stream.read()


@pytest.fixture(scope="module")
def jonas(planted: Client) -> dict[str, Any]:
    return athlete_data(planted, "jonas", NOW)


@pytest.fixture(scope="module")
def camille(planted: Client) -> dict[str, Any]:
    return athlete_data(planted, "camille", NOW)


def signed(value: float) -> str:
    return f"{value:+.0f}".replace("+0", "0").replace("-0", "0")


def row_of(text: str, label: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(label)]
    return line.removeprefix(label).split()


def test_profile_and_thresholds_with_source_and_date(camille: dict[str, Any]) -> None:
    text = shown(camille, width=120)
    assert "Camille Laurent  camille" in text
    assert "cycling, female, 35 years, 62 kg, 1.70 m, Europe/Paris" in text
    assert re.search(r"FTP +239 +W +cycling +estimated \(95 % of the best 20 min, 2026-05-30\) +1 Jun 2026", text)
    assert re.search(r"threshold heart rate +169 +bpm +cycling +set +6 Jan 2025", text)
    assert re.search(r"highest heart rate +186 +bpm +all +set +6 Jan 2025", text)


def test_a_threshold_that_is_the_same_in_several_sports_is_one_line(jonas: dict[str, Any]) -> None:
    row = {"name": "max_hr_bpm", "value": 187.0, "valid_from": TODAY, "source": "set", "evidence": ""}
    rows = [row | {"sport": "cycling"}, row | {"sport": "running"}, row | {"sport": "swimming", "value": 180.0}]
    text = shown(jonas | {"thresholds": rows})
    assert re.search(r"highest heart rate +187 +bpm +cycling, running +set", text)
    assert re.search(r"highest heart rate +180 +bpm +swimming +set", text)
    assert re.search(r"highest heart rate +187 +bpm +all +set", shown(jonas | {"thresholds": rows[:2]}))


def test_fitness_of_all_and_of_each_sport(jonas: dict[str, Any], planted: Client) -> None:
    rows = queries.fitness_on(planted, "jonas", TODAY)
    text = shown(jonas)
    assert row_of(text, "fitness (CTL)") == [f"{row['ctl']:.1f}" for row in rows]
    assert row_of(text, "fatigue (ATL)") == [f"{row['atl']:.1f}" for row in rows]
    assert row_of(text, "form this morning")[1:] == [signed(row["tsb"]) for row in rows]
    assert row_of(text, "form this evening")[1:] == [signed(row["tsb_evening"]) for row in rows]
    assert row_of(text, "7 over 28 days (ACWR)") == [f"{row['acwr']:.2f}" for row in rows]
    assert row_of(text, "monotony") == [f"{row['monotony']:.2f}" for row in rows]


def test_of_one_sport_only_the_sum_is_shown(camille: dict[str, Any]) -> None:
    assert len(row_of(shown(camille), "fitness (CTL)")) == 1


def test_why_a_figure_is_missing(jonas: dict[str, Any]) -> None:
    null = dict.fromkeys(("acwr", "acwr_uncoupled", "acwr_ewma", "monotony", "strain"))
    row = jonas["fitness"][0] | null | {"monotony_reason": "constant load"}
    text = shown(jonas | {"fitness": [row]})
    assert row_of(text, "monotony") == ["constant", "load"]
    assert row_of(text, "7 over 28 days (ACWR)") == ["under", "28", "days"]
    rested = jonas["fitness"][0] | {"acwr": None, "acwr_ewma": 0.0, "ramp_rate": -0.01}
    text = shown(jonas | {"fitness": [rested, rested, rested]}, width=80)
    assert row_of(text, "7 over 28 days (ACWR)") == ["no", "load", "-", "-"]
    assert row_of(text, "ramp over 7 days") == ["0", "0", "0"]


def test_this_week_day_by_day(jonas: dict[str, Any], planted: Client) -> None:
    text = shown(jonas)
    assert "This week  14 Sep 2026 to 20 Sep 2026" in text
    rows = {row["local_date"]: row for row in jonas["this_week"]}
    assert len(rows) >= 3, "the season has sessions in this week"
    for day, row in rows.items():
        assert row_of(text, f"{day:%a %-d}")[:2] == [row["sport"], f"{row['load']:.0f}"]
    assert row_of(text, "Sun 20") == [], "a day to come is not a day of rest"
    so_far = queries.load_by_sport(planted, "jonas", TODAY, TODAY)[-1]
    assert f"so far: load {so_far['load']:.0f}" in text and "last week: load" in text


def test_a_session_without_load_says_none(jonas: dict[str, Any]) -> None:
    row = {"local_date": TODAY, "sport": "strength", "load": 0.0, "duration_s": 1800.0, "distance_m": 0.0,
           "sessions": 1, "unloaded_sessions": 1}  # fmt: skip
    assert row_of(shown(jonas | {"this_week": [row]}), "Thu 17") == ["strength", "none", "0:30"]


def test_after_half_a_year_of_rest_there_is_no_empty_chart(jonas: dict[str, Any]) -> None:
    text = shown(jonas | {"series": [row | {"ctl": 0.1, "atl": 0.0} for row in jonas["series"]]})
    assert "Last 180 days" not in text
    assert "No chart: next to no load in the last 180 days; the last activity was on 17 Sep 2026." in text


def test_fitness_that_lags_behind_says_so(jonas: dict[str, Any]) -> None:
    assert "momentum refresh" not in shown(jonas)
    assert "momentum refresh" in shown(jonas | {"today": TODAY + timedelta(2)})


def test_today_is_the_athletes_own(planted: Client, client: Client) -> None:
    plant(client, "athletes", [{"athlete_id": "ana", "timezone": "Pacific/Auckland", "at": NOW}])
    late = datetime(2026, 9, 17, 20, tzinfo=ZoneInfo("UTC"))
    assert athlete_data(client, "ana", late)["today"] == date(2026, 9, 18)
    assert athlete_data(planted, "noor", late)["today"] == date(2026, 9, 17)


def test_without_activities_it_says_what_to_do(client: Client) -> None:
    plant(client, "athletes", [{"athlete_id": "ana", "name": "Ana", "at": NOW}])
    text = shown(athlete_data(client, "ana", NOW))
    assert "No activities yet" in text and "momentum import PATH --athlete ana" in text


def test_with_activities_but_no_fitness_it_says_what_to_do(client: Client) -> None:
    plant(client, "activities", [{"athlete_id": "ana", "activity_id": "a", "local_date": TODAY, "sport": "running"}])
    text = shown(athlete_data(client, "ana", NOW))
    assert "momentum refresh" in text and "momentum threshold set" in text


def test_an_unknown_athlete_is_told(client: Client) -> None:
    with pytest.raises(MomentumError, match="momentum athlete add nobody"):
        athlete_data(client, "nobody", NOW)


def test_the_data_is_what_json_holds(jonas: dict[str, Any]) -> None:
    read = json.loads(json.dumps(jonas, default=str, allow_nan=False))
    assert read["series"][-1]["ctl"] == jonas["fitness"][0]["ctl"]
    assert len(read["series"]) == 180


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(jonas: dict[str, Any], width: int) -> None:
    assert max(len(line) for line in shown(jonas, width).splitlines()) <= width


def test_where_only_ascii_is_known_the_chart_is_of_ascii(jonas: dict[str, Any]) -> None:
    chart = shown(jonas, encoding="ascii").split("Last 180 days")[1]
    assert "# fitness (CTL)   o fatigue (ATL)" in chart and "####" in chart


# --- the chart ---

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(60)]


def chart(area: list[float], dots: list[float], width: int = 80, height: int = 8) -> list[str]:
    lines = area_and_dots(DAYS[: len(area)], area, dots, width=width, height=height, ascii_only=False)
    return [line.plain for line in lines]


def test_the_area_is_as_high_as_its_values() -> None:
    lines = chart([80.0, 40.0, 10.0, 0.0], [0.0, 0.0, 0.0, 0.0])
    columns = ["".join(line.ljust(9)[5 + number] for line in lines[:8]) for number in range(4)]
    assert [column.count("█") for column in columns] == [7, 3, 0, 0], "the lowest character is the dot's"
    assert lines[0].startswith("  80 ") and lines[4].startswith("  40 ")


def test_the_dots_stand_where_their_values_are() -> None:
    lines = chart([0.0, 0.0, 0.0], [80.0, 45.0, 5.0])
    assert [next(row for row in range(8) if lines[row].ljust(9)[5 + number] == "●") for number in range(3)] == [0, 3, 7]


def test_the_last_day_is_at_the_right_end_however_narrow() -> None:
    for width in (9, 17, 30):
        lines = chart([0.0] * 59 + [80.0], [0.0] * 60, width)
        assert lines[0][-1] == "█" and len(lines[0]) == width


def test_months_are_named_under_their_first_day() -> None:
    months = chart([1.0] * 60, [1.0] * 60)[-1]
    assert months.index("Feb") == 5 + 31


# --- the table of a run ---


def test_the_table_of_a_run_has_totals_and_where_to_look_next() -> None:
    raw = io.StringIO()
    run_table(
        Console(file=raw, width=100),
        [
            ("warehouse_store", None, 0.1, 3, 0, 0),
            ("mesh", None, 0.0, 0, 3, 0),
            ("records", 1_234_567, 22.94, 5, 0, 0),
            ("quarantine", 3, 0.0, 1, 0, 2),
        ],
        ["momentum athlete show camille", "momentum sql 'SELECT [x]'"],
    )
    text = raw.getvalue()
    assert row_of(text, "warehouse_store") == ["0.1", "3", "passed"]
    assert row_of(text, "mesh") == ["0.0", "3", "warned"]
    assert row_of(text, "records") == ["1,234,567", "22.9", "5", "passed"]
    assert row_of(text, "quarantine") == ["3", "0.0", "2", "failed,", "1", "passed"]
    assert row_of(text, "4 assets") == ["1,234,570", "23.0", "2", "failed,", "3", "warned,", "9", "passed"]
    assert "Where to look next\n  momentum athlete show camille\n  momentum sql 'SELECT [x]'\n" in text


def test_a_run_that_did_nothing() -> None:
    raw = io.StringIO()
    run_table(Console(file=raw, width=100), [], [])
    assert "0 assets" in raw.getvalue() and "look next" not in raw.getvalue()
