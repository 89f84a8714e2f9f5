"""CREATE TABLE statements from the registry of tables."""

from __future__ import annotations

from collections.abc import Sequence

from momentum.warehouse.tables import Column, Table

# An insert that is sent again after a lost connection carries the token of the first attempt.
_SETTINGS = "non_replicated_deduplication_window = 100"


def create_table(table: Table) -> str:
    """MergeTree for all; small tables keep the newest row of a key. Journals keep every row ever written."""
    engine = f"ReplacingMergeTree({table.version_column})" if table.kind == "small" else "MergeTree"
    partition = f"toYYYYMM({table.day})" if table.day else ""
    return _create(table.name, table.columns, engine, partition, table.order_by or table.key, table.row)


def has_history(table: Table) -> bool:
    """Months are kept per version of the model where rows say which version computed them."""
    return table.kind == "month" and "model_version" in table.column_names


def create_history(table: Table) -> str:
    """The table's twin that keeps a month per model version, replaceable one by one."""
    return _create(
        f"{table.name}_history",
        table.columns,
        "MergeTree",
        f"(toYYYYMM({table.day}), model_version)",
        table.order_by or table.key,
        f"Months of {table.name} as older models computed them.",
    )


def _create(
    name: str, columns: Sequence[Column], engine: str, partition: str, order_by: Sequence[str], comment: str
) -> str:
    lines = ",\n".join(f"    {_column(column)}" for column in columns)
    partition_by = f"PARTITION BY {partition}\n" if partition else ""
    return (
        f"CREATE TABLE IF NOT EXISTS `{name}`\n(\n{lines}\n)\nENGINE = {engine}\n{partition_by}"
        f"ORDER BY ({', '.join(f'`{column}`' for column in order_by)})\n"
        f"SETTINGS {_SETTINGS}\nCOMMENT {_quoted(comment)}"
    )


def _column(column: Column) -> str:
    codec = f" CODEC({column.codec})" if column.codec else ""
    return f"`{column.name}` {column.type} COMMENT {_quoted(column.description)}{codec}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
