"""Which months hold rows that another version of their model computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from momentum.warehouse.models.registry import MODELS, model_version
from momentum.warehouse.tables import TABLES

if TYPE_CHECKING:
    from momentum.warehouse.client import Client


@dataclass(frozen=True)
class StaleMonth:
    """One month of a table, by its first day, and why it should be computed again."""

    table: str
    month: date
    reason: str


def stale_months(client: Client) -> list[StaleMonth]:
    """Months with rows of another version, in the order in which the models run, oldest month first.

    A month whose inputs changed is not stale in this sense: the journal of changes knows it.
    """
    return [month for table in MODELS for month in _stale(client, table)]


def _stale(client: Client, table: str) -> list[StaleMonth]:
    version = model_version(table)
    found = client.rows(
        f"""
        SELECT toStartOfMonth(`{TABLES[table].day}`) AS first_day, groupUniqArray(model_version) AS versions,
            count() AS stale_rows
        FROM `{table}` WHERE model_version != {{version:String}} GROUP BY first_day ORDER BY first_day
        """,
        {"version": version},
    )
    return [
        StaleMonth(
            table,
            row["first_day"],
            f"{row['stale_rows']} rows of model {', '.join(sorted(row['versions']))}, the model is now {version}",
        )
        for row in found
    ]
