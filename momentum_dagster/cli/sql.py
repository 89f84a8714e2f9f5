"""momentum sql: one query, answered as a table or as JSON."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from momentum_dagster.cli.shared import Json, print_rows, store


def sql(
    query: Annotated[str, typer.Argument(help="ClickHouse SQL; - reads it from standard input.")], as_json: Json = False
) -> None:
    """Ask the store. Tables are those of the contract: activities, fitness, daily_load, power_curve ..."""
    text = sys.stdin.read() if query == "-" else query
    with store() as client:
        rows = client.rows(text)
    print_rows(rows, as_json=as_json, empty="no rows")
