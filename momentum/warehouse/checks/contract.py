"""Checks that follow from a table's contract alone: schema, key, bounds, version of the model."""

from __future__ import annotations

from momentum.warehouse.checks.check import Check, in_months
from momentum.warehouse.models.registry import MODELS, model_version
from momentum.warehouse.tables import Column, Table


def contract_checks(table: Table) -> list[Check]:
    """The checks of one table."""
    found = [_schema(table)]
    if table.kind != "small" and not table.repeats:  # small tables are read as the newest of each key
        found.append(_unique_key(table))
    if any(_wrong(column) for column in table.columns):
        found.append(_ranges(table))
    if table.name in MODELS:
        found.append(_model_version(table))
    return found


def _schema(table: Table) -> Check:
    """Blocks: SQL that runs into a missing column fails anyway, one that meets another type may not."""
    sql = """
    SELECT if(expected.name = '', found.name, expected.name) AS column, expected.type AS expected_type,
        found.type AS found_type
    FROM (
        SELECT pair.1 AS name, pair.2 AS type
        FROM (SELECT arrayJoin(arrayZip({names:Array(String)}, {types:Array(String)})) AS pair)
    ) AS expected
    FULL JOIN (
        SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}
    ) AS found ON expected.name = found.name
    WHERE expected.type != found.type
    """
    parameters = {
        "table": table.name,
        "names": list(table.column_names),
        "types": [column.type for column in table.columns],
    }
    return Check(table.name, "schema", "columns and types of the contract", True, sql, parameters)


def _unique_key(table: Table) -> Check:
    """Blocks where rows are summed. Of a journal's rows the newest counts, so a second one does no harm."""
    key = ", ".join(f"`{name}`" for name in table.key)
    condition = in_months(f"`{table.day}`") if table.day else "1"
    return Check(
        table.name,
        "unique_key",
        f"one row for each {', '.join(table.key)}",
        table.kind != "journal",
        f"SELECT {key}, count() AS rows FROM `{table.name}` WHERE {condition} GROUP BY {key} HAVING rows > 1",
    )


def _ranges(table: Table) -> Check:
    """Blocks for what is computed; what a person entered is told and not believed less."""
    wrong = {column.name: condition for column in table.columns if (condition := _wrong(column))}
    key = ", ".join(f"`{name}`" for name in table.key)
    pairs = ", ".join(f"if({condition}, '{name}', '')" for name, condition in wrong.items())
    months = in_months(f"`{table.day}`") if table.day else "1"
    return Check(
        table.name,
        "ranges",
        "every value within the bounds of its column, and every number finite",
        table.kind in ("month", "versioned"),
        f"SELECT {key}, arrayFilter(name -> name != '', [{pairs}]) AS columns_out_of_bounds "
        f"FROM `{table.name}` WHERE {months} AND ({' OR '.join(wrong.values())})",
    )


def _wrong(column: Column) -> str:
    """SQL that is true for a value out of bounds; NULL passes, NaN does not. Empty: nothing can be wrong."""
    name = f"`{column.name}`"
    if "Float" in column.type and column.type.startswith("Array"):
        return f"NOT arrayAll(value -> isFinite(value), {name})"
    if "Float" in column.type and column.type.startswith("Map"):
        return f"NOT arrayAll(value -> isFinite(value), mapValues({name}))"
    bounds = [f"{name} >= {column.low!r}"] if column.low is not None else []
    bounds += [f"{name} <= {column.high!r}"] if column.high is not None else []
    if "Float" in column.type:
        bounds.append(f"isFinite({name})")
    return f"ifNull(NOT ({' AND '.join(bounds)}), 0)" if bounds else ""


def _model_version(table: Table) -> Check:
    """Does not block: the rows are right by the model that made them, and a recompute is due."""
    return Check(
        table.name,
        "model_version",
        "all rows by the model as it is now",
        False,
        f"SELECT toStartOfMonth(`{table.day}`) AS first_day, model_version, count() AS rows FROM `{table.name}` "
        f"WHERE model_version != {{version:String}} AND {in_months(f'`{table.day}`')} "
        "GROUP BY first_day, model_version ORDER BY first_day",
        {"version": model_version(table.name)},
    )
