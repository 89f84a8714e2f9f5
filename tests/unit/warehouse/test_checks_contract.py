"""Checks made from the contract of each table: each passes on good rows and fails on planted ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cohort_rows import put

from momentum.adapters.clickhouse import Client
from momentum.warehouse.checks import Check, checks
from momentum.warehouse.models.registry import MODELS, model_version
from momentum.warehouse.tables import TABLES, Column, Table


def named(table: str, name: str) -> Check:
    (found,) = [check for check in checks(table) if check.name == name]
    return found


def of_name(name: str) -> list[Check]:
    return [check for check in checks() if check.name == name]


def bounded(table: Table) -> list[Column]:
    return [column for column in table.columns if column.low is not None or column.high is not None]


def floats(table: Table) -> list[Column]:
    return [column for column in table.columns if column.type in ("Float64", "Float32", "Nullable(Float64)")]


def literals(table: Table, value: str = "low") -> dict[str, str]:
    """What makes a row of defaults a row within bounds."""
    return {column.name: repr(getattr(column, value) or 0) for column in bounded(table)}


def insert(client: Client, table: Table, values: dict[str, str], copies: int = 1) -> None:
    names = ", ".join(f"`{name}`" for name in values)
    client.command(f"INSERT INTO `{table.name}` ({names}) SELECT {', '.join(values.values())} FROM numbers({copies})")


def bad_values(table: Table) -> Iterator[tuple[str, str]]:
    for column in bounded(table):
        if column.low is not None and not column.type.startswith("UInt"):
            yield column.name, repr(column.low - 1)
        if column.high is not None:
            yield column.name, repr(column.high + 1)
    for column in floats(table):
        yield column.name, "nan"
        yield column.name, "-inf"
    for column in table.columns:
        if column.type == "Array(Float64)":
            yield column.name, "[1, nan]"
        if column.type == "Map(LowCardinality(String), Float64)":
            yield column.name, "map('cycling', inf)"


# One database for all tables: to make one a table takes longer than the checks.
def test_every_bound_of_every_column_is_kept(client: Client) -> None:
    for check in of_name("ranges"):
        table = TABLES[check.table]
        insert(client, table, {table.key[0]: "'good'"} | literals(table))
        assert check.run(client).passed, table.name
        bad = list(bad_values(table))
        for number, (column, value) in enumerate(bad):
            insert(client, table, {table.key[0]: f"'bad {number}'"} | literals(table) | {column: value})
        result = check.run(client)
        assert (result.passed, result.failed_rows) == (False, len(bad)), table.name
        assert set(result.sample[0]["columns_out_of_bounds"]) <= {column for column, _ in bad}


def test_a_value_on_its_bound_and_a_null_pass(client: Client) -> None:
    metrics = TABLES["activity_metrics"]
    insert(client, metrics, {"athlete_id": "'a'", "np_w": "3000", "load": "NULL", "avg_hr_bpm": "20"})
    assert named("activity_metrics", "ranges").run(client).passed


def test_a_second_row_of_a_key_is_found(client: Client) -> None:
    for check in of_name("unique_key"):
        table = TABLES[check.table]
        insert(client, table, {table.key[0]: "'one'"})
        assert check.run(client).passed, table.name
        insert(client, table, {table.key[0]: "'two'"}, copies=2)
        result = check.run(client)
        assert (result.passed, result.failed_rows) == (False, 1), table.name
        assert result.sample[0]["rows"] == 2
        assert "but 1 row is not so" in result.message


def test_what_devices_send_twice_is_no_error() -> None:
    assert {"records", "activities"} <= {check.table for check in of_name("unique_key")}
    assert not {"rr_intervals", "developer_fields", "laps"} & {check.table for check in of_name("unique_key")}


def test_a_column_too_many_is_found(client: Client) -> None:
    assert [check.table for check in of_name("schema")] == list(TABLES)
    for check in of_name("schema"):
        assert check.run(client).passed, check.table
        client.command(f"ALTER TABLE `{check.table}` ADD COLUMN surprise UInt8")
        result = check.run(client)
        assert result.sample == [{"column": "surprise", "expected_type": "", "found_type": "UInt8"}], check.table
        assert check.blocking


def test_another_type_and_a_missing_column_are_found(client: Client) -> None:
    client.command("ALTER TABLE daily_load MODIFY COLUMN load Float32")
    client.command("ALTER TABLE daily_load DROP COLUMN load_sources")
    found = {row["column"]: row for row in named("daily_load", "schema").run(client).sample}
    assert (found["load"]["expected_type"], found["load"]["found_type"]) == ("Float64", "Float32")
    assert found["load_sources"]["found_type"] == ""


def test_rows_of_another_model_are_told_and_block_nothing(client: Client) -> None:
    assert {check.table for check in of_name("model_version")} == set(MODELS)
    for check in of_name("model_version"):
        name, day = check.table, TABLES[check.table].day
        put(client, name, [{"athlete_id": "a", day: date(2024, 1, 5), "model_version": model_version(name)}])
        assert check.run(client).passed
        put(client, name, [{"athlete_id": "b", day: date(2024, 2, 5), "model_version": "old"}])
        result = check.run(client)
        assert result.sample == [{"first_day": date(2024, 2, 1), "model_version": "old", "rows": 1}]
        assert not check.blocking


def test_only_the_months_that_are_asked_for_are_looked_at(client: Client) -> None:
    for day in (date(2024, 1, 5), date(2024, 2, 5)):
        put(client, "daily_load", [{"athlete_id": "a", "local_date": day, "load": -1.0}] * 2)
    for name, failures in (("ranges", 2), ("unique_key", 1)):
        check = named("daily_load", name)
        assert check.run(client, [date(2024, 1, 31)]).failed_rows == failures
        assert check.run(client, [date(2024, 3, 1)]).passed
        assert check.run(client, []).passed
        assert check.run(client).failed_rows == 2 * failures


def test_names_are_unique_and_every_table_has_checks() -> None:
    pairs = [(check.table, check.name) for check in checks()]
    assert len(pairs) == len(set(pairs))
    assert [table for table in TABLES if table in dict(pairs)] == list(TABLES)
