"""Load of each week, stacked by sport, with the light weeks standing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from momentum.reports import style
from momentum.reports.wording import hours_text
from momentum.warehouse import queries
from momentum.warehouse.client import Client
from momentum.warehouse.queries.load import LIGHT_WEEK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_WEEKS = 52
_LIGHT = "#e8e4f3"


@dataclass(frozen=True)
class Weeks:
    """What is drawn of one athlete: rows of `queries.load_by_sport`."""

    name: str
    weeks: list[dict[str, Any]]


def read_weeks(client: Client, athlete_id: str, last: date, weeks: int = DEFAULT_WEEKS) -> Weeks | None:
    """The `weeks` weeks up to that of `last`; None where nothing was trained in them."""
    rows = queries.load_by_sport(client, athlete_id, last - timedelta(weeks=weeks - 1), last)
    if not any(row["sessions"] for row in rows):
        return None
    person = queries.profile(client, athlete_id) or {}
    return Weeks(person.get("name") or athlete_id, rows)


def load_by_sport_chart(athletes: Sequence[Weeks]) -> bytes:
    """A PNG of 900 px width, a panel per athlete on a common scale of weeks. Raises ValueError without one."""
    if not athletes:
        raise ValueError("no athlete to draw")
    columns = 1 if len(athletes) <= 3 else 2
    rows = -(-len(athletes) // columns)
    height_px = 110 + (270 if len(athletes) == 1 else 190) * rows
    figure = style.new_figure(height_px)
    style.heading(
        figure,
        "Load of each week by sport",
        f"Shaded: light weeks, at most {100 * LIGHT_WEEK:.0f} % of the mean of the three before. "
        "Pale: the week is not over.",
    )
    sports = sorted(
        {sport for athlete in athletes for week in athlete.weeks for sport, load in week["by_sport"].items() if load}
    )
    _legend(figure, sports, height_px)
    grid = figure.add_gridspec(
        rows, columns, left=0.055, right=0.985, top=1 - 112 / height_px, bottom=34 / height_px, hspace=0.5, wspace=0.13
    )
    first = min(athlete.weeks[0]["week"] for athlete in athletes)
    last = max(athlete.weeks[-1]["week"] for athlete in athletes)
    for number, athlete in enumerate(athletes):
        axes = figure.add_subplot(grid[number // columns, number % columns])
        axes.set_xlim(style.on_axis(first) - 4, style.on_axis(last) + 4)
        told = _sentence(athlete.weeks, short=columns > 1)
        axes.set_title(f"{athlete.name}: {told}", fontsize=10, color=style.INK, loc="left", pad=8)
        _draw(axes, athlete, sports)
        style.month_axis(axes, ((last - first).days + 7) * columns)
    return style.to_png(figure)


def _legend(figure: Any, sports: Sequence[str], height_px: int) -> None:
    left = 14.0
    for sport in sports:
        text = f"■ {style.words(sport)}"
        figure.text(
            left / style.WIDTH_PX, 1 - 60 / height_px, text, fontsize=9.5, color=style.sport_colour(sport), va="top"
        )
        left += 22 + 8 * len(text)


def _draw(axes: Axes, athlete: Weeks, sports: Sequence[str]) -> None:
    style.plain_axes(axes)
    weeks = athlete.weeks
    days = np.array([week["week"] for week in weeks], dtype="datetime64[D]")
    for week in weeks:
        if week["light"]:
            middle = style.on_axis(week["week"])
            axes.axvspan(middle - 3.5, middle + 3.5, color=_LIGHT, linewidth=0, zorder=0)
    # Lines as wide as bars: one object per sport instead of one per week.
    spanned = np.diff(axes.get_xlim())[0]
    width_pt = 0.74 * 7 / spanned * axes.get_window_extent().width * 72 / style.DPI
    opacity = np.array([1.0 if week["complete"] else 0.45 for week in weeks])
    bottom = np.zeros(len(weeks))
    for sport in sports:
        top = bottom + np.array([week["by_sport"].get(sport, 0.0) for week in weeks])
        axes.vlines(days, bottom, top, color=style.sport_colour(sport), linewidth=width_pt, alpha=opacity)
        bottom = top
    axes.set_ylim(0, max(10.0, 1.05 * float(bottom.max())))
    axes.locator_params(axis="y", nbins=5)


def _sentence(weeks: Sequence[dict[str, Any]], short: bool) -> str:
    """The last whole week in words, or the one that runs where there is no other."""
    whole = [week for week in weeks if week["complete"]]
    week = whole[-1] if whole else weeks[-1]
    if short:
        return f"load {week['load']:.0f} (week of {week['week']:%-d %b})"
    sessions = "1 session" if week["sessions"] == 1 else f"{week['sessions']} sessions"
    return f"week of {week['week']:%-d %b %Y}: load {week['load']:.0f}, {hours_text(week['duration_s'])}, {sessions}"
