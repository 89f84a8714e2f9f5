"""CREATE TABLE statements from the registry of tables."""

from __future__ import annotations

from momentum.warehouse.tables import Column, Table

# An insert that is sent again after a lost connection carries the token of the first attempt.
_SETTINGS = "non_replicated_deduplication_window = 100"


def create_table(table: Table) -> str:
    """MergeTree for all; small tables keep the newest row of a key. Journals keep every row ever written."""
    engine = f"ReplacingMergeTree({table.version_column})" if table.kind == "small" else "MergeTree"
    partition = f"PARTITION BY toYYYYMM({table.day})" if table.day else ""
    return _create(table, table.name, f"{engine} {partition}", table.row)


def create_history(table: Table) -> str:
    """The table's twin that keeps a month per model version, each replaceable alone."""
    engine = f"MergeTree PARTITION BY (toYYYYMM({table.day}), model_version)"
    return _create(table, f"{table.name}_history", engine, f"Months of {table.name} as older models computed them.")


def _create(table: Table, name: str, engine: str, comment: str) -> str:
    columns = ",\n".join(f"    {_column(column)}" for column in table.columns)
    order_by = ", ".join(f"`{column}`" for column in table.order_by or table.key)
    return (
        f"CREATE TABLE IF NOT EXISTS `{name}`\n(\n{columns}\n)\nENGINE = {engine}\n"
        f"ORDER BY ({order_by})\nSETTINGS {_SETTINGS}\nCOMMENT {_quoted(comment)}"
    )


def _column(column: Column) -> str:
    codec = f" CODEC({column.codec})" if column.codec else ""
    return f"`{column.name}` {column.type} COMMENT {_quoted(column.description)}{codec}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
