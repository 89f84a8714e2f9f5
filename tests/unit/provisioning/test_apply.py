"""The executor's loop against a world in memory."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from momentum.adapters.object_store import StoreUnreachable
from momentum.errors import MomentumError
from momentum.fleet.steps import Step
from momentum.provisioning.apply import NotApproved, StepFailed, Told, WorldMoved
from momentum.provisioning.fencing import Fenced
from momentum.provisioning.lease import LeaseHeld
from tests.counted import Counted
from tests.standins.areas import AREAS, FILES, KINDS
from tests.standins.folders import in_memory
from tests.standins.objects import MemoryStore
from tests.standins.operator import Operator
from tests.standins.world import World, small_fleet


@pytest.fixture
def folder() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


@pytest.fixture
def operator(folder: Path) -> Operator:
    return Operator(folder, small_fleet(), World(), MemoryStore())


@pytest.fixture
def built(operator: Operator) -> Operator:
    operator.apply(operator.approved().hash)
    return operator


def test_a_bootstrap_orders_each_server_once_and_ends_in_one_cluster(operator: Operator) -> None:
    plan = operator.approved()
    applied = operator.apply(plan.hash)
    world = operator.world
    assert [step.id for step in applied.done] == [step.id for step in plan.steps], "as seen, in the order seen"
    assert world.done["order"] == world.done["payment"] == 4
    assert world.done["cluster-init"] == 1
    assert sorted(world.members) == ["s1", "s2", "s3"]
    assert {n: labels["role"] for n, labels in world.nodes.items()} == {
        "s1": "data",
        "s2": "ingress",
        "s3": "data",
        "a1": "ingress",
    }
    assert operator.plan().steps == ()
    assert operator.journal.known().orders == ()


def test_a_second_apply_changes_nothing_and_writes_nothing(built: Operator) -> None:
    before, written, history = built.world.done.copy(), dict(built.store.objects), built.journal.history()
    applied = built.apply(history[-1].plan)
    assert applied.done == []
    assert built.world.done == before
    assert built.store.objects == written
    assert built.journal.history() == history


def test_progress_is_told_step_by_step(operator: Operator) -> None:
    told: list[Told] = []
    plan = operator.approved()
    operator.apply(plan.hash, told.append)
    assert [t.number for t in told if t.state == "begun"] == list(range(1, len(plan.steps) + 1))
    assert [t.number for t in told if t.state == "done"] == list(range(1, len(plan.steps) + 1))
    assert {t.total for t in told} == {len(plan.steps)}
    assert any(t.state == "said" and t.text == "writing k3s.yaml" for t in told)


def test_what_is_waited_for_is_told_once_until_it_changes(operator: Operator) -> None:
    def waits(step: Step, outside: Any, say: Any) -> Any:
        for text in ("checking", "checking", "installing", "checking"):
            say(text)
        return KINDS["firewall"](step, outside, say)

    operator.kinds, told = {**KINDS, "firewall": waits}, list[Told]()
    operator.apply(operator.approved().hash, told.append)
    of_first = [one.text for one in told if one.state == "said" and one.step.kind == "firewall"][:3]
    assert of_first == ["checking", "installing", "checking"]


def test_a_plan_that_nobody_approved_is_refused(operator: Operator) -> None:
    with pytest.raises(NotApproved, match="Nobody has approved"):
        operator.apply(operator.plan().hash)
    assert not operator.world.done


def test_a_plan_of_another_fleet_file_is_refused(operator: Operator) -> None:
    plan = operator.approved()
    operator.fleet = operator.fleet.model_copy(update={"name": "other"})
    with pytest.raises(NotApproved, match="fleet file was changed"):
        operator.apply(plan.hash)
    assert not operator.world.done


def test_the_fact_that_moved_is_named_with_what_it_was_and_is(built: Operator) -> None:
    built.world.nodes["s1"]["role"] = "wrong"
    plan = built.approved()
    built.world.nodes["s2"]["role"] = "also wrong"
    before = built.world.done.copy()
    with pytest.raises(WorldMoved) as refusal:
        built.apply(plan.hash)
    assert 'cluster:nodes s2.labels.role: was "ingress", is "also wrong"' in str(refusal.value)
    assert built.world.done == before


def test_a_step_that_is_needed_now_and_was_not_approved_is_refused(built: Operator) -> None:
    built.world.nodes["s1"]["role"] = "wrong"
    plan = built.approved()
    built.world.host_of["vps-0001"].firewall = "open"
    with pytest.raises(WorldMoved, match="firewall s1 is now needed"):
        built.apply(plan.hash)


def test_what_rests_on_nothing_that_moved_goes_on(built: Operator) -> None:
    built.world.nodes["s1"]["role"] = "wrong"
    plan = built.approved()
    built.world.host_of["vps-0001"].files["other file"] = "not ours"
    built.apply(plan.hash)
    assert built.world.nodes["s1"]["role"] == "data"


def test_a_plan_applied_to_its_end_is_no_licence_for_later(built: Operator) -> None:
    plan = built.journal.history()[-1].plan
    built.world.nodes["s1"]["role"] = "wrong"
    with pytest.raises(WorldMoved, match="applied to its end"):
        built.apply(plan)
    assert built.world.nodes["s1"]["role"] == "wrong"


def test_the_same_drift_twice_is_the_same_plan_and_is_mended_twice(built: Operator) -> None:
    plans = []
    for _ in range(2):
        built.world.nodes["s1"]["role"] = "wrong"
        plans.append(built.approved().hash)
        built.apply(plans[-1])
        assert built.world.nodes["s1"]["role"] == "data"
    assert plans[0] == plans[1]
    assert [row.outcome for row in built.journal.history()][-2:] == ["done", "finished"]


def test_a_step_whose_effect_does_not_hold_is_not_repeated_for_ever(operator: Operator) -> None:
    operator.kinds = {**KINDS, "firewall": lambda *_: {}}
    with pytest.raises(WorldMoved, match="was done in this plan and is needed again"):
        operator.apply(operator.approved().hash)


def test_a_failure_tells_what_was_done_and_the_same_call_goes_on(operator: Operator) -> None:
    def broken(step: Step, *_: Any) -> dict[str, Any]:
        raise MomentumError("no space left on s2") if step.target == "s2" else OSError("reset")

    operator.kinds = {**KINDS, "firewall": broken}
    plan = operator.approved()
    with pytest.raises(StepFailed, match="reset"):
        operator.apply(plan.hash)
    operator.kinds = {
        **KINDS,
        "firewall": lambda s, o, p: broken(s) if s.target == "s2" else KINDS["firewall"](s, o, p),
    }
    with pytest.raises(StepFailed) as failure:
        operator.apply(plan.hash)
    assert "firewall s2 failed: no space left on s2" in str(failure.value)
    assert "Done in this call: firewall s1 (1 of" in str(failure.value)
    assert "apply the same plan again" in str(failure.value)
    assert [row.detail for row in operator.journal.history() if row.outcome == "failed"] == [
        "reset",
        "no space left on s2",
    ]
    operator.kinds = KINDS
    operator.apply(plan.hash)
    assert operator.plan().steps == ()
    assert operator.world.done["payment"] == 4


def test_only_what_a_step_changes_is_read_again(operator: Operator) -> None:
    plan = operator.approved()
    operator.world.reads.clear()
    operator.apply(plan.hash)
    everything = 1  # under the lease
    machine_steps = [step for step in plan.steps if "machines" in step.changes]
    assert operator.world.reads["machines"] == everything + len(machine_steps)
    assert operator.world.reads["host"] == sum(any(n.startswith("host:") for n in s.changes) for s in plan.steps)


def test_what_cannot_be_seen_any_more_is_no_end_of_the_plan(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that was just founded and does not answer: those who would join it are not done with."""
    operator.areas = {
        name: lambda fleet, facts, known, area=area: () if "cluster" in facts.unread else area(fleet, facts, known)
        for name, area in AREAS.items()
    }
    plan, observe = operator.approved(), operator._observe

    def blind(changed: Any, before: Any) -> Any:
        facts = observe(changed, before)
        unread = {"cluster": "no way to it"} if operator.world.cluster_id else {}
        return replace(facts, cluster=None if unread else facts.cluster, unread=unread)

    with monkeypatch.context() as context:
        context.setattr(operator, "_observe", blind)
        with pytest.raises(WorldMoved, match=r"not at its end: .*from join_server s2 on[\s\S]*cluster: no way to it"):
            operator.apply(plan.hash)
    assert operator.journal.finished_at(plan.hash) is None
    operator.apply(plan.hash)
    assert operator.journal.finished_at(plan.hash)
    assert operator.plan().steps == ()


