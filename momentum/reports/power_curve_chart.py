"""Best efforts over durations: these months against all time, as power, pace or speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from momentum.reports import style
from momentum.reports.wording import minutes_text
from momentum.warehouse import queries
from momentum.warehouse.client import Client

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RECENT_DAYS = 90
# The first best of a sport in a record of years is older than any table of ours.
_ALWAYS = date(1970, 1, 1)
_TICKS_S = {1: "1 s", 5: "5 s", 15: "15 s", 60: "1 min", 300: "5 min", 1200: "20 min", 3600: "1 h", 10800: "3 h"}
_TOLD_S = (5, 60, 300, 1200, 3600)
# Means of speed under a minute are the noise of a satellite receiver more than an athlete's.
_SPEED_FROM_S = 60
# Sports whose speed people tell as the time for a distance of so many metres.
_PACE_M = {"running": 1000, "walking": 1000, "hiking": 1000, "swimming": 100, "rowing": 500}


@dataclass(frozen=True)
class Curve:
    """Best efforts of one athlete and sport, by duration in seconds; values in W, or in m/s where not `power`."""

    name: str
    sport: str
    power: bool
    recent_from: date
    recent: dict[int, float]
    best: dict[int, float]


def read_curves(client: Client, athlete_id: str, last: date, days: int = RECENT_DAYS) -> list[Curve]:
    """Curves of the sports trained in the months of the `days` days up to `last`, most trained first.

    Power where the sport has any, else speed; not for cycling, whose speed is the hills' and the wind's.
    The recent part is whole months: from the first of the month in which the days begin.
    """
    person = queries.profile(client, athlete_id) or {}
    recent_from = (last - timedelta(days=days - 1)).replace(day=1)
    curves = []
    for found in queries.curve_sports(client, athlete_id):
        sport, power = found["sport"], found["power"]
        if found["last_month"] < recent_from or sport == "transition" or (sport == "cycling" and not power):
            continue
        recent, best = (
            _by_duration(queries.power_curve_best(client, athlete_id, sport, first, last), power)
            for first in (recent_from, _ALWAYS)
        )
        if best:
            curves.append(Curve(person.get("name") or athlete_id, sport, power, recent_from, recent, best))
    return curves


def _by_duration(rows: list[dict[str, Any]], power: bool) -> dict[int, float]:
    column, first_s = ("best_w", 1) if power else ("best_speed_mps", _SPEED_FROM_S)
    return {row["duration_s"]: row[column] for row in rows if row[column] is not None and row["duration_s"] >= first_s}


def power_curve_chart(curves: Sequence[Curve]) -> bytes:
    """A PNG of 900 px width, a panel per curve. Raises ValueError without one."""
    if not curves:
        raise ValueError("no curve to draw")
    columns = 1 if len(curves) == 1 else 2
    rows = -(-len(curves) // columns)
    height_px = 84 + (330 if len(curves) == 1 else 265) * rows
    figure = style.new_figure(height_px)
    since = min(curve.recent_from for curve in curves)
    style.heading(
        figure,
        "Best efforts by how long they were held",
        f"Thick: since {since:%-d %B %Y}. Thin: all time. Where they meet, these months are the best ever.",
    )
    grid = figure.add_gridspec(
        rows, columns, left=0.075, right=0.975, top=1 - 96 / height_px, bottom=34 / height_px, hspace=0.42, wspace=0.18
    )
    for number, curve in enumerate(curves):
        _draw(figure.add_subplot(grid[number // columns, number % columns]), curve)
    return style.to_png(figure)


def _draw(axes: Axes, curve: Curve) -> None:
    style.plain_axes(axes)
    axes.set_xscale("log")
    told = told_as(curve.sport, curve.power)
    axes.set_title(
        f"{curve.name}, {style.words(curve.sport)} ({told.unit})", fontsize=10, color=style.INK, loc="left", pad=12
    )
    recent, best = (
        {seconds: told.value(value) for seconds, value in efforts.items()} for efforts in (curve.recent, curve.best)
    )
    for efforts, colour, width in ((best, style.MUTED, 1.2), (recent, style.FITNESS, 2.4)):
        axes.plot(
            list(efforts), list(efforts.values()), color=colour, linewidth=width,
            marker="o" if len(efforts) == 1 else None,
        )  # fmt: skip
    for seconds in _TOLD_S:
        _tell(axes, recent.get(seconds), best.get(seconds), seconds, told.text)
    shortest, longest = min(best), max(best)
    ticks = [second for second in _TICKS_S if shortest <= second <= longest] or [shortest]
    axes.set_xlim(shortest * 0.68, longest * 1.2)
    axes.set_xticks(ticks, [_TICKS_S.get(second, f"{second} s") for second in ticks])
    axes.set_xticks([], minor=True)
    _scale(axes, told, [*best.values(), *recent.values()])


def _scale(axes: Axes, told: Told, values: list[float]) -> None:
    """Better is up: watts from 0, pace turned round, on ticks that people know."""
    axes.yaxis.set_major_formatter(lambda value, _: told.text(value))
    if not told.lower_is_better:
        axes.set_ylim(0, 1.1 * max(values))
        return
    step = next((step for step in (5, 10, 15, 30, 60, 120, 300) if (max(values) - min(values)) / step <= 6), 600)
    first, last = int(min(values) // step), int(-(-max(values) // step))
    axes.set_yticks([step * number for number in range(first, last + 1)])
    room = 0.35 * step
    axes.set_ylim(step * last + room, step * first - room)


def _tell(axes: Axes, recent: float | None, best: float | None, seconds: int, text: Callable[[float], str]) -> None:
    """The figures at a duration: all time beside the upper line, these months beside the lower where it differs."""
    if recent is not None:
        axes.plot([seconds], [recent], "o", color=style.FITNESS, markersize=4.5)
    if best is not None:
        axes.annotate(
            text(best), (seconds, best), xytext=(4, 3), textcoords="offset points", fontsize=8.5, color=style.MUTED
        )
    if recent is not None and (best is None or text(best) != text(recent)):
        axes.annotate(
            text(recent), (seconds, recent), xytext=(-4, -4), textcoords="offset points", ha="right", va="top",
            fontsize=8.5, color=style.FITNESS,
        )  # fmt: skip


@dataclass(frozen=True)
class Told:
    """How a sport tells its efforts: from W or m/s to the value that is drawn, its text and its unit."""

    unit: str
    value: Callable[[float], float]
    text: Callable[[float], str]
    lower_is_better: bool = False


def told_as(sport: str, power: bool) -> Told:
    """Watts, or the pace of runners (min/km), swimmers (min/100 m) and rowers (min/500 m), or km/h."""
    if power:
        return Told("W", lambda watts: watts, lambda watts: f"{watts:.0f}")
    metres = _PACE_M.get(sport)
    if metres is None:
        return Told("km/h", lambda speed: 3.6 * speed, lambda kmh: f"{kmh:.1f}")
    unit = "min/km" if metres == 1000 else f"min/{metres} m"
    return Told(unit, lambda speed: metres / speed, minutes_text, lower_is_better=True)
