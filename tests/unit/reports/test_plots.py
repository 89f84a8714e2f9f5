"""The pictures of an asset's page: drawn from the store, of the right size, and saying what they should."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from PIL import Image
from planted_season import TODAY, plant

from momentum.adapters.clickhouse import Client
from momentum.reports import plots_for, style
from momentum.reports.fitness_chart import Fitness, band_of, fitness_chart, read_fitness
from momentum.reports.load_chart import load_by_sport_chart, read_weeks
from momentum.reports.power_curve_chart import power_curve_chart, read_curves, told_as
from momentum.warehouse import queries


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Charts answer with the figure itself, so that a test can read what is written in it."""
    monkeypatch.setattr(style, "to_png", lambda figure: figure)


def words_of(figure: Any) -> str:
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize("table", ["fitness", "weekly_rollup", "power_curve"])
def test_a_picture_is_a_small_png_of_the_common_width(planted: Client, table: str) -> None:
    [(title, png)] = plots_for(planted, table).items()
    assert title[0].isupper()
    assert len(png) < 100_000
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.width) == ("PNG", style.WIDTH_PX)
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 20, "there is something in it"


@pytest.mark.parametrize("table", ["fitness", "weekly_rollup", "power_curve"])
def test_no_picture_without_data(client: Client, table: str) -> None:
    assert plots_for(client, table) == {}


def test_no_picture_of_a_table_that_has_none(planted: Client) -> None:
    assert plots_for(planted, "athletes") == {}


def test_an_activity_whose_fitness_is_not_computed_yet_draws_nothing(client: Client) -> None:
    plant(client, "activities", [{"athlete_id": "ana", "activity_id": "a", "local_date": TODAY, "sport": "running"}])
    assert plots_for(client, "fitness") == plots_for(client, "power_curve") == {}


