"""Migrations bring a store to what the registry says, once, and also after a crash."""

from __future__ import annotations

import hashlib

import pytest

from momentum.adapters.clickhouse import Client
from momentum.warehouse.migrations import MIGRATIONS, migrate, schema_problems
from momentum.warehouse.tables import TABLES


def tables(client: Client) -> dict[str, dict[str, str]]:
    rows = client.rows(
        "SELECT name, engine, partition_key, sorting_key FROM system.tables WHERE database = currentDatabase()"
    )
    return {row["name"]: row for row in rows}


def test_all_migrations_together_give_what_the_registry_says(client: Client) -> None:
    assert schema_problems(client) == []
    assert tables(client).keys() >= TABLES.keys() | {"migrations", "fitness_history"}


def test_migrating_again_does_nothing(empty_client: Client) -> None:
    assert migrate(empty_client) == list(range(1, len(MIGRATIONS) + 1))
    before = tables(empty_client)
    assert migrate(empty_client) == []
    assert tables(empty_client) == before


def test_what_was_applied_is_journalled_with_the_hash_of_its_statements(client: Client) -> None:
    rows = client.rows("SELECT number, name, checksum FROM migrations ORDER BY number")
    assert [(row["number"], row["name"]) for row in rows] == [
        (number, one.NAME) for number, one in enumerate(MIGRATIONS, 1)
    ]
    hashes = [hashlib.sha256("\n".join(one.statements()).encode()).hexdigest() for one in MIGRATIONS]
    assert [row["checksum"] for row in rows] == hashes


@pytest.mark.parametrize("done", [1, 10, 25])
def test_a_migration_that_was_cut_short_is_completed(empty_client: Client, done: int) -> None:
    class Cut(Exception):
        pass

    class CutClient(Client):
        commands = 0

        def command(self, *arguments: object, **more: object) -> None:
            self.commands += 1
            if self.commands > done:
                raise Cut
            super().command(*arguments, **more)  # type: ignore[arg-type]

    with pytest.raises(Cut):
        migrate(CutClient(empty_client._session, "cut"))
    assert schema_problems(empty_client)
    assert migrate(empty_client) == [1, 2]
    assert schema_problems(empty_client) == []


def test_months_are_partitions_and_the_athlete_comes_first(client: Client) -> None:
    found = tables(client)
    for table in TABLES.values():
        if table.kind in ("month", "versioned"):
            assert found[table.name]["partition_key"] == f"toYYYYMM({table.day})"
            assert found[table.name]["sorting_key"].startswith("athlete_id")


def test_small_tables_keep_the_newest_row_of_a_key_and_journals_keep_all(client: Client) -> None:
    found = tables(client)
    assert found["athletes"]["engine"] == "ReplacingMergeTree"
    assert {found[table.name]["engine"] for table in TABLES.values() if table.kind == "journal"} == {"MergeTree"}


def test_history_is_kept_for_every_month_table_that_knows_its_model(client: Client) -> None:
    expected = {t.name for t in TABLES.values() if t.kind == "month" and "model_version" in t.column_names}
    history = {name.removesuffix("_history") for name in tables(client) if name.endswith("_history")}
    assert history == expected


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DROP TABLE body", "table body is missing"),
        ("ALTER TABLE body DROP COLUMN weight_kg", "body.weight_kg is missing"),
        ("ALTER TABLE body ADD COLUMN shoe String", "body.shoe is not in the registry"),
        (
            "ALTER TABLE body MODIFY COLUMN weight_kg Float32",
            "body.weight_kg is Float32, the registry says Float64",
        ),
        ("ALTER TABLE fitness_history DROP COLUMN ctl", "fitness_history.ctl is missing"),
    ],
)
def test_what_differs_is_named_with_table_and_column(client: Client, statement: str, problem: str) -> None:
    client.command(statement)
    assert schema_problems(client) == [problem]


def test_descriptions_are_in_the_store_for_whoever_looks(client: Client) -> None:
    rows = client.rows(
        "SELECT name, comment FROM system.columns WHERE database = currentDatabase() AND table = 'fitness'"
    )
    fitness = {column.name: column.description for column in TABLES["fitness"].columns}
    assert {row["name"]: row["comment"] for row in rows} == fitness
