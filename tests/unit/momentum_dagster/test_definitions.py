"""The graph as it loads: cheap, with nothing of the outside, and every asset told in full."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from momentum.warehouse.models.registry import MODELS, model_version
from momentum.warehouse.tables import TABLES
from momentum_dagster.definitions import defs

ROOT = Path(__file__).parents[3]
# Each costs a tenth of a second to seconds, or holds the store.
NEVER_AT_LOAD = (
    "chdb", "clickhouse_connect", "numba", "pandas", "matplotlib", "scipy", "pyarrow", "numpy", "lxml",
    "momentum.activity_files.read", "momentum.reports", "momentum.adapters",
)  # fmt: skip
SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
IMPORT_GRAPH = "import momentum_dagster.definitions"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter with nothing in its environment."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )


def loaded(code: str, names: tuple[str, ...]) -> list[str]:
    """Which of the named modules are imported after `code`."""
    said = python(f"{code}\nimport sys\nprint(*(name for name in {names!r} if name in sys.modules))")
    return said.stdout.split()


def test_definitions_load_without_a_socket_a_file_written_or_an_environment(tmp_path: Path) -> None:
    said = python(f"""
import builtins, os, pathlib, socket, sys
sys.path.insert(0, os.getcwd())
os.chdir({str(tmp_path)!r})
def refuse(*given, **named):
    raise AssertionError(f"a socket or a file at import: {{given}}")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
plain = builtins.open
def open_to_read(file, mode="r", *given, **named):
    return plain(file, mode, *given, **named) if "r" in mode and "+" not in mode else refuse(file)
builtins.open = open_to_read
pathlib.Path.mkdir = refuse
from momentum_dagster.definitions import defs
print(len(list(defs.resolve_all_asset_specs())))
""")
    assert int(said.stdout) == len(SPECS)
    assert list(tmp_path.iterdir()) == []


def test_definitions_import_nothing_heavy() -> None:
    assert loaded(IMPORT_GRAPH, NEVER_AT_LOAD) == []


def test_definitions_load_in_half_again_what_dagster_takes() -> None:
    """The two are timed in turn, in processor time: another process on the machine slows both alike."""
    times: dict[str, list[float]] = {"import dagster": [], IMPORT_GRAPH: []}
    for _ in range(5):
        for code, found in times.items():
            before = os.times()
            python(code, PYTHONDONTWRITEBYTECODE="1")
            after = os.times()
            spent = after.children_user + after.children_system - before.children_user - before.children_system
            found.append(spent)
    dagster_alone, graph = (statistics.median(found) for found in times.values())
    assert graph <= 1.5 * dagster_alone


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["athlete", "show", "--help"], ["sql", "SELECT 1"], ["athlete", "list"], ["doctor", "--json"]],
)
def test_help_and_commands_that_only_read_do_not_import_dagster(arguments: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from momentum_dagster.cli.main import app
try:
    app({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
assert "dagster" not in sys.modules
"""
    assert python(code, MOMENTUM_HOME=str(tmp_path)).stdout


def test_every_asset_is_told_in_full() -> None:
    for name, spec in SPECS.items():
        assert spec.description, name
        assert spec.group_name not in (None, "default"), name
        assert spec.owners == ["team:momentum"], name
        assert 1 <= len(spec.kinds) <= 10, name
        if name in TABLES:
            schema = spec.metadata["dagster/column_schema"]
            assert isinstance(schema, dg.TableSchema)
            assert [column.name for column in schema.columns] == list(TABLES[name].column_names)
            assert all(column.description and column.type for column in schema.columns), name


def test_only_what_has_an_asset_is_in_the_graph() -> None:
    """A check on a table that is no asset would make a nameless node of it."""
    nodes = {node.key.to_user_string() for node in defs.resolve_asset_graph().asset_nodes}
    assert nodes == set(SPECS)


def test_every_table_stands_on_the_store() -> None:
    for name in SPECS.keys() & TABLES.keys():
        assert dg.AssetKey("warehouse_store") in {dep.asset_key for dep in SPECS[name].deps}, name


def test_what_is_computed_declares_the_version_of_its_rows() -> None:
    for name in MODELS:
        assert SPECS[name].code_version == model_version(name)
    derived = {name for name, table in TABLES.items() if table.kind in ("month", "versioned")} & SPECS.keys()
    assert derived
    assert all(SPECS[name].code_version for name in derived)


def test_what_is_derived_by_month_is_due_every_night() -> None:
    by_month = {name for name, spec in SPECS.items() if spec.partitions_def is not None}
    assert by_month >= {name for name in SPECS.keys() & TABLES.keys() if TABLES[name].kind == "month"}
    for name in by_month:
        policy = SPECS[name].freshness_policy
        assert policy is not None, name
        # a night that fails is seen before the next one begins to count
        assert 24 < policy.warn_window.to_timedelta().total_seconds() / 3600 < 48  # type: ignore[union-attr]


def test_column_lineage_names_columns_that_are_there() -> None:
    for name, spec in SPECS.items():
        lineage = spec.metadata.get("dagster/column_lineage")
        if lineage is None:
            continue
        upstream = {dep.asset_key for dep in spec.deps}
        for column, parts in lineage.deps_by_column.items():
            assert column in TABLES[name].column_names, f"{name}.{column}"
            for part in parts:
                table = part.asset_key.to_user_string()
                assert part.column_name in TABLES[table].column_names, f"{name}.{column} from {table}"
                assert part.asset_key in upstream, f"{name}.{column} from {table}, which is not upstream"


def test_every_check_says_what_it_expects_and_is_run_by_a_job() -> None:
    checks = {key: defs.resolve_asset_graph().get(key) for key in defs.resolve_asset_graph().asset_check_keys}
    assert checks
    assert all(node.description for node in checks.values())
    run = {
        key
        for job in ("take_in", "recompute", "observe_fleet")
        for key in defs.resolve_job_def(job).asset_layer.asset_graph.asset_check_keys
    }
    assert run == set(checks)
