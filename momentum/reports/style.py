"""How all plots look: colours that the colour-blind tell apart, sizes, the way from a figure to a PNG."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PX = 900
DPI = 100

INK = "#222222"
MUTED = "#6b6b6b"
GRID = "#e6e6e6"
FITNESS = "#0b3c6f"
FATIGUE = "#c8501e"
FORM = "#3d3d3d"

# Okabe and Ito's palette, whose hues stay apart for every common kind of colour blindness.
SPORT_COLOURS = {
    "cycling": "#56b4e9",
    "running": "#e69f00",
    "swimming": "#009e73",
    "strength": "#5f5f5f",
    "rowing": "#cc79a7",
    "walking": "#d8cf3a",
    "hiking": "#d8cf3a",
    "cross_country_skiing": "#0072b2",
    "alpine_skiing": "#0072b2",
}
OTHER_SPORT = "#c4c4c4"


def sport_colour(sport: str) -> str:
    return SPORT_COLOURS.get(sport, OTHER_SPORT)


def words(name: str) -> str:
    """A name of a column or sport as a person writes it: no underscores."""
    return name.replace("_", " ")


def signed(value: float) -> str:
    """A rounded number with its sign; the minus is a minus and not a hyphen, and zero has none."""
    rounded = round(value)
    return "0" if rounded == 0 else f"{rounded:+d}".replace("-", "−")


def new_figure(height_px: int) -> Figure:
    """An empty figure of the common width; pyplot and its global state are never touched."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_PX / DPI, height_px / DPI), dpi=DPI, facecolor="white")


def plain_axes(axes: Axes) -> None:
    """Horizontal grid lines, small grey labels, and no frame but the line at the bottom."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#b0b0b0")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=9, length=0)


def heading(figure: Figure, title: str, *lines: str) -> None:
    """A title that says what there is to see, and lines that say it in full and how to read it, the last in grey."""
    height_px = figure.bbox.height
    figure.text(14 / WIDTH_PX, 1 - 12 / height_px, title, fontsize=13, fontweight="bold", color=INK, va="top")
    for number, line in enumerate(lines, start=1):
        colour, size = (MUTED, 9.0) if number == len(lines) else (INK, 10.5)
        figure.text(14 / WIDTH_PX, 1 - (14 + 22 * number) / height_px, line, fontsize=size, color=colour, va="top")


def height_px(axes: Axes) -> float:
    """Height of the axes as they stand."""
    return float(axes.get_window_extent().height)


def margin_label(axes: Axes, text: str, colour: str, height: float, bold: bool = False) -> None:
    """Text in the right margin, at a height of the axes' own scale."""
    axes.annotate(
        text, (1, height), xycoords=axes.get_yaxis_transform(), xytext=(5, 0), textcoords="offset points",
        color=colour, fontsize=9, fontweight="bold" if bold else "normal", va="center", annotation_clip=False,
    )  # fmt: skip


def on_axis(day: date | np.datetime64[date]) -> float:
    """A day as a date axis counts it: days since 1970."""
    return float(np.asarray(day, dtype="datetime64[D]").astype(np.int64))


def month_axis(axes: Axes, days: float) -> None:
    """Months along the bottom, with the year under each January and under the first; dates when it is short."""
    from matplotlib import dates

    if days < 70:
        axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=8))
        axes.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))
        return
    axes.xaxis.set_major_locator(dates.MonthLocator(interval=max(1, round(days / 365))))

    def label(value: float, position: float) -> str:
        day = dates.num2date(value)
        return f"{day:%b}\n{day:%Y}" if day.month == 1 or position == 0 else f"{day:%b}"

    axes.xaxis.set_major_formatter(label)


def to_png(figure: Figure) -> bytes:
    """PNG bytes with a palette of 128 colours: a third of the size, and no difference to the eye."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    small = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()
