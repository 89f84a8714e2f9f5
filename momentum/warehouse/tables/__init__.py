"""The contract: every table, once. DDL, checks, column schemas in the UI are made from here.

Here does not belong: SQL that reads or fills a table (models, ingest).
"""

from __future__ import annotations

from momentum.warehouse.tables import activities, derived, entered, files, runs
from momentum.warehouse.tables.table import Column, Table

TABLES: dict[str, Table] = {
    table.name: table
    for module in (entered, files, runs, activities, derived)
    for table in vars(module).values()
    if isinstance(table, Table)
}

__all__ = ["TABLES", "Column", "Table"]
