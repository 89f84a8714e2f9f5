"""momentum infra without a cloud account: what is wanted and what it costs, never a change, never an order."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.momentum_dagster.conftest import Command
from tests.unit.momentum_dagster.fleet_home import CANARY, KEY, fleet_settings, with_secrets


@pytest.fixture
def fleet(momentum: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default fleet's file, for the command."""
    path = fleet_settings(tmp_path, monkeypatch).fleet
    monkeypatch.setenv("MOMENTUM_HOME", str(home))
    return path


def test_init_writes_a_file_that_check_takes_and_never_overwrites_it(
    momentum: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "fleet.yaml"
    monkeypatch.setenv("MOMENTUM_FLEET", str(path))
    monkeypatch.setenv("MOMENTUM_INFRA", str(tmp_path / "infra"))
    (tmp_path / "key.pub").write_text(KEY)
    assert momentum("infra", "init", "--ssh-key", tmp_path / "key.pub", "--zone", "coach.test").code == 0
    written = path.read_text()
    assert KEY in written
    assert "coach.test" in written
    assert written.count("#") > 20, "with comments"
    again = momentum("infra", "init")
    assert again.code == 1
    assert "left as it is" in again.err
    assert path.read_text() == written
    checked = momentum("infra", "check", "--json")
    assert checked.code == 0
    assert json.loads(checked.out)[0]["message"].endswith("4 servers, every rule holds")


@pytest.mark.parametrize(
    ("content", "told"), [("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "is a private key"), ("\n", "is empty")]
)
def test_what_is_no_public_key_is_not_taken_for_one(
    momentum: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, told: str
) -> None:
    monkeypatch.setenv("MOMENTUM_FLEET", str(tmp_path / "fleet.yaml"))
    (tmp_path / "key").write_text(content)
    said = momentum("infra", "init", "--ssh-key", tmp_path / "key")
    assert said.code == 1
    assert told in said.err
    assert not (tmp_path / "fleet.yaml").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--zone", "no zone"), "dns.zone"), (("--ssh-key", "key.pub"), "ssh.keys[0].public_key")],
)
def test_a_file_that_would_be_refused_is_not_written(
    momentum: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str], told: str
) -> None:
    monkeypatch.setenv("MOMENTUM_FLEET", str(tmp_path / "fleet.yaml"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAA ana\n")
    said = momentum("infra", "init", *words)
    assert said.code == 1
    assert told in said.err
    assert not (tmp_path / "fleet.yaml").exists()


@pytest.mark.parametrize("command", ["check", "plan", "cost", "status"])
def test_a_file_that_is_no_text_is_told_with_its_line(momentum: Command, fleet: Path, command: str) -> None:
    fleet.write_bytes(b"name: momentum\n\xff\xfe\n")
    said = momentum("infra", command)
    assert said.code == 1
    assert "line 2: is not text in UTF-8" in said.out + said.err


def test_examples_that_are_still_in_the_file_are_named_with_their_lines(momentum: Command, fleet: Path) -> None:
    fleet.unlink()
    momentum("infra", "init")
    message = json.loads(momentum("infra", "check", "--json").out)[0]["message"]
    line = next(n for n, text in enumerate(fleet.read_text().splitlines(), 1) if text.strip().startswith("zone:"))
    assert f"line {line}: dns.zone" in message


@pytest.mark.parametrize("command", ["plan", "status", "cost"])
def test_without_credentials_all_is_told_and_nothing_fails(momentum: Command, fleet: Path, command: str) -> None:
    said = momentum("infra", command)
    assert said.code == 0
    if command != "cost":
        assert "not connected: no credentials yet; `momentum infra secrets --help`" in said.out
        assert all(name in said.out for name in ("server-1", "server-2", "server-3", "agent-1"))
    if command != "status":
        assert "49.92" in said.out


def test_a_plan_that_nobody_could_make_is_null_for_scripts(momentum: Command, fleet: Path) -> None:
    said = json.loads(momentum("infra", "plan", "--json").out)
    assert said["plan"] is None
    assert said["not_connected"].startswith("not connected")


def test_the_bill_names_purses_tax_basis_today_and_three_clouds(momentum: Command, fleet: Path) -> None:
    bill = json.loads(momentum("infra", "cost", "--json").out)
    assert (bill["servers_without_tax"], bill["servers_with_tax"], bill["vat_percent"]) == (41.60, 49.92, 20)
    assert (bill["due_today_without_tax"], bill["due_today_with_tax"]) == (499.20, 599.04)
    assert {line["paid_from"] for line in bill["rows"]} == {purse["purse"] for purse in bill["purses"]}
    assert all(purse["eur_left"] >= 0 for purse in bill["purses"])
    assert len(bill["elsewhere"]) == 4
    assert all(one["source"].startswith("https://") and one["read"] for one in bill["elsewhere"])


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_bill_fits_a_terminal(momentum: Command, fleet: Path, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    from rich.console import Console

    from momentum_dagster.cli import infra

    monkeypatch.setattr(infra, "console", Console(width=int(width), force_terminal=True, color_system=None))
    lines = momentum("infra", "cost").out.splitlines()
    assert all(len(line) <= int(width) for line in lines if "https://" not in line)
    assert any("4 x vps-2027-model3 " in line and "41.60" in line for line in lines), "in one piece"


def test_status_shows_both_halves(momentum: Command, fleet: Path) -> None:
    momentum("athlete", "add", "ana")
    said = momentum("infra", "status")
    assert "Servers" in said.out
    assert "Data" in said.out
    both = json.loads(momentum("infra", "status", "--json").out)
    assert [row["server"] for row in both["fleet"]["servers"]] == ["server-1", "server-2", "server-3", "agent-1"]
    assert {"reachable", "stale", "open"} <= {one["check"] for one in both["data"]}


def test_a_refused_file_is_told_with_line_and_key(momentum: Command, fleet: Path) -> None:
    text = fleet.read_text()
    assert "role: agent" in text
    fleet.write_text(text.replace("role: agent", "role: server"))
    for command in ("plan", "cost", "check", "status"):
        said = momentum("infra", command)
        assert said.code == 1, command
        assert "servers" in said.out + said.err
        assert "line " in said.out + said.err


def test_without_a_file_the_way_to_one_is_told(momentum: Command, tmp_path: Path, fleet: Path) -> None:
    fleet.unlink()
    assert "momentum infra init" in momentum("infra", "plan").out
    said = momentum("infra", "cost")
    assert (said.code, "momentum infra init" in said.err) == (1, True)


@pytest.mark.parametrize("words", [("apply",), ("apply", "--plan", "0123456789abcdef")])
def test_nothing_is_applied_without_credentials_or_on_the_local_profile(
    momentum: Command, fleet: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    said = momentum("infra", *words)
    assert said.code == 1
    monkeypatch.setenv("MOMENTUM_PROFILE", "production")
    said = momentum("infra", *words)
    assert said.code == 1
    assert "not connected" in said.err


def test_the_local_profile_changes_nothing_even_with_credentials(
    momentum: Command, fleet: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)
    monkeypatch.setenv("MOMENTUM_HOME", str(home))
    said = momentum("infra", "apply", "--plan", "0123456789abcdef")
    assert said.code == 1
    assert "MOMENTUM_PROFILE=production" in said.err


def test_no_history_is_no_error_and_makes_no_journal(momentum: Command, fleet: Path, tmp_path: Path) -> None:
    assert momentum("infra", "history").out == "nothing was applied yet\n"
    assert json.loads(momentum("infra", "history", "--json").out) == []
    assert not (tmp_path / "infra").exists()


def test_secrets_are_set_from_standard_input_and_never_shown(
    momentum: Command, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOMENTUM_AGE_IDENTITY", str(tmp_path / "age.txt"))
    assert momentum("infra", "secrets", "key").code == 0
    assert momentum("infra", "secrets", "key").code == 1, "an identity is never overwritten"
    read, write = os.pipe()
    os.write(write, f"{CANARY}\n".encode())
    os.close(write)
    with os.fdopen(read) as given:
        monkeypatch.setattr("sys.stdin", given)
        said = momentum("infra", "secrets", "set", "k3s_token")
    assert said.code == 0
    assert CANARY not in said.out + said.err
    listed = momentum("infra", "secrets", "list", "--json")
    assert {row["name"] for row in json.loads(listed.out) if row["set"]} == {"k3s_token"}
    assert CANARY not in listed.out
    not_all = momentum("infra", "plan", "--json")
    assert "ovh_application_key" in json.loads(not_all.out)["not_connected"]


def test_secrets_that_do_not_open_are_not_connected(
    momentum: Command, fleet: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)
    monkeypatch.setenv("MOMENTUM_HOME", str(home))
    monkeypatch.delenv("MOMENTUM_AGE_IDENTITY")
    said = momentum("infra", "plan")
    assert said.code == 0
    assert "not connected: MOMENTUM_AGE_IDENTITY names no file" in said.out
