"""All tables of the registry, and a history table for each that can be swapped to another model.

Until the first release this follows the registry; from then on it is frozen as text (see the package).
"""

from __future__ import annotations

from momentum.warehouse.migrations.ddl import create_history, create_table
from momentum.warehouse.tables import TABLES

NAME = "tables of the registry"


def statements() -> list[str]:
    tables = TABLES.values()
    return [create_table(table) for table in tables] + [create_history(table) for table in tables if table.has_history]