@pytest.mark.fault("an applier whose time is over is refused by the hosts")
def test_hosts_refuse_an_applier_whose_time_is_over(operator: Operator) -> None:
    plan = operator.approved()
    operator.kinds = {**KINDS, "file": lambda *_: (_ for _ in ()).throw(MomentumError("stop here"))}
    with pytest.raises(StepFailed, match="stop here"):
        operator.apply(plan.hash)
    operator.world.host_of["vps-0001"].epoch = 99
    with pytest.raises(StepFailed, match="has seen epoch 99") as refusal:
        operator.apply(plan.hash)
    assert isinstance(refusal.value.__cause__, Fenced)


def test_who_comes_while_another_applies_is_told_who(folder: Path, operator: Operator) -> None:
    other = Operator(folder, operator.fleet, operator.world, operator.store, name="ben on desktop")
    plan = operator.approved()
    other.journal.synchronise()
    refused: list[str] = []

    def second(told: Told) -> None:
        if told.state == "begun" and told.number == 1:
            with pytest.raises(LeaseHeld) as held:
                other.apply(plan.hash)
            refused.append(str(held.value))

    operator.apply(plan.hash, second)
    assert len(refused) == 1 and refused[0].startswith("ana on laptop is applying (epoch 1)")


def test_another_operator_goes_on_where_the_first_stopped(folder: Path, operator: Operator) -> None:
    plan = operator.approved()
    operator.kinds = {**KINDS, "mesh_key": lambda *_: (_ for _ in ()).throw(MomentumError("stop here"))}
    with pytest.raises(StepFailed):
        operator.apply(plan.hash)
    other = Operator(folder, operator.fleet, operator.world, operator.store, name="ben on desktop")
    other.apply(plan.hash)
    assert other.plan().steps == ()
    assert operator.world.done["payment"] == 4


