"""K3s that somebody stopped is started again, and nothing else is taken for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentum.fleet.facts import Facts
from momentum.fleet.membership import BEGUN
from momentum.fleet.operations.stopped import steps
from momentum.fleet.render.k3s import unit_of
from tests.unit.fleet.cluster_cases import EMPTY, FLEET, KNOWN, cluster_with, hosts_with, kinds, member, well

UNITS = {server.name: unit_of(server) for server in FLEET.servers}


def stopped(facts: Facts, *names: str, state: str = "inactive") -> Facts:
    hosts = {name: replace(facts.hosts[name], units={UNITS[name]: state}) for name in names}
    return hosts_with(facts, **hosts)


@pytest.mark.parametrize("state", ["inactive", "failed", "inactive, disabled", "active, disabled"])
@pytest.mark.parametrize("name", ["s2", "a1"])
def test_what_is_stopped_or_would_not_start_again_is_started(name: str, state: str) -> None:
    [step] = steps(FLEET, stopped(well(), name, state=state), KNOWN)
    assert (step.kind, step.target, step.risk) == ("k3s.start", "cluster" if name == "s2" else name, "restart")
    assert step.reason.endswith(f"{name} is {state}")


@pytest.mark.parametrize("state", ["active", "activating", "reloading", ""])
def test_what_runs_or_comes_up_is_left_alone(state: str) -> None:
    assert list(steps(FLEET, stopped(well(), "s2", state=state), KNOWN)) == []


def test_without_quorum_those_that_stand_still_are_started_for_only_so_it_comes_back() -> None:
    facts = stopped(cluster_with(well(), has_quorum=False), "s2", "s3")
    [both] = steps(FLEET, facts, KNOWN)
    assert (both.kind, both.target) == ("k3s.start", "cluster")
    assert both.reason.endswith("s2 is inactive, s3 is inactive")
    silent = replace(stopped(well(), "s1", "s2", "s3", "a1"), cluster=None, unread={"cluster": "no answer"})
    assert kinds(steps(FLEET, silent, KNOWN)) == [("k3s.start", "cluster"), ("k3s.start", "a1")]
    for left in (silent, stopped(well(), "s3")):
        assert next(steps(FLEET, left, KNOWN)).id == both.id, "what is left after a kill is the step that was begun"


def test_what_founds_joins_again_or_is_restored_is_started_by_that() -> None:
    down = stopped(well(), "s2")
    assert list(steps(FLEET, down, replace(KNOWN, cluster_id=None))) == [], "founding"
    mark = {BEGUN["k3s.rejoin"]: next(iter(EMPTY.files.values()), None)}
    joining = hosts_with(down, s2=replace(down.hosts["s2"], files=mark))  # type: ignore[arg-type]
    assert list(steps(FLEET, joining, KNOWN)) == []
    put_out = cluster_with(down, members=(member("s1"), member("s3")))
    assert list(steps(FLEET, put_out, KNOWN)) == []
    wiped = hosts_with(down, s2=EMPTY, s3=EMPTY)
    assert list(steps(FLEET, cluster_with(wiped, has_quorum=False), KNOWN)) == [], "lost for good: the restore"
