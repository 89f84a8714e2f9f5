"""Where the boxes of the graph's picture stand, and by which way its lines go: plain geometry, no drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# Pixels.
BOX_W, BOX_H, GAP_Y, LANE_W = 148, 30, 26, 76
MARGIN, HEAD, SLAB_H = 26, 52, 40
# A node that feeds at least this share of all others is ground to stand on and not a box among boxes.
_GROUND_SHARE = 0.6

Point = tuple[float, float]
Edge = tuple[str, str]
Step = tuple[Point, bool]  # where to, and whether straight; else in a curve that leaves and arrives level


@dataclass
class Layout:
    """Pixels from the upper left corner.

    boxes: left upper corner of each node's box. frames: per group left, top, right, bottom. ground: nodes that
    most others stand on, with those others. ways: per edge where it begins and its steps. implied: edges that
    a longer way says already.
    """

    width: float = 0.0
    height: float = 0.0
    boxes: dict[str, Point] = field(default_factory=dict)
    frames: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    ground: dict[str, set[str]] = field(default_factory=dict)
    ways: dict[Edge, tuple[Point, list[Step]]] = field(default_factory=dict)
    implied: set[Edge] = field(default_factory=set)


def lay_out(groups: Mapping[str, Sequence[str]], edges: Sequence[Edge]) -> Layout:
    """Groups are columns from left to right, their nodes boxes from top to bottom.

    Raises ValueError for an edge that names a node of no group.
    """
    nodes = [node for members in groups.values() for node in members]
    if unknown := sorted({node for edge in edges for node in edge} - set(nodes)):
        raise ValueError(f"edges name nodes of no group: {', '.join(unknown)}")
    layout = Layout()
    fed = {node: {low for high, low in edges if high == node} for node in nodes}
    enough = max(3, _GROUND_SHARE * (len(nodes) - 1))
    layout.ground = {node: fed[node] for node in nodes if len(fed[node]) >= enough}
    drawn = [edge for edge in dict.fromkeys(edges) if not set(edge) & set(layout.ground)]
    columns = {
        group: kept for group, members in groups.items() if (kept := [n for n in members if n not in layout.ground])
    }
    ordered = _ordered(list(columns.values()), drawn)
    _place(layout, list(columns), ordered)
    layout.implied = _implied(drawn)
    column_of = {node: number for number, column in enumerate(ordered) for node in column}
    for edge in drawn:
        layout.ways[edge] = _way(layout, ordered, column_of, edge)
    return layout


def _ordered(columns: list[list[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """Nodes in each column: those that others of the column come from first, then near what they are joined to.

    The sweeps of Sugiyama's method: each column by the mean place of the neighbours, to and fro.
    """
    depth = {node: 0 for column in columns for node in column}
    for column in columns:
        inner = [edge for edge in edges if edge[0] in column and edge[1] in column]
        for _ in column:
            for high, low in inner:
                depth[low] = max(depth[low], min(depth[high] + 1, len(column)))
    height = {node: float(number) for column in columns for number, node in enumerate(column)}
    columns = [sorted(column, key=lambda node: (depth[node], height[node])) for column in columns]
    for sweep in range(8):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            pull = {node: _pull(node, column, edges, height) for node in column}
            column.sort(key=lambda node, pull=pull: (depth[node], pull[node]))  # type: ignore[misc]
            for number, node in enumerate(column):
                height[node] = number - (len(column) - 1) / 2
    return columns


def _pull(node: str, column: Sequence[str], edges: Sequence[Edge], height: Mapping[str, float]) -> float:
    joined = [other for edge in edges if node in edge for other in edge if other != node and other not in column]
    return sum(height[other] for other in joined) / len(joined) if joined else height[node]


def _place(layout: Layout, names: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
    tallest = max((len(column) for column in columns), default=0)
    inner = tallest * (BOX_H + GAP_Y) + GAP_Y
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        left = MARGIN + number * (BOX_W + LANE_W)
        step = inner / max(1, len(column))  # spread over the whole height: room for lines between the boxes
        step = min(step, 2.2 * (BOX_H + GAP_Y))
        first = HEAD + (inner - step * len(column)) / 2 + (step - BOX_H) / 2
        for row, node in enumerate(column):
            layout.boxes[node] = (left, first + row * step)
        layout.frames[name] = (left - 14, HEAD - 30, left + BOX_W + 14, HEAD + inner)
    layout.width = 2 * MARGIN + len(columns) * BOX_W + max(0, len(columns) - 1) * LANE_W
    layout.height = HEAD + inner + 20 + (SLAB_H + 14) * len(layout.ground)


def _way(
    layout: Layout, columns: Sequence[Sequence[str]], column_of: Mapping[str, int], edge: Edge
) -> tuple[Point, list[Step]]:
    """From the right side of a box to the left of another, through gaps of the columns between."""
    (x0, y0), (x1, y1) = layout.boxes[edge[0]], layout.boxes[edge[1]]
    start, end = column_of[edge[0]], column_of[edge[1]]
    if start == end:
        return _inside(layout, columns[start], edge)
    forward = end > start
    begin = (x0 + BOX_W if forward else x0, y0 + BOX_H / 2)
    finish = (x1 if forward else x1 + BOX_W, y1 + BOX_H / 2)
    steps: list[Step] = []
    for between in range(start + 1, end) if forward else range(start - 1, end, -1):
        left = layout.boxes[columns[between][0]][0]
        share = (left - begin[0]) / (finish[0] - begin[0])
        height = _gap(layout, columns[between], begin[1] + share * (finish[1] - begin[1]), edge[0])
        near, far = (left - 6, left + BOX_W + 6) if forward else (left + BOX_W + 6, left - 6)
        steps += [((near, height), False), ((far, height), True)]
    return begin, [*steps, (finish, False)]


def _gap(layout: Layout, column: Sequence[str], wanted: float, source: str) -> float:
    """The height between two boxes, or above or below all, that is nearest; lines of one source share it."""
    tops = [layout.boxes[node][1] for node in column]
    gaps = [tops[0] - GAP_Y / 2, *((a + BOX_H + b) / 2 for a, b in pairwise(tops))]
    gaps.append(tops[-1] + BOX_H + GAP_Y / 2)
    nearest = min(gaps, key=lambda gap: abs(gap - wanted))
    place = sorted(layout.boxes, key=lambda node: (layout.boxes[node][1], node)).index(source)
    return nearest + 14 * (place / max(1, len(layout.boxes) - 1) - 0.5)


def _inside(layout: Layout, column: Sequence[str], edge: Edge) -> tuple[Point, list[Step]]:
    """Straight down to the next box; past others round the right side."""
    (x0, y0), (x1, y1) = layout.boxes[edge[0]], layout.boxes[edge[1]]
    if column.index(edge[1]) - column.index(edge[0]) == 1:
        return (x0 + BOX_W / 2, y0 + BOX_H), [((x1 + BOX_W / 2, y1), True)]
    return (x0 + BOX_W, y0 + BOX_H / 2), [((x1 + BOX_W, y1 + BOX_H / 2), False)]


def _implied(edges: Sequence[Edge]) -> set[Edge]:
    after: dict[str, set[str]] = {}
    for high, low in edges:
        after.setdefault(high, set()).add(low)

    def reached(node: str, seen: set[str]) -> set[str]:
        for low in after.get(node, set()) - seen:
            seen.add(low)
            reached(low, seen)
        return seen

    return {(high, low) for high, low in edges if any(low in reached(other, set()) for other in after[high] - {low})}