def test_of_thirty_applies_at_once_one_works_and_the_others_name_it(
    folder: Path, operator: Operator, counted: Counted
) -> None:
    plan, over = operator.approved(), threading.Event()
    operators = [
        Operator(folder, operator.fleet, operator.world, operator.store, name=f"op{number} here")
        for number in range(30)
    ]

    def attempt(one: Operator) -> str:
        try:
            one.apply(plan.hash, lambda _: over.wait(20) and None)
        except LeaseHeld as held:
            return str(held)
        return one.name

    with ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(attempt, one) for one in operators]
        while sum(answer.done() for answer in answers) < 29:
            time.sleep(0.01)
        over.set()
        texts = [answer.result() for answer in answers]
    (winner,) = [text for text in texts if text in {one.name for one in operators}]
    named = sum(text.startswith(f"{winner} is applying (epoch 1)") for text in texts)
    counted("thirty applies at once: one works, each other names it", 30, 29 - named)
    assert named == 29
    assert operator.world.done["payment"] == 4
    operator.journal.synchronise()
    assert operator.plan().steps == ()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_store_that_fails_at_any_write_stops_the_step_and_the_next_call_goes_on(
    folder: Path, moment: str, counted: Counted
) -> None:
    """`after`: the write was made and its answer lost."""
    writes = range(3, 107, 3)  # 107 is the plan's end
    for at in writes:
        here = folder / f"{at}"
        here.mkdir()
        operator = Operator(here, small_fleet(), World(), MemoryStore())
        plan = operator.approved()

        def around(name: str, at: int = at) -> None:
            if name == f"{moment} journal/{at:09d}.json":
                raise StoreUnreachable("away")

        operator.store.around = around
        with pytest.raises(StepFailed, match="failed: away"):
            operator.apply(plan.hash)
        operator.store.around = lambda _: None
        operator.apply(plan.hash)
        assert operator.plan().steps == ()
        assert operator.world.done["order"] == operator.world.done["payment"] == 4
        assert operator.world.done["cluster-init"] == 1
    counted("object store away at each third write of the journal, told and resumed", len(writes))


def test_a_step_of_a_kind_that_nobody_executes_stops_before_it_is_begun(operator: Operator) -> None:
    operator.kinds = {kind: execute for kind, execute in KINDS.items() if kind != "order"}
    with pytest.raises(StepFailed, match="no executor knows"):
        operator.apply(operator.approved().hash)
    assert not operator.world.done


def test_machines_that_cannot_be_read_are_not_machines_that_are_missing(operator: Operator) -> None:
    seen = operator._observe
    operator._observe = lambda changed, before: replace(seen(changed, before), machines=None)  # type: ignore[method-assign]
    plan = operator.plan()
    assert plan.steps == ()
    assert plan.unread == {"machines": "not connected"}


def _drift(world: World, choose: random.Random) -> None:
    """One change by somebody's hand."""
    service = choose.choice(sorted(world.host_of))
    host, node = world.host_of[service], choose.choice(sorted(world.nodes))
    match choose.randrange(9):
        case 0:
            host.files[choose.choice(FILES)] = "edited"
        case 1:
            host.files.pop(choose.choice(FILES), None)
        case 2:
            host.firewall = choose.choice([None, "open"])
        case 3:
            host.peers = dict(list(host.peers.items())[1:])
        case 4:
            host.peers["unknown key"] = "198.51.100.7"
        case 5:
            world.nodes[node] = choose.choice([{}, {"role": "wrong"}, {**world.nodes[node], "more": "x"}])
        case 6:
            world.machines[service]["name"] = "renamed"
        case 7:
            world.records[choose.choice(sorted(world.records) or ["s1"])] = "198.51.100.9"
        case 8 if node != "s1":
            del world.nodes[node]  # its etcd member stays: stale
        case _:
            world.records.pop("s2", None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_whatever_drifts_one_plan_and_one_apply_bring_back(built: Operator, seed: int, changes: int) -> None:
    choose = random.Random(seed)
    world = built.world
    for _ in range(changes):
        _drift(world, choose)
    built.apply(built.approved().hash)
    assert built.plan().steps == ()
    assert world.done["order"] == world.done["payment"] == 4
    assert world.done["cluster-init"] == 1
    assert sorted(world.members) == ["s1", "s2", "s3"]
