"""momentum infra against a provider that speaks OVH's protocol: looking changes nothing, and no secret is shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from momentum.adapters.secrets import make_identity, set_secret
from momentum.provisioning.journal import Journal
from momentum_dagster.cli.main import main
from tests.standins.ovh.server import APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY, OvhServer
from tests.unit.momentum_dagster.fleet_home import fleet_settings

SECRETS = {
    "ovh_application_key": APPLICATION_KEY,
    "ovh_application_secret": APPLICATION_SECRET,
    "ovh_consumer_key": CONSUMER_KEY,
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def provider() -> Iterator[OvhServer]:
    with OvhServer() as server:
        yield server


@pytest.fixture
def infra(
    provider: OvhServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    settings = fleet_settings(tmp_path, monkeypatch)
    identity = tmp_path / "age.txt"
    make_identity(identity)
    for name, value in SECRETS.items():
        set_secret(settings.secrets_path, identity, name, value)
    monkeypatch.setenv("MOMENTUM_AGE_IDENTITY", str(identity))
    monkeypatch.setenv("MOMENTUM_PROFILE", "production")
    monkeypatch.setenv("MOMENTUM_OVH_URL", provider.url)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["momentum", "infra", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_an_empty_account_is_planned_whole_and_nothing_is_ordered(infra: Run, provider: OvhServer) -> None:
    code, out, _ = infra("plan", "--json")
    assert code == 0
    planned = json.loads(out)["plan"]
    orders = [step for step in planned["steps"] if step["kind"] == "server.order"]
    assert [step["target"] for step in orders] == ["server-1", "server-2", "server-3", "agent-1"]
    assert sum(step["price"]["today"] for step in orders) == pytest.approx(499.2)
    assert json.loads(infra("plan", "--json")[1])["plan"]["hash"] == planned["hash"], "the same world, the same hash"
    assert infra("status")[0] == 0
    assert not provider.mutating


def test_the_plan_is_shown_before_a_yes_is_asked_for_and_without_one_nothing_is_done(
    infra: Run, provider: OvhServer
) -> None:
    code, _, err = infra("apply")
    assert code == 1
    assert "k3s_token" in err, "what a host will need is asked for before anything is ordered"
    assert not provider.mutating


def test_without_an_object_store_one_operator_is_the_rule_and_it_is_said(infra: Run, tmp_path: Path) -> None:
    assert "one operator" in json.loads(infra("plan", "--json")[1])["one_operator"]
    assert "one operator" in json.loads(infra("status", "--json")[1])["fleet"]["one_operator"]
    for words in (("plan",), ("status",), ("check",)):
        assert "one operator" in " ".join("".join(map(str, infra(*words))).split())
    set_secret(tmp_path / "infra" / "secrets.age", tmp_path / "age.txt", "s3_access_key", "half-of-a-pair")
    assert "s3_secret_key not set" in json.loads(infra("plan", "--json")[1])["not_connected"]


def test_a_provider_that_refuses_is_told_and_nothing_is_taken_for_missing(infra: Run, provider: OvhServer) -> None:
    provider.consumer_keys.clear()
    code, out, _ = infra("plan", "--json")
    assert code == 0
    planned = json.loads(out)["plan"]
    assert planned["steps"] == []
    assert "consumer key" in planned["unread"]["machines"]


def test_a_plan_that_could_not_be_applied_without_an_object_store_asks_for_no_yes(
    infra: Run, provider: OvhServer, tmp_path: Path
) -> None:
    set_secret(tmp_path / "infra" / "secrets.age", tmp_path / "age.txt", "k3s_token", "a token of K3s")
    code, out, err = infra("apply")
    assert (code, "k3s.found" in out) == (1, True)
    assert "need the keys of the object store" in err and "nobody is there to say yes" not in err
    assert not provider.mutating


def test_a_lost_machine_is_asked_about_and_once_forgotten_another_is_planned(
    infra: Run, provider: OvhServer, tmp_path: Path
) -> None:
    set_secret(tmp_path / "infra" / "secrets.age", tmp_path / "age.txt", "k3s_token", "a token of K3s")
    journal = Journal(tmp_path / "infra" / "journal.sqlite", None)
    journal.remember("service", "server-2", "vps-lost")
    journal.close()

    def ordered() -> list[str]:
        planned = json.loads(infra("plan", "--json")[1])["plan"]
        return [step["target"] for step in planned["steps"] if step["kind"] == "server.order"]

    assert ordered() == ["server-1", "server-3", "agent-1"]
    for words in (("plan",), ("status",)):
        assert "open: server-2: its machine vps-lost is gone" in " ".join(infra(*words)[1].split())
    code, _, err = infra("forget", "server-2")
    assert code == 1 and "--machine vps-lost" in err, "a script names the machine"
    assert infra("forget", "server-2", "--machine", "vps-other")[0] == 1
    assert infra("forget", "server-9")[0] == 1
    assert ordered() == ["server-1", "server-3", "agent-1"]
    code, out, _ = infra("forget", "server-2", "--machine", "vps-lost")
    assert code == 0 and "vps-lost is forgotten" in out
    assert ordered() == ["server-1", "server-2", "server-3", "agent-1"]
    assert not provider.mutating


def test_no_secret_is_shown_or_left_in_a_file(infra: Run, tmp_path: Path, provider: OvhServer) -> None:
    provider.consumer_keys.clear()
    said = [infra(*words) for words in (("plan",), ("status", "--json"), ("check",), ("secrets", "list"))]
    texts = ["".join(map(str, one)) for one in said]
    texts += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    with sqlite3.connect(tmp_path / "infra" / "journal.sqlite") as journal:
        texts += [str(row) for row in journal.execute("SELECT * FROM events")]
    assert len(texts) > 6
    for secret in SECRETS.values():
        assert not [text for text in texts if secret in text]
