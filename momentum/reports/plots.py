"""Which pictures belong to which table, for its asset's page: of the athletes with the newest activities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from momentum.reports.fitness_chart import fitness_chart, read_fitness
from momentum.reports.load_chart import load_by_sport_chart, read_weeks
from momentum.reports.power_curve_chart import power_curve_chart, read_curves
from momentum.warehouse import queries
from momentum.warehouse.client import Client

# As many as a page shows without scrolling for long.
MOST_ATHLETES = 6
MOST_CURVES = 6


def plots_for(client: Client, table: str) -> dict[str, bytes]:
    """PNGs of a table by title; {} for a table without pictures, or without data yet.

    fitness: the chart of up to 6 athletes; weekly_rollup: load by sport; power_curve: best efforts. The last
    day is the newest that any of them has a fitness of, or an activity: fitness comes after the others.
    """
    draw = _PLOTS.get(table)
    if draw is None:
        return {}
    ids = queries.newest_athletes(client, MOST_ATHLETES)
    days = [row["local_date"] for name in ids for row in queries.fitness_on(client, name, date.max)[:1]]
    return draw(client, ids, max([*days, queries.newest_day(client, ids)])) if ids else {}


def _fitness(client: Client, ids: list[str], last: date) -> dict[str, bytes]:
    drawn = [found for athlete_id in ids if (found := read_fitness(client, athlete_id, last))]
    return {"Fitness, fatigue and form": fitness_chart(drawn)} if drawn else {}


def _weeks(client: Client, ids: list[str], last: date) -> dict[str, bytes]:
    drawn = [found for athlete_id in ids if (found := read_weeks(client, athlete_id, last))]
    return {"Load by sport": load_by_sport_chart(drawn)} if drawn else {}


def _curves(client: Client, ids: list[str], last: date) -> dict[str, bytes]:
    drawn = [curve for athlete_id in ids for curve in read_curves(client, athlete_id, last)][:MOST_CURVES]
    return {"Best efforts": power_curve_chart(drawn)} if drawn else {}


_PLOTS: dict[str, Callable[[Client, list[str], date], dict[str, bytes]]] = {
    "fitness": _fitness,
    "weekly_rollup": _weeks,
    "power_curve": _curves,
}
