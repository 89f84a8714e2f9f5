"""The same client, migrations, inserts, publishing and changes over HTTP (against tests/http_front.py)."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from momentum.adapters.clickhouse import Client, StatementFailed, StoreError, http, open_client
from momentum.warehouse import publish
from momentum.warehouse.changes import close_changes, open_change, open_changes
from momentum.warehouse.migrations import migrate, schema_problems
from tests.column_cases import CASES, IDS, ODD

_number = itertools.count()
JANUARY = date(2024, 1, 1)


@pytest.fixture
def remote(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(http, "_PAUSES_S", (0.01, 0.01, 0.01))
    with opened(f"http://user:secret@{server}/db{next(_number)}") as client:
        yield client


def opened(dsn: str) -> Any:
    return open_client(
        store_dir=Path("unused"), dsn=f"{dsn}?compress=0", run_id="run-http", lock_timeout_s=1, on_wait=print
    )


def sent(server: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"http://{server}/test/log") as answer:
        return json.load(answer)


def fail(server: str, **how: object) -> None:
    query = "&".join(f"{name}={value}" for name, value in how.items())
    urllib.request.urlopen(f"http://{server}/test/fail?{query}", data=b"").close()


def test_the_database_of_the_address_is_made_and_used(remote: Client) -> None:
    assert remote.rows("SELECT currentDatabase() AS name") == [{"name": remote.database}]
    assert remote.database.startswith("db")


def test_migrations_give_what_the_registry_says(remote: Client) -> None:
    assert migrate(remote) == [1, 2]
    assert migrate(remote) == []
    assert schema_problems(remote) == []


@pytest.mark.parametrize(("kind", "arrow", "values"), CASES, ids=IDS)
def test_values_come_back_as_they_went_in(remote: Client, kind: str, arrow: pa.DataType, values: list[Any]) -> None:
    remote.command(f"CREATE TABLE t (n UInt8, x {kind}) ENGINE = MergeTree ORDER BY n")
    remote.insert("t", pa.table({"x": pa.array(values, arrow), "n": pa.array(range(len(values)), pa.uint8())}))
    assert [row["x"] for row in remote.rows("SELECT x FROM t ORDER BY n")] == values


def test_parameters_arrive_as_they_are(remote: Client) -> None:
    asked = "SELECT {text:String} AS text, {day:Date} AS day, {names:Array(String)} AS names"
    values = {"text": ODD, "day": date(2024, 2, 29), "names": ["a", ODD]}
    assert remote.rows(asked, values) == [values]


def test_publishing_and_history(remote: Client) -> None:
    migrate(remote)
    for version in ("v1", "v2"):
        with publish.staging(remote, "fitness") as name:
            remote.insert(
                name,
                pa.table(
                    {
                        "athlete_id": ["a1"],
                        "local_date": pa.array([JANUARY], pa.date32()),
                        "model_version": [version],
                    }
                ),
            )
            [published] = publish.swap(remote, "fitness", name, [JANUARY], model_version=version, inputs_hash="h")
            assert published.rows == 1
    assert remote.rows("SELECT model_version AS v FROM fitness") == [{"v": "v2"}]
    assert remote.rows("SELECT model_version AS v FROM fitness_history") == [{"v": "v1"}]
    assert publish.done_months(remote, "fitness", model_version="v2", inputs_hash="h") == {JANUARY}


def test_changes(remote: Client) -> None:
    migrate(remote)
    now = datetime(2024, 5, 1, tzinfo=UTC)
    change_id = open_change(remote, lambda: None, athlete_id="a1", from_date=JANUARY, cause="file", detail=ODD, now=now)
    [change] = open_changes(remote)
    assert (change.change_id, change.detail, change.at) == (change_id, ODD, now)
    close_changes(remote, [change_id], "run-2", now)
    assert open_changes(remote) == []


def test_every_statement_carries_the_run_in_its_log_comment(remote: Client, server: str) -> None:
    before = len(sent(server))
    migrate(remote)
    remote.insert("body", pa.table({"athlete_id": ["a1"]}))
    remote.rows("SELECT count() AS n FROM body")
    statements = sent(server)[before:]
    assert len(statements) > 30
    assert {statement["settings"].get("log_comment") for statement in statements} == {"run-http"}


def test_what_passes_is_tried_again(remote: Client, server: str) -> None:
    fail(server, times=2, code=202)
    assert remote.rows("SELECT 1 AS one") == [{"one": 1}]
    fail(server, times=2, code=202)
    remote.command("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x")


def test_it_is_not_tried_for_ever(remote: Client, server: str) -> None:
    fail(server, times=4, code=202)
    with pytest.raises(StatementFailed) as failed:
        remote.rows("SELECT 1 AS one")
    assert failed.value.code == 202
    assert remote.rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize("code", [62, 159, 241, 243, 252, 516])
def test_nothing_else_is_tried_again(remote: Client, server: str, code: int) -> None:
    before = len(sent(server))
    fail(server, times=1, code=code)
    with pytest.raises(StatementFailed) as failed:
        remote.rows("SELECT 1 AS one")
    assert failed.value.code == code
    assert len(sent(server)) == before + 1


def test_an_insert_whose_answer_was_lost_counts_once(remote: Client, server: str) -> None:
    migrate(remote)
    row = pa.table({"athlete_id": ["a1"]})
    fail(server, times=1, drop="after")
    remote.insert("body", row)
    assert remote.rows("SELECT count() AS n FROM body") == [{"n": 1}]
    remote.insert("body", row)  # an equal row that is meant is another row
    assert remote.rows("SELECT count() AS n FROM body") == [{"n": 2}]


def test_an_insert_that_did_not_arrive_is_sent_again(remote: Client, server: str) -> None:
    migrate(remote)
    fail(server, times=1, drop="before")
    remote.insert("body", pa.table({"athlete_id": ["a1"]}))
    assert remote.rows("SELECT count() AS n FROM body") == [{"n": 1}]


@pytest.mark.parametrize("code", [210, 999])
def test_a_command_that_may_have_been_done_is_not_repeated(remote: Client, server: str, code: int) -> None:
    remote.command("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x")
    fail(server, times=1, code=code)
    with pytest.raises(StatementFailed):
        remote.command("INSERT INTO t SELECT 1")
    fail(server, times=1, drop="after")
    with pytest.raises(StoreError):
        remote.command("INSERT INTO t SELECT 1")
    assert remote.rows("SELECT count() AS n FROM t") == [{"n": 1}]


def test_a_failed_statement_names_its_code(remote: Client) -> None:
    with pytest.raises(StatementFailed, match="has not been migrated") as failed:
        remote.rows("SELECT * FROM no_such_table")
    assert failed.value.code == 60


def test_a_server_that_is_not_there_is_a_clear_error_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_PAUSES_S", (0.01,))
    with pytest.raises(StoreError, match="MOMENTUM_CLICKHOUSE_DSN") as error, opened("http://user:secret@127.0.0.1:9"):
        pass
    assert "127.0.0.1:9" in str(error.value)
    assert "secret" not in str(error.value)


def test_who_does_not_write_has_nothing_to_give_way(remote: Client) -> None:
    assert remote.give_way() is False
