"""K3s started where it stands still: every one first, then each is waited for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from momentum.adapters.ssh import File
from momentum.fleet.facts import FileFact, Host
from momentum.fleet.render.compare import sha256_of
from momentum.fleet.render.k3s import join_file
from momentum.fleet.steps import Step
from momentum.provisioning.execute import k3s_host, k3s_nodes, k3s_start
from tests.unit.fleet.cluster_cases import EMPTY, FLEET, KNOWN, hosts_with, well

TOKEN, JOIN = "/etc/rancher/k3s/token", "/etc/rancher/k3s/config.yaml.d/50-join.yaml"


class Hosts:
    """Units that systemd starts when it is told to, the first time; files that are put are remembered."""

    def __init__(self, told: list[str]) -> None:
        self.told = told
        self.there: dict[tuple[str, str], bytes] = {}

    def read(self, server: str, path: str) -> bytes | None:
        return self.there.get((server, path))

    def put_all(self, server: str, files: list[File]) -> None:
        assert f"start {server}" not in self.told, "too late for its first start"
        self.there |= {(server, file.path): file.content for file in files}

    def check(self, server: str, argv: list[str], **_: Any) -> str:
        if "secrets" in argv:
            return ""
        new = f"start {server}" not in self.told
        self.told += [f"start {server}"] if new else []
        return "started\n" if new else ""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Starts, and looks at whether a server is ready; each is at its second."""
    told: list[str] = []

    def not_ready(outside: Any, server: str, via: str, version: str) -> str:
        told.append(f"is {server} ready, by {via}?")
        return "" if told.count(told[-1]) == 2 else "its node is not ready"

    monkeypatch.setattr(k3s_host, "BETWEEN_LOOKS_S", 0.0)
    monkeypatch.setattr(k3s_start, "not_ready", not_ready)
    for module in (k3s_start, k3s_nodes):
        monkeypatch.setattr(module, "via_for", lambda *_: "s3")
    return told


SECRETS = {"k3s_token": "the-token", "s3_access_key": "an-id", "s3_secret_key": "a-key"}


def started(told: list[str], servers: list[str], on: Hosts | None = None, **hosts: Any) -> Any:
    step, facts = (
        Step("k3s.start", "cluster", "K3s stands still", wants={"servers": servers}),
        hosts_with(well(), **hosts),
    )
    outside = SimpleNamespace(fleet=FLEET, facts=facts, known=KNOWN, hosts=on or Hosts(told), secrets=SECRETS)
    return k3s_start.start(step, outside, lambda _: None)["started"]  # type: ignore[arg-type]


def with_join(file: FileFact) -> Host:
    there = well().hosts["a1"]
    return replace(there, files={**there.files, JOIN: file})


def test_all_are_on_their_way_before_any_is_waited_for(told: list[str]) -> None:
    assert started(told, ["s1", "s2"]) == ["s1", "s2"]
    assert told[:2] == ["start s1", "start s2"]
    assert told[2:] == ["is s1 ready, by s1?"] * 2 + ["is s2 ready, by s2?"] * 2


def test_a_wiped_server_is_left_to_its_join_and_an_agent_is_asked_for_by_a_server(told: list[str]) -> None:
    assert started(told, ["s1", "a1"], s1=EMPTY) == ["a1"]
    assert told == ["start a1", "is a1 ready, by s3?", "is a1 ready, by s3?"]


def test_a_token_and_a_way_in_that_somebody_changed_are_right_before_the_start(told: list[str]) -> None:
    hosts = Hosts(told)
    hosts.there = {("a1", TOKEN): b"another\n", ("s1", TOKEN): b"the-token\n"}
    started(told, ["s1", "a1"], hosts, a1=with_join(FileFact("of cluster-init", "root", 0o600)))
    assert hosts.there["a1", TOKEN] == hosts.there["s1", TOKEN] == b"the-token\n"
    assert hosts.there["a1", JOIN] == join_file("10.90.0.3").content.encode()
    assert ("s1", JOIN) not in hosts.there, "a server with etcd on its disk does not read it"


def test_an_agent_keeps_the_server_that_it_came_in_through(told: list[str]) -> None:
    hosts, way_in = Hosts(told), join_file("10.90.0.2")
    started(told, ["a1"], hosts, a1=with_join(FileFact(sha256_of(way_in), "root", 0o600)))
    assert ("a1", JOIN) not in hosts.there
