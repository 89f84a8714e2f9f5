"""A picture of the asset graph: groups as columns, what nearly all stands on as a slab below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from momentum.reports import style
from momentum.reports.graph_layout import BOX_H, BOX_W, LANE_W, MARGIN, SLAB_H, Edge, Layout, Point, Step, lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's hues, dark enough for thin lines.
_HUES = ("#7a7a7a", "#c77700", "#0072b2", "#00805c", "#a8477f", "#b3430f", "#3f4fa0")
_SCALE = 1.5  # the picture is drawn larger than it is laid out, for sharp screens


def graph_picture(groups: Mapping[str, Sequence[str]], edges: Sequence[Edge]) -> bytes:
    """PNG bytes. groups: nodes by group, groups from left to right; edges: (from, to).

    A node that feeds most of the others is drawn as the ground below all, without its lines. A line that a
    longer way says already is faint. Raises ValueError for an edge that names a node of no group.
    """
    from matplotlib.figure import Figure

    layout = lay_out(groups, edges)
    dpi = style.DPI * _SCALE
    figure = Figure(figsize=(layout.width / style.DPI, layout.height / style.DPI), dpi=dpi, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, layout.width)
    axes.set_ylim(layout.height, 0)
    axes.set_axis_off()
    hue = {node: _HUES[number % len(_HUES)] for number, nodes in enumerate(groups.values()) for node in nodes}
    _draw_frames(axes, layout, {name: hue[nodes[0]] for name, nodes in groups.items() if nodes})
    for edge, (begin, steps) in layout.ways.items():
        _draw_way(axes, begin, steps, hue[edge[0]], faint=edge in layout.implied)
    for node, (left, top) in layout.boxes.items():
        _draw_box(axes, node, left, top, BOX_W, BOX_H, hue[node])
    group_of = {node: name for name, nodes in groups.items() for node in nodes}
    for number, node in enumerate(layout.ground):
        top = layout.height - (number + 1) * (SLAB_H + 14)
        _draw_ground(axes, node, top, layout, hue[node], group_of, [one for one, to in edges if to == node])
    return style.to_png(figure)


def _draw_frames(axes: Axes, layout: Layout, hues: Mapping[str, str]) -> None:
    from matplotlib.patches import FancyBboxPatch

    for name, (left, top, right, bottom) in layout.frames.items():
        axes.add_patch(
            FancyBboxPatch(
                (left, top), right - left, bottom - top, boxstyle="round,pad=0,rounding_size=8",
                facecolor=hues[name], alpha=0.08, linewidth=0, zorder=0,
            )
        )  # fmt: skip
        axes.text(
            (left + right) / 2, top + 17, style.words(name), color=hues[name], fontsize=10, fontweight="bold",
            ha="center", va="center",
        )  # fmt: skip


def _draw_box(axes: Axes, text: str, left: float, top: float, width: float, height: float, hue: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (left, top), width, height, boxstyle="round,pad=0,rounding_size=6", facecolor="white", edgecolor=hue,
            linewidth=1.3, zorder=3,
        )
    )  # fmt: skip
    axes.text(
        left + width / 2, top + height / 2, text, color=style.INK, fontsize=9.5, ha="center", va="center", zorder=4
    )


def _draw_ground(
    axes: Axes, node: str, top: float, layout: Layout, hue: str, group_of: Mapping[str, str], below: Sequence[str]
) -> None:
    fed = layout.ground[node] & layout.boxes.keys()
    text = f"{node}: {len(fed)} of the {len(layout.boxes)} assets above stand on it"
    if below:
        text += f", and it stands on {', '.join(below)}"
    _draw_box(axes, text, MARGIN, top, layout.width - 2 * MARGIN, SLAB_H - 8, hue)
    axes.text(
        MARGIN + 14, top + SLAB_H / 2 - 4, style.words(group_of[node]), color=hue, fontsize=10, fontweight="bold",
        va="center", zorder=4,
    )  # fmt: skip
    for name in dict.fromkeys(group_of[one] for one in layout.boxes if one in fed):
        left, _, right, bottom = layout.frames[name]
        axes.annotate(
            "", ((left + right) / 2, bottom), ((left + right) / 2, top),
            arrowprops={"arrowstyle": "-|>", "color": hue, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def _draw_way(axes: Axes, begin: Point, steps: Sequence[Step], hue: str, *, faint: bool) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points, codes = [begin], [Path.MOVETO]
    for (x1, y1), straight in steps:
        x0, y0 = points[-1]
        if straight:
            points.append((x1, y1))
            codes.append(Path.LINETO)
            continue
        # Two points above each other are joined by a bow to the right.
        bend = 0.5 * (x1 - x0)
        points += [(x0 + (bend or LANE_W / 2), y0), (x1 - bend if bend else x1 + LANE_W / 2, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points, codes), arrowstyle="-|>", mutation_scale=9, color=hue, linewidth=0.8 if faint else 1.3,
            alpha=0.3 if faint else 0.75, capstyle="butt", joinstyle="round", fill=False, zorder=2,
        )
    )  # fmt: skip
