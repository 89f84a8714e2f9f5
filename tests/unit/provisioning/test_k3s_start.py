"""K3s started where it stands still: waited for while others can tell that it is ready, and only then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from momentum.fleet.facts import Facts
from momentum.fleet.steps import Step
from momentum.provisioning.execute import k3s_host, k3s_start
from tests.unit.fleet.cluster_cases import FLEET, KNOWN, cluster_with, well

STEP = Step("k3s.start", "s2", "k3s.service is inactive")


class Hosts:
    """One unit, which systemd starts when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def check(self, server: str, argv: list[str], **_: Any) -> str:
        self.asked.append(f"{server} {argv[-1]}")
        return "started\n" if len(self.asked) == 1 else ""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom each look at the readiness asks; the third says that it is ready."""
    asked: list[str] = []

    def not_ready(outside: Any, server: str, via: str, version: str) -> str:
        asked.append(via)
        return "" if len(asked) == 3 else "its node is not ready"

    monkeypatch.setattr(k3s_host, "BETWEEN_LOOKS_S", 0.0)
    monkeypatch.setattr(k3s_start, "not_ready", not_ready)
    monkeypatch.setattr(k3s_start, "living", lambda *_: "s3")
    return asked


def started(facts: Facts) -> tuple[Any, Hosts, list[str]]:
    said, hosts = list[str](), Hosts()
    outside = SimpleNamespace(fleet=FLEET, facts=facts, known=KNOWN, hosts=hosts)
    return k3s_start.start(STEP, outside, said.append), hosts, said  # type: ignore[arg-type]


def test_it_is_waited_for_through_a_server_that_lives(looks: list[str]) -> None:
    result, hosts, said = started(well())
    assert result == {"waited": True}
    assert looks == ["s3"] * 3
    assert set(hosts.asked) == {"s2 k3s.service"}
    assert said[0] == "k3s.service started"


def test_without_a_majority_the_next_is_started_at_once(looks: list[str]) -> None:
    result, hosts, _ = started(cluster_with(well(), has_quorum=False))
    assert result == {"waited": False}
    assert looks == []
    assert len(hosts.asked) == 2, "started, and seen to be on its way"
