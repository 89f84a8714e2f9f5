"""The fitness chart: CTL and ATL, form in its bands, daily load by sport, events, changes of source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from momentum.reports import style
from momentum.warehouse import queries
from momentum.warehouse.client import Client

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_DAYS = 365

# Bands of form by their lower bound: of load, not of risk.
BANDS = (
    (25.0, "transition", "#dcdcdc"),
    (5.0, "fresh", "#d3eaf7"),
    (-10.0, "neutral", "#f6f6f6"),
    (-30.0, "productive", "#cfe9df"),
    (float("-inf"), "heavy", "#f8d8c4"),
)
_SHORT = "Fitness (CTL): slow average of load. Fatigue (ATL): quick average."
_EXPLAINED = f"{_SHORT} Form: their difference the evening before."
_CHANGED = "◇ from here on load comes from another source"


@dataclass(frozen=True)
class Fitness:
    """All that is drawn of one athlete: columns of `queries.fitness_series`, loads, rows of events."""

    name: str
    series: dict[str, NDArray[Any]]
    daily: queries.DailyLoad
    events: list[dict[str, Any]]


def read_fitness(client: Client, athlete_id: str, last: date, days: int = DEFAULT_DAYS) -> Fitness | None:
    """The `days` days up to `last`; None where there is no fitness in them."""
    first = last - timedelta(days=days - 1)
    series = queries.fitness_series(client, athlete_id, "all", first, last)
    if not len(series["local_date"]):
        return None
    person = queries.profile(client, athlete_id)
    return Fitness(
        name=(person or {}).get("name") or athlete_id,
        series=series,
        daily=queries.daily_load_by_sport(client, athlete_id, first, last),
        events=queries.events_between(client, athlete_id, first, last),
    )


def band_of(form: float) -> str:
    """The name of the band of load that a form lies in."""
    return next(name for low, name, _ in BANDS if form >= low)


def fitness_chart(athletes: Sequence[Fitness]) -> bytes:
    """A PNG of 900 px width: one athlete in full, several as small multiples on common scales.

    Raises ValueError without an athlete.
    """
    if not athletes:
        raise ValueError("no athlete to draw")
    return _one(athletes[0]) if len(athletes) == 1 else _several(athletes)


def _one(athlete: Fitness) -> bytes:
    height_px = 580
    figure = style.new_figure(height_px)
    last = _last(athlete)
    style.heading(
        figure,
        f"{athlete.name}, {last['local_date'].item():%-d %B %Y}",
        f"Form {_form(last)} in the morning. Fitness {last['ctl']:.0f} and fatigue {last['atl']:.0f} in the evening.",
        _EXPLAINED,
    )
    top = 0.8 if athlete.events else 0.84
    grid = figure.add_gridspec(
        3, 1, height_ratios=(2.7, 1.5, 0.8), left=0.05, right=0.89, top=top, bottom=0.08, hspace=0.14
    )
    lines = figure.add_subplot(grid[0])
    form = figure.add_subplot(grid[1], sharex=lines)
    bars = figure.add_subplot(grid[2], sharex=lines)
    days = athlete.series["local_date"]
    _draw_lines(lines, athlete, top=_top([athlete]))
    _draw_source_changes(lines, athlete, explain=True)
    _draw_form(form, athlete, _form_limits([athlete]))
    _draw_bars(bars, athlete.daily)
    for axes in (lines, form):
        axes.tick_params(labelbottom=False)
    _span(lines, days)
    _draw_events([lines, form, bars], lines, athlete.events)
    style.month_axis(bars, len(days))
    return style.to_png(figure)


def _several(athletes: Sequence[Fitness]) -> bytes:
    columns = 1 if len(athletes) <= 3 else 2
    rows = -(-len(athletes) // columns)
    height_px = 100 + 195 * rows
    figure = style.new_figure(height_px)
    changed = f" {_CHANGED}." if any(athlete.series["source_changed"].any() for athlete in athletes) else ""
    style.heading(figure, "Fitness, fatigue and form, on the same scales for all", _SHORT + changed)
    grid = figure.add_gridspec(
        rows, columns, left=0.05, right=0.9, top=1 - 92 / height_px, bottom=36 / height_px, hspace=0.3, wspace=0.36
    )
    top, limits = _top(athletes), _form_limits(athletes)
    whole = np.concatenate([athlete.series["local_date"] for athlete in athletes])
    for number, athlete in enumerate(athletes):
        cell = grid[number // columns, number % columns].subgridspec(2, 1, height_ratios=(1.7, 1), hspace=0.12)
        lines = figure.add_subplot(cell[0])
        form = figure.add_subplot(cell[1], sharex=lines)
        told = f"{athlete.name}: form {_form(_last(athlete))}"
        lines.set_title(told, fontsize=9.5, color=style.INK, loc="left", pad=5)
        _draw_lines(lines, athlete, top)
        _draw_source_changes(lines, athlete, explain=False)
        _draw_form(form, athlete, limits, small=True)
        lines.tick_params(labelbottom=False)
        _span(lines, whole)
        if number + columns < len(athletes):
            form.tick_params(labelbottom=False)
        style.month_axis(form, len(np.unique(whole)) * columns)
    return style.to_png(figure)


def _last(athlete: Fitness) -> dict[str, Any]:
    return {name: column[-1] for name, column in athlete.series.items()}


def _form(last: dict[str, Any]) -> str:
    return f"{style.signed(last['tsb'])} ({band_of(last['tsb'])})"


def _top(athletes: Sequence[Fitness]) -> float:
    """Upper end of the scale of CTL and ATL; loads near 0 are not blown up."""
    return max(10.0, *(1.08 * float(np.max(athlete.series[name])) for athlete in athletes for name in ("ctl", "atl")))


def _form_limits(athletes: Sequence[Fitness]) -> tuple[float, float]:
    low = min(float(np.min(athlete.series["tsb"])) for athlete in athletes)
    high = max(float(np.max(athlete.series["tsb"])) for athlete in athletes)
    return min(-38.0, low - 4), max(32.0, high + 4)


def _span(axes: Axes, days: NDArray[np.datetime64]) -> None:
    """The days from edge to edge, so that today is at the right end; one day alone gets some room."""
    first, last = style.on_axis(days.min()), style.on_axis(days.max())
    room = 0 if last > first else 3
    axes.set_xlim(first - room, last + room)


def _draw_lines(axes: Axes, athlete: Fitness, top: float) -> None:
    style.plain_axes(axes)
    days, ctl, atl = (athlete.series[name] for name in ("local_date", "ctl", "atl"))
    dot = "o" if len(days) == 1 else None
    axes.fill_between(days, ctl, color=style.FITNESS, alpha=0.07, linewidth=0)
    axes.plot(days, atl, color=style.FATIGUE, linewidth=1.1, marker=dot)
    axes.plot(days, ctl, color=style.FITNESS, linewidth=2.4, marker=dot)
    axes.set_ylim(0, top)
    # Labels at the ends of the lines, pushed apart where the lines meet: no legend to look up.
    gap = 14 * top / style.height_px(axes)
    middle = (ctl[-1] + atl[-1]) / 2
    apart = max(abs(ctl[-1] - atl[-1]), gap) / 2
    upwards = 1 if ctl[-1] >= atl[-1] else -1
    for text, colour, height in (
        (f"fitness {ctl[-1]:.0f}", style.FITNESS, middle + upwards * apart),
        (f"fatigue {atl[-1]:.0f}", style.FATIGUE, middle - upwards * apart),
    ):
        style.margin_label(axes, text, colour, max(height, 0.04 * top), bold=True)


def _draw_form(axes: Axes, athlete: Fitness, limits: tuple[float, float], small: bool = False) -> None:
    style.plain_axes(axes)
    axes.grid(visible=False)
    low_end, high_end = limits
    above = high_end
    for low, name, colour in BANDS:
        bottom = max(low, low_end)
        axes.axhspan(bottom, above, color=colour, linewidth=0, zorder=0)
        if (above - bottom) * style.height_px(axes) / (
            high_end - low_end
        ) >= 10:  # else names would run into each other
            style.margin_label(axes, name, style.MUTED, (bottom + above) / 2)
        above = bottom
    days, form = athlete.series["local_date"], athlete.series["tsb"]
    axes.axhline(0, color="#a8a8a8", linewidth=0.8)
    axes.plot(days, form, color=style.FORM, linewidth=1.3, marker="o" if len(days) == 1 else None)
    axes.set_ylim(low_end, high_end)
    axes.set_yticks([-30, -10, 5, 25], ["−30", "−10", "+5", "+25"], fontsize=7.5 if small else 9)
    axes.text(0.006, 0.93, "form", fontsize=9, color=style.FORM, va="top", transform=axes.transAxes)


def _draw_bars(axes: Axes, daily: queries.DailyLoad) -> None:
    style.plain_axes(axes)
    bottom = np.zeros(len(daily.days))
    for number, sport in enumerate(daily.sports):
        top = bottom + daily.loads[:, number]
        axes.fill_between(daily.days, bottom, top, step="mid", color=style.sport_colour(sport), linewidth=0)
        bottom = top
    axes.set_ylim(0, max(10.0, float(bottom.max(initial=0)) * 1.02))
    axes.locator_params(axis="y", nbins=2)
    style.margin_label(axes, "daily load", style.MUTED, axes.get_ylim()[1] * 0.9)
    for number, sport in enumerate(daily.sports[:3]):
        height = axes.get_ylim()[1] * (0.66 - 0.24 * number)
        style.margin_label(axes, f"■ {style.words(sport)}", style.sport_colour(sport), height)


def _draw_source_changes(axes: Axes, athlete: Fitness, explain: bool) -> None:
    """A mark on the day from which load comes from another source, such as heart rate instead of power."""
    changed = athlete.series["local_date"][athlete.series["source_changed"].astype(bool)]
    if not len(changed):
        return
    axes.plot(
        changed, np.full(len(changed), 0.035), "D", color="white", markeredgecolor=style.MUTED, markersize=5,
        transform=axes.get_xaxis_transform(),
    )  # fmt: skip
    if explain:
        axes.text(
            0.006, 0.965, f"{_CHANGED}: a step may not be training", fontsize=8.5, color=style.MUTED, va="top",
            transform=axes.transAxes,
        )  # fmt: skip


def _draw_events(all_axes: Sequence[Axes], named: Axes, events: Sequence[dict[str, Any]]) -> None:
    """A line through the whole chart for each race, dotted for a test; names of races above, in two rows, where there
    is room: the most important ones first."""
    left, right = named.get_xlim()
    px_a_day = named.get_window_extent().width / (right - left)
    taken: list[tuple[int, float, float]] = []
    for event in sorted(events, key=lambda event: (event["priority"] or "D", event["kind"], event["date"])):
        day = style.on_axis(event["date"])
        for axes in all_axes:
            axes.axvline(
                day, color=style.INK, linewidth=0.9, linestyle="-" if event["kind"] == "race" else ":", alpha=0.6
            )
        name = (event["kind"] == "race" and event["name"]) or event["kind"]
        name = name if len(name) <= 20 else f"{name[:19]}…"
        middle, half = (day - left) * px_a_day, 3.3 * len(name) + 4
        for row in (0, 1):
            if all(other != row or middle + half < low or high < middle - half for other, low, high in taken):
                taken.append((row, middle - half, middle + half))
                named.annotate(
                    name, (day, 1), xycoords=("data", "axes fraction"), xytext=(0, 3 + 11 * row),
                    textcoords="offset points", fontsize=8.5, ha="center", color=style.INK, annotation_clip=False,
                )  # fmt: skip
                break
