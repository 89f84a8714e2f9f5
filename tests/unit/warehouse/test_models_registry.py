"""A version is a hash of constants, SQL, a number raised by hand, and the versions of the inputs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from cohort_rows import NOON, activity, put

from momentum.adapters.clickhouse import Client
from momentum.warehouse.models import registry
from momentum.warehouse.models.registry import MODELS, model_version, normalised, statement
from momentum.warehouse.models.run import recompute
from momentum.warehouse.models.stale import stale_months
from momentum.warehouse.tables import TABLES

DERIVED = ["daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve"]
VERSIONS = {table: model_version(table) for table in MODELS}


def changed() -> set[str]:
    return {table for table, version in VERSIONS.items() if model_version(table) != version}


def with_constants(monkeypatch: pytest.MonkeyPatch, table: str, **constants: object) -> None:
    model = MODELS[table]
    monkeypatch.setitem(MODELS, table, replace(model, constants=lambda: {**model.constants(), **constants}))


def test_versions_are_short_and_differ() -> None:
    assert all(re.fullmatch("[0-9a-f]{12}", version) for version in VERSIONS.values())
    assert len(set(VERSIONS.values())) == len(MODELS)


def test_every_table_with_a_version_has_a_model_after_its_inputs() -> None:
    versioned = {
        name for name, table in TABLES.items() if table.kind == "month" and "model_version" in table.column_names
    }
    assert set(MODELS) == versioned
    order = list(MODELS)
    assert all(order.index(name) < order.index(table) for table, model in MODELS.items() for name in model.inputs)


def test_a_changed_constant_changes_this_model_and_all_that_stand_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with_constants(monkeypatch, "fitness", ctl_tau_d=45)
    assert changed() == {"fitness"}
    with_constants(monkeypatch, "activity_metrics", NP_START="zeros")
    assert changed() == set(MODELS)


def test_a_constant_of_the_training_package_is_part_of_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from momentum.training import constants

    monkeypatch.setattr(constants, "NP_WINDOW_S", 25)
    assert changed() == set(MODELS)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("CTL_TAU_D", {"fitness"}),
        ("MONOTONY_D", {"fitness"}),
        ("POLARISED_ABOVE", {"weekly_rollup", "monthly_rollup"}),
        ("POLARISATION_EMPTY_ZONE", {"weekly_rollup", "monthly_rollup"}),
    ],
)
def test_a_constant_of_periods_makes_only_what_uses_it_another_version(
    monkeypatch: pytest.MonkeyPatch, name: str, tables: set[str]
) -> None:
    from momentum.training import constants_of_periods

    monkeypatch.setattr(constants_of_periods, name, 3)
    assert changed() == tables


def test_a_better_decoder_is_another_version_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    from momentum.activity_files import decoder_version

    monkeypatch.setattr(decoder_version, "DECODER_VERSION", decoder_version.DECODER_VERSION + 1)
    assert changed() == set(MODELS)


def test_a_raised_number_changes_this_model_and_all_that_stand_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "daily_load", replace(MODELS["daily_load"], code=2))
    assert changed() == {"daily_load", "fitness"}


def test_other_sql_is_another_version_and_a_remark_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text = registry._text(MODELS["fitness"])
    monkeypatch.setattr(registry, "_text", lambda model: f"-- a remark\n  {text}\n")
    assert model_version("fitness") != model_version("daily_load")
    assert normalised(f"-- a remark\n  {text}\n") == normalised(text)
    assert normalised(text.replace("exp(-1 / $ctl_tau_d)", "1")) != normalised(text)


def test_every_constant_stands_in_the_sql() -> None:
    for table in DERIVED:
        for name in MODELS[table].constants():
            assert f"${name}" in registry._text(MODELS[table]), f"{table}: {name}"
        assert "$" not in statement(table)


def test_stale_are_the_months_of_another_version(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = date(2024, 1, 31), date(2024, 2, 2)
    version = model_version("activity_metrics")
    put(client, "activity_metrics", [activity("a", day, model_version=version) for day in (first, last)])
    for table in DERIVED:
        recompute(client, table, first, last, now=NOON)
    assert stale_months(client) == []
    with_constants(monkeypatch, "fitness", ctl_tau_d=45)
    assert [(one.table, one.month) for one in stale_months(client)] == [
        ("fitness", date(2024, 1, 1)), ("fitness", date(2024, 2, 1)),
    ]  # fmt: skip
    recompute(client, "fitness", last, last, now=NOON)
    left = stale_months(client)
    assert [(one.table, one.month) for one in left] == [("fitness", date(2024, 1, 1))]
    assert f"rows of model {VERSIONS['fitness']}" in left[0].reason


def test_an_unknown_table_has_no_version() -> None:
    with pytest.raises(KeyError):
        model_version("records")
