"""Every type that a table has goes in by Arrow and comes out the same; parameters are bound by the server."""

from __future__ import annotations

from datetime import date, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from momentum.adapters.clickhouse import Client, StatementFailed
from momentum.warehouse.tables import TABLES
from tests.column_cases import CASES, IDS, MOMENT, ODD


@pytest.mark.parametrize(("kind", "arrow", "values"), CASES, ids=IDS)
def test_values_come_back_as_they_went_in(
    empty_client: Client, kind: str, arrow: pa.DataType, values: list[Any]
) -> None:
    empty_client.command(f"CREATE TABLE t (n UInt8, x {kind}) ENGINE = MergeTree ORDER BY n")
    sent = pa.table({"x": pa.array(values, arrow), "n": pa.array(range(len(values)), pa.uint8())})
    empty_client.insert("t", sent)
    assert [row["x"] for row in empty_client.rows("SELECT x FROM t ORDER BY n")] == values


def test_the_cases_cover_every_type_of_the_registry() -> None:
    assert {column.type for table in TABLES.values() for column in table.columns} <= {case[0] for case in CASES}


def test_an_empty_answer_has_its_columns_and_types(client: Client) -> None:
    answer = client.query("SELECT athlete_id, local_date, ctl, load FROM fitness")
    assert answer.num_rows == 0
    assert answer.schema.types == [pa.string(), pa.date32(), pa.float64(), pa.float64()]


def test_columns_are_matched_by_name_and_missing_ones_get_defaults(client: Client) -> None:
    client.insert("body", pa.table({"weight_kg": [70.5], "athlete_id": ["a1"]}))
    assert client.rows("SELECT athlete_id, weight_kg, date FROM body") == [
        {"athlete_id": "a1", "weight_kg": 70.5, "date": date(1970, 1, 1)}
    ]


def test_a_column_that_the_table_has_not_is_an_error(client: Client) -> None:
    with pytest.raises(StatementFailed, match="shoe"):
        client.insert("body", pa.table({"athlete_id": ["a1"], "shoe": ["left"]}))
    assert client.rows("SELECT count() AS n FROM body") == [{"n": 0}]


def test_inserting_nothing_does_nothing(client: Client) -> None:
    client.insert("body", pa.table({"no such column": pa.array([], pa.string())}))


def test_two_equal_rows_are_two_rows(client: Client) -> None:
    row = pa.table({"athlete_id": ["a1"], "weight_kg": [70.0]})
    client.insert("body", row)
    client.insert("body", row)
    client.command("INSERT INTO body SELECT * FROM body")
    client.command("INSERT INTO body (athlete_id, weight_kg) SELECT 'a1', 70")
    client.command("INSERT INTO body (athlete_id, weight_kg) SELECT 'a1', 70")
    assert client.rows("SELECT count() AS n FROM body") == [{"n": 6}]


def test_rows_of_more_than_a_hundred_months_go_in_one_insert(client: Client) -> None:
    days = [date(2000, 1, 1) + timedelta(days=31 * number) for number in range(150)]
    client.insert("daily_load", pa.table({"athlete_id": ["a1"] * 150, "local_date": pa.array(days, pa.date32())}))
    assert client.rows("SELECT count() AS n FROM daily_load") == [{"n": 150}]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("String", ODD, ODD),
        ("String", "'; DROP TABLE body; --", "'; DROP TABLE body; --"),
        ("Float64", 0.1, 0.1),
        ("UInt32", 7, 7),
        ("Bool", True, True),
        ("Date", date(2024, 2, 29), date(2024, 2, 29)),
        ("Date32", date(1958, 3, 4), date(1958, 3, 4)),
        ("DateTime64(3, 'UTC')", MOMENT, MOMENT),
        ("DateTime64(3, 'UTC')", MOMENT.astimezone(timezone(timedelta(hours=13))), MOMENT),
        ("Array(String)", ["a", ODD], ["a", ODD]),
        ("Array(Date)", [date(2024, 1, 1)], [date(2024, 1, 1)]),
        ("Array(UInt32)", [], []),
        ("Nullable(Float64)", None, None),
    ],
)
def test_parameters_arrive_as_they_are(empty_client: Client, kind: str, value: Any, expected: Any) -> None:
    assert empty_client.rows(f"SELECT {{p:{kind}}} AS p", {"p": value}) == [{"p": expected}]


def test_parameters_are_bound_in_commands_too(client: Client) -> None:
    client.command("INSERT INTO body (athlete_id, weight_kg) SELECT {a:String}, {w:Float64}", {"a": ODD, "w": 71.5})
    assert client.rows("SELECT athlete_id, weight_kg FROM body") == [{"athlete_id": ODD, "weight_kg": 71.5}]


def test_settings_count_for_one_statement_only(client: Client) -> None:
    asked = "SELECT getSetting('max_threads') AS n"
    usual = client.query(asked).to_pylist()
    assert client.query(asked, settings={"max_threads": 7}).to_pylist() == [{"n": 7}]
    assert client.query(asked).to_pylist() == usual


def test_every_statement_carries_the_run_in_its_log_comment(client: Client) -> None:
    assert client.rows("SELECT getSetting('log_comment') AS run") == [{"run": client.run_id}]
    client.command("INSERT INTO body (athlete_id) SELECT getSetting('log_comment')")
    assert client.rows("SELECT athlete_id FROM body") == [{"athlete_id": client.run_id}]


def test_the_machines_time_zone_plays_no_part(client: Client) -> None:
    assert client.rows("SELECT toString(toDateTime(0)) AS epoch, timezone() AS zone") == [
        {"epoch": "1970-01-01 00:00:00", "zone": "UTC"}
    ]


def test_a_failed_statement_names_its_code_and_a_way_out(client: Client) -> None:
    with pytest.raises(StatementFailed, match="has not been migrated") as failed:
        client.rows("SELECT * FROM no_such_table")
    assert failed.value.code == 60


@pytest.mark.parametrize(
    ("settings", "sql", "code"),
    [
        ({"max_execution_time": 1}, "SELECT sum(sipHash64(number)) AS n FROM numbers(10000000000)", 159),
        ({"max_memory_usage": 10_000_000}, "SELECT groupArray(number) AS n FROM numbers(100000000)", 241),
    ],
    ids=["time", "memory"],
)
def test_limits_end_a_statement_with_a_clear_error(
    client: Client, settings: dict[str, int], sql: str, code: int
) -> None:
    with pytest.raises(StatementFailed, match="shorter range") as failed:
        client.query(sql, settings=settings)
    assert failed.value.code == code
    assert client.rows("SELECT count() AS n FROM body") == [{"n": 0}]
