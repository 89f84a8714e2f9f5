"""Draws the README's pictures: the graph from its definitions, and fitness of a generated athlete.

.venv/bin/momentum run                      # fills .momentum/demo where nothing was imported
.venv/bin/python docs/pictures.py .momentum/demo [athlete]
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

from momentum.reports.fitness_chart import fitness_chart, read_fitness
from momentum.reports.graph_picture import graph_picture

IMAGES = Path(__file__).parent / "img"
# From left to right, as data flows.
GROUPS = ("infrastructure", "entered", "files", "activities", "training_load", "rollups")


def graph() -> bytes:
    """PNG of the asset graph as it is defined."""
    from momentum_dagster.definitions import defs

    specs = sorted(defs.resolve_all_asset_specs(), key=lambda spec: GROUPS.index(str(spec.group_name)))
    groups: dict[str, list[str]] = {}
    for spec in specs:
        groups.setdefault(str(spec.group_name), []).append(spec.key.to_user_string())
    edges = [(dep.asset_key.to_user_string(), spec.key.to_user_string()) for spec in specs for dep in spec.deps]
    return graph_picture(groups, edges)


def fitness(home: Path, athlete: str) -> bytes:
    """PNG of an athlete's fitness to its newest day. Raises SystemExit where the home holds none."""
    os.environ["MOMENTUM_HOME"] = str(home.absolute())
    from momentum.warehouse import queries
    from momentum_dagster.cli.shared import store

    with store() as client:
        newest = queries.fitness_on(client, athlete, date.max)
        drawn = read_fitness(client, athlete, newest[0]["local_date"]) if newest else None
    if drawn is None:
        raise SystemExit(f"{home} holds no fitness of {athlete}")
    return fitness_chart([drawn])


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "graph.png").write_bytes(graph())
    athlete = sys.argv[2] if len(sys.argv) > 2 else "camille"
    (IMAGES / "fitness.png").write_bytes(fitness(Path(sys.argv[1]), athlete))
