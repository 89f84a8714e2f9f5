"""Plots as inline pictures in an asset's metadata."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from momentum.warehouse.client import Client


def plots_of(client: Client, table: str) -> dict[str, dg.MetadataValue]:
    """The pictures that momentum.reports draws of a table, by title; none where there is no data."""
    from momentum.reports import plots_for

    return {
        title: dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")
        for title, png in plots_for(client, table).items()
    }
