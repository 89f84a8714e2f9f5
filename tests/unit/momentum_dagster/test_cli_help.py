"""--help on everything, and every option says what it is for; wrong usage ends with 2."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from momentum_dagster.cli.main import app
from tests.unit.momentum_dagster.conftest import Command


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def test_the_commands_of_the_house_are_all_there() -> None:
    assert {path[0] for path in ALL if path} == {
        "run", "import", "refresh", "backfill", "ui", "sql", "doctor", "athlete", "threshold", "activity", "event",
        "infra",
    }  # fmt: skip


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_answers_and_every_parameter_is_explained(momentum: Command, path: tuple[str, ...]) -> None:
    for word in ("--help", "-h"):
        said = momentum(*path, word)
        assert said.code == 0
        assert "Usage: momentum" in said.out
    command = ALL[path]
    assert command.help
    unexplained = [
        one.name
        for one in command.params
        if not getattr(one, "help", None) and one.name not in ("help", "install_completion", "show_completion")
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("athlete", "set", "ana"),
        ("athlete", "add"),
        ("athlete", "add", "ana", "--birth-date", "the third of May"),
        ("athlete", "weigh", "ana"),
        ("threshold", "set", "ana"),
        ("threshold", "set", "ana", "ftp_w"),
        ("threshold", "set", "ana", "ftp_w=250", "--from", "yesterdy"),
        ("activity", "add", "ana"),
        ("activity", "set-rpe", "ana"),
        ("activity", "list", "ana", "--from", "2024-02-01", "--to", "2024-01-01"),
        ("event", "add", "ana"),
        ("import", "--athlete", "ana"),
        ("backfill", "no_such_asset"),
        ("backfill", "--from", "2024-02-01", "--to", "2024-01-01"),
        ("backfill", "--from", "1990-02-01", "--to", "1990-03-01"),
        ("backfill", "--from", "2990-02-01", "--to", "2990-03-01"),
        ("ui", "--port", "99999"),
        ("infra", "secrets", "set", "no_such"),
        ("infra", "history", "--last", "0"),
        ("infra", "init", "--ssh-key", "/"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(momentum: Command, words: tuple[str, ...]) -> None:
    said = momentum(*words)
    assert said.code == 2
    assert "Usage:" in said.err


def test_the_version_is_told(momentum: Command) -> None:
    said = momentum("--version")
    assert said.code == 0
    assert said.out.startswith("momentum 0.")


def test_a_port_that_is_taken_is_told_with_a_way_out(momentum: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = momentum("ui", "--port", port)
    assert said.code == 1
    assert f"127.0.0.1:{port} cannot be listened at (Address already in use)" in said.err
    assert "momentum ui --port" in said.err
