"""Plots in an asset's metadata, so that its page in the UI shows them.

The UI shows Markdown of under 1,000 characters at once and puts all that is longer behind a click. A
picture inside the Markdown is longer by far, so it lies beside the logs of its run, where the web server
finds it, and goes when they go.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from momentum.settings import Settings

if TYPE_CHECKING:
    from momentum.warehouse.client import Client


def plots_of(context: dg.AssetExecutionContext, client: Client, table: str) -> dict[str, dg.MetadataValue]:
    """The pictures that momentum.reports draws of a table, by title; none where there is no data."""
    from momentum.reports import plots_for

    return {
        title: dg.MetadataValue.md(f"![{title}]({_address(context, f'{table}-{_slug(title)}', png)})")
        for title, png in plots_for(client, table).items()
    }


def _address(context: dg.AssetExecutionContext, name: str, png: bytes) -> str:
    """Where a browser finds the picture. A web server on another machine has none of our files: all in the address."""
    if Settings().profile != "local":
        return f"data:image/png;base64,{base64.b64encode(png).decode()}"
    place = Path(context.instance.storage_directory(), context.run_id, "plots", f"{name}.png")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(png)
    return f"/logs/{context.run_id}/plots/{name}/png"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