def test_nothing_is_imported_before_it_is_drawn_and_pyplot_never() -> None:
    code = (
        "import sys, momentum.reports; assert 'matplotlib' not in sys.modules\n"
        "from momentum.reports.graph_picture import graph_picture; graph_picture({'a': ['x']}, [])\n"
        "assert 'matplotlib.figure' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- fitness ---


@pytest.mark.parametrize(
    ("form", "band"),
    [(26, "transition"), (25, "transition"), (24.9, "fresh"), (5, "fresh"), (4.9, "neutral"), (-10, "neutral"),
     (-10.1, "productive"), (-30, "productive"), (-30.1, "heavy")],
)  # fmt: skip
def test_bands_of_form(form: float, band: str) -> None:
    assert band_of(form) == band


def test_the_fitness_chart_says_the_last_values_and_names_races(planted: Client, drawn: Any) -> None:
    athlete = read_fitness(planted, "camille", TODAY)
    assert athlete is not None and len(athlete.series["ctl"]) == 365, "a year, unless told otherwise"
    [today] = [row for row in queries.fitness_on(planted, "camille", TODAY) if row["sport"] == "all"]
    text = words_of(fitness_chart([athlete]))
    assert "Camille Laurent, 17 September 2026" in text
    assert f"fitness {today['ctl']:.0f}" in text and f"fatigue {today['atl']:.0f}" in text
    assert f"Form {style.signed(today['tsb'])} ({band_of(today['tsb'])}) in the morning" in text
    for word in ("Ardéchoise", "Club hill climb", "test", "productive", "cycling", "load comes from another"):
        assert word in text


def test_several_athletes_share_their_scales(planted: Client, drawn: Any) -> None:
    athletes = [found for name in ("camille", "jonas") if (found := read_fitness(planted, name, TODAY))]
    figure = fitness_chart(athletes)
    lines, form = figure.axes[::2], figure.axes[1::2]
    assert len(lines) == len(form) == 2
    assert len({axes.get_ylim() for axes in lines}) == len({axes.get_ylim() for axes in form}) == 1
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def made(days: int, **columns: float) -> Fitness:
    first = np.datetime64("2026-09-01")
    series = {name: np.full(days, columns.get(name, 0.0)) for name in ("ctl", "atl", "tsb", "load")}
    series |= {"local_date": first + np.arange(days), "source_changed": np.zeros(days, dtype=bool)}
    daily = queries.DailyLoad(series["local_date"], (), np.zeros((days, 0)))
    return Fitness("Ana", series, daily, [])


@pytest.mark.parametrize("athlete", [made(1), made(3, ctl=0.5, atl=2, tsb=-120), made(40, ctl=900, atl=2000, tsb=70)])
def test_a_short_flat_or_wild_series_is_drawn_too(athlete: Fitness) -> None:
    assert fitness_chart([athlete]).startswith(b"\x89PNG")
    assert fitness_chart([athlete] * 4).startswith(b"\x89PNG")


def test_names_of_events_do_not_run_into_each_other_and_the_first_of_them_stays(drawn: Any) -> None:
    athlete = made(60)
    race = {"kind": "race", "name": "Grand Prix de la Ville", "priority": ""}
    events = [race | {"date": date(2026, 9, 2 + number)} for number in range(4)]
    events[2] |= {"priority": "A", "name": "Worlds"}
    figure = fitness_chart([Fitness(athlete.name, athlete.series, athlete.daily, events)])
    assert words_of(figure).count("Grand Prix") == 1 and "Worlds" in words_of(figure)
    assert all(len(axes.lines) >= 4 for axes in figure.axes), "each has its line all the same"


def test_nobody_cannot_be_drawn() -> None:
    for chart in (fitness_chart, load_by_sport_chart, power_curve_chart):
        with pytest.raises(ValueError, match="no "):
            chart([])


# --- weeks ---


def test_the_load_chart_has_every_sport_and_the_last_whole_week(planted: Client, drawn: Any) -> None:
    athlete = read_weeks(planted, "jonas", TODAY)
    assert athlete is not None and len(athlete.weeks) == 52
    week = athlete.weeks[-2]
    text = words_of(load_by_sport_chart([athlete]))
    assert f"week of {week['week']:%-d %b %Y}: load {week['load']:.0f}" in text
    assert all(f"■ {sport}" in text for sport in ("cycling", "running", "swimming"))


def test_a_light_week_is_shaded(planted: Client, drawn: Any) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    athlete = read_weeks(planted, "camille", TODAY)
    assert athlete is not None
    light = [week for week in athlete.weeks if week["light"]]
    assert len(light) >= 10, "every fourth week of the season is one"
    [axes] = load_by_sport_chart([athlete]).axes
    shaded = [patch for patch in axes.patches if isinstance(patch, Rectangle) and to_hex(patch.get_facecolor()) != ""]
    assert [round(patch.get_x() + 3.5) for patch in shaded] == [style.on_axis(week["week"]) for week in light]


def test_no_weeks_of_an_athlete_at_rest(planted: Client) -> None:
    assert read_weeks(planted, "camille", TODAY + timedelta(weeks=100)) is None
    assert read_fitness(planted, "camille", TODAY + timedelta(weeks=100)) is None


# --- curves ---


def test_curves_are_power_for_cyclists_and_pace_for_runners(planted: Client, drawn: Any) -> None:
    curves = [*read_curves(planted, "camille", TODAY), *read_curves(planted, "noor", TODAY)]
    assert [(curve.sport, curve.power) for curve in curves] == [("cycling", True), ("running", False)]
    assert {curve.recent_from for curve in curves} == {date(2026, 6, 1)}, "the month in which 90 days begin"
    cycling, running = curves
    assert all(cycling.recent[seconds] <= cycling.best[seconds] for seconds in cycling.recent)
    assert min(running.best) == 60, "seconds of speed are noise"
    text = words_of(power_curve_chart(curves))
    assert "Camille Laurent, cycling (W)" in text and "Noor de Vries, running (min/km)" in text
    for told in (f"{cycling.best[1200]:.0f}", f"{cycling.recent[1200]:.0f}", "5 s", "1 min", "20 min", "1 h"):
        assert told in text.split("\n"), told


def test_speed_is_told_as_each_sport_tells_it() -> None:
    for sport, power, value, text, unit in (
        ("cycling", True, 251.4, "251", "W"),
        ("running", False, 1000 / 245, "4:05", "min/km"),
        ("swimming", False, 100 / 95, "1:35", "min/100 m"),
        ("rowing", False, 500 / 120, "2:00", "min/500 m"),
        ("paddling", False, 2.5, "9.0", "km/h"),
    ):
        told = told_as(sport, power)
        assert (told.text(told.value(value)), told.unit) == (text, unit)


def test_speed_of_cycling_without_power_is_not_a_curve(client: Client) -> None:
    row = {"athlete_id": "ana", "month": date(2026, 9, 1), "sport": "cycling", "duration_s": 60, "best_speed_mps": 9.0}
    plant(client, "power_curve", [row])
    assert read_curves(client, "ana", TODAY) == []


def test_a_single_effort_makes_a_curve(client: Client) -> None:
    row = {"athlete_id": "ana", "month": date(2026, 9, 1), "sport": "running", "duration_s": 75, "best_speed_mps": 4.0}
    plant(client, "power_curve", [row])
    assert power_curve_chart(read_curves(client, "ana", TODAY)).startswith(b"\x89PNG")
