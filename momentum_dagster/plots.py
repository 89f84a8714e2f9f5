"""Plots of an asset, where the UI shows them: the latest on its page, each run's in the run's metadata.

The UI puts Markdown of more than 1,000 characters behind a click, and a picture inside the Markdown is
longer by far. That suits metadata, which keep the picture of every run for good. So that the page itself
begins with the latest picture, its description names a file beside the runs' logs, where the local web
server finds it.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from momentum.settings import Settings

if TYPE_CHECKING:
    from momentum.warehouse.client import Client

PLOTTED = ("fitness", "weekly_rollup", "power_curve")
FOLDER = "plots"
# Fits the page's middle column on a laptop; the UI neither shrinks nor crops by itself.
SHOWN_WIDTH_PX = 760


def plots_of(context: dg.AssetExecutionContext, client: Client, table: str) -> dict[str, dg.MetadataValue]:
    """The pictures that momentum.reports draws of a table, by title; none where there is no data."""
    from momentum.reports import plots_for

    pictures = plots_for(client, table)
    for png in pictures.values():
        place = Path(context.instance.storage_directory(), FOLDER, f"{table}.svg")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_framed(png), encoding="utf-8")
    return {title: dg.MetadataValue.md(f"![{title}]({_inline(png)})") for title, png in pictures.items()}


def with_latest_plot(spec: dg.AssetSpec, settings: Settings) -> dg.AssetSpec:
    """The spec, its description followed by the latest picture if it has one and the web server is on this machine."""
    table = spec.key.to_user_string()
    if table not in PLOTTED or settings.profile != "local":
        return spec
    picture = f"![There is a chart once this is materialized.](/logs/{FOLDER}/{table}/svg)"
    return spec.replace_attributes(description=f"{spec.description}\n\n{picture}")


def _framed(png: bytes) -> str:
    """An SVG of the width that is shown, with the PNG in it; the PNG's own size stands in its header."""
    width, height = (int.from_bytes(png[start : start + 4]) for start in (16, 20))
    shown_height = round(height * SHOWN_WIDTH_PX / width)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SHOWN_WIDTH_PX}" height="{shown_height}" '
        f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" href="{_inline(png)}"/></svg>\n'
    )


def _inline(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
