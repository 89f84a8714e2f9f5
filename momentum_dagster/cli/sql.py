"""momentum sql: one query, answered as a table or as JSON."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from momentum_dagster.cli.printing import print_rows
from momentum_dagster.cli.shared import Json, store


def sql(
    query: Annotated[str, typer.Argument(help="ClickHouse SQL; - reads it from standard input.")], as_json: Json = False
) -> None:
    """Ask the store; nothing can be changed from here.

    Tables: athletes, thresholds, activities, records, laps, activity_metrics, daily_load, fitness,
    weekly_rollup, monthly_rollup, power_curve, quarantine; `SHOW TABLES` names all, `DESCRIBE fitness`
    says what is in one.
    """
    text = (sys.stdin.read() if query == "-" else query).strip().rstrip(";")
    if not text:
        raise typer.BadParameter("the query is empty")
    with store() as client:
        rows = client.json_rows(text, {"readonly": 2})  # against slips; 1 would refuse settings, too
    print_rows(rows, as_json=as_json, empty="no rows")
