"""K3s started where it stands still: every one first, then each is waited for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from momentum.fleet.steps import Step
from momentum.provisioning.execute import k3s_host, k3s_start
from tests.unit.fleet.cluster_cases import EMPTY, FLEET, KNOWN, hosts_with, well


class Hosts:
    """Units that systemd starts when it is told to, the first time."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def check(self, server: str, argv: list[str], **_: Any) -> str:
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
    monkeypatch.setattr(k3s_start, "via_for", lambda *_: "s3")
    return told


def started(told: list[str], servers: list[str], **hosts: Any) -> Any:
    step = Step("k3s.start", "cluster", "K3s stands still", wants={"servers": servers})
    outside = SimpleNamespace(fleet=FLEET, facts=hosts_with(well(), **hosts), known=KNOWN, hosts=Hosts(told))
    return k3s_start.start(step, outside, lambda _: None)["started"]  # type: ignore[arg-type]


def test_all_are_on_their_way_before_any_is_waited_for(told: list[str]) -> None:
    assert started(told, ["s1", "s2"]) == ["s1", "s2"]
    assert told[:2] == ["start s1", "start s2"]
    assert told[2:] == ["is s1 ready, by s1?"] * 2 + ["is s2 ready, by s2?"] * 2


def test_a_wiped_server_is_left_to_its_join_and_an_agent_is_asked_for_by_a_server(told: list[str]) -> None:
    assert started(told, ["s1", "a1"], s1=EMPTY) == ["a1"]
    assert told == ["start a1", "is a1 ready, by s3?", "is a1 ready, by s3?"]
