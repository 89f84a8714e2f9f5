"""A yes is to one plan: by its hash, of today's world, with every server named whose data goes."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from momentum.adapters import ssh
from momentum.adapters.object_store import FolderStore
from momentum.errors import MomentumError
from momentum.fleet import plan as planning
from momentum.fleet.facts import Facts
from momentum.fleet.steps import Plan, Step
from momentum.provisioning import apply as applying
from momentum.provisioning import connect
from momentum.provisioning.apply import Applied, Told
from momentum.provisioning.journal import Journal
from momentum.provisioning.masking import Masker
from momentum.provisioning.session import NotAllowed, apply_plan, in_words, journal_rows, lease_on
from momentum.provisioning.survey import load_fleet
from momentum.settings import Settings
from tests.unit.momentum_dagster.fleet_home import KEY, fleet_settings, with_secrets

MASKER = Masker(["canary-5512"])
MARK = Step("server.mark", "server-1", "it has no name", wants={"display_name": "server-1"})
END = Step("server.end", "agent-1", "not in the file any more", risk="destroys data")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MOMENTUM_PROFILE", "production")
    return with_secrets(fleet_settings(tmp_path, monkeypatch), tmp_path, monkeypatch)


class Outer:
    """What is planned today, and the plans that were executed."""

    def __init__(self) -> None:
        self.today: tuple[Step, ...] = (MARK,)
        self.executed: list[str] = []
        self.facts = Facts()

    @property
    def plan(self) -> Plan:
        return Plan("fleet", self.today)


@pytest.fixture
def world(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outer:
    outer = Outer()

    @contextmanager
    def connected(settings: Settings, fleet: Any, *, to_apply: bool = False) -> Iterator[connect.World]:
        assert to_apply
        store = FolderStore(tmp_path / "mirror")
        journal = Journal(settings.infra_journal_path, store)
        outside = SimpleNamespace(fleet=fleet, journal=journal, facts=outer.facts, known=journal.known())
        yield connect.World(outside, lambda changed, before: Facts(), store, MASKER.text)  # type: ignore[arg-type]
        journal.close()

    def apply(plan_hash: str, outside: Any, observe: Any, kinds: Any, *, approve: Any, **_: Any) -> Applied:
        approve()
        assert outside.journal.approved_by(plan_hash)
        outer.executed.append(plan_hash)
        return Applied(plan_hash, list(outside.journal.proposed(plan_hash).steps))

    monkeypatch.setattr(connect, "connected", connected)
    monkeypatch.setattr(applying, "apply", apply)
    monkeypatch.setattr(planning, "plan", lambda *_: outer.plan)
    return outer


def test_the_plan_that_was_seen_is_executed_and_who_said_yes_is_kept(settings: Settings, world: Outer) -> None:
    applied = apply_plan(settings, world.plan.hash, (), print)
    assert (applied.done, world.executed) == ([MARK], [world.plan.hash])
    [approved] = [row for row in journal_rows(settings) if row.outcome == "approved"]
    assert (approved.plan, "@" in approved.detail) == (world.plan.hash, True)


def test_another_plan_than_that_of_today_is_refused_and_nothing_done(settings: Settings, world: Outer) -> None:
    seen = world.plan.hash
    world.today = (MARK, END)
    with pytest.raises(NotAllowed, match=f"the plan of today is {world.plan.hash}, not {seen}"):
        apply_plan(settings, seen, ("agent-1",), print)
    assert world.executed == []
    assert [row for row in journal_rows(settings) if row.outcome == "approved"] == []


def test_a_plan_that_was_begun_is_gone_on_with_whatever_today_would_plan(settings: Settings, world: Outer) -> None:
    begun = world.plan.hash
    apply_plan(settings, begun, (), print)
    world.today = ()
    apply_plan(settings, begun, (), print)
    assert world.executed == [begun, begun]


def test_an_old_copy_of_the_fleet_file_and_what_was_not_seen_are_told(settings: Settings, world: Outer) -> None:
    told: list[str] = []
    apply_plan(settings, world.plan.hash, (), told.append)
    assert told == [connect.ONE_OPERATOR]
    journal = Journal(settings.infra_journal_path, FolderStore(settings.infra_dir.parent / "mirror"))
    for fleet in (load_fleet(settings).model_dump_json(), "a newer one"):
        journal.finish(world.plan.hash, fleet)
    journal.close()
    world.facts = Facts(unread={"host:server-2": "no answer"})
    told.clear()
    apply_plan(settings, world.plan.hash, (), told.append)
    assert "another was applied since" in told[1]
    assert told[2:] == ["not seen, so nothing is said of it: host:server-2: no answer"]


def test_with_a_new_store_an_epoch_is_above_all_that_hosts_have_seen(settings: Settings, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    with lease_on(SimpleNamespace(store=store)) as lease:  # type: ignore[arg-type]
        first = lease.epoch
    assert abs(first - time.time()) < 60
    with lease_on(SimpleNamespace(store=store)) as lease:  # type: ignore[arg-type]
        assert lease.epoch > first


def test_a_server_whose_data_goes_must_be_named(settings: Settings, world: Outer) -> None:
    world.today = (MARK, END)
    for named in ((), ("server-1",)):
        with pytest.raises(NotAllowed, match="destroys data on agent-1"):
            apply_plan(settings, world.plan.hash, named, print)
    assert world.executed == []
    apply_plan(settings, world.plan.hash, ("agent-1",), print)
    assert world.executed == [world.plan.hash]


def test_nothing_is_ordered_for_a_cluster_that_could_not_be_founded(settings: Settings, world: Outer) -> None:
    world.today = (MARK, Step("k3s.found", "server-1", "there is no cluster"))
    with pytest.raises(NotAllowed, match="need the keys of the object store"):
        apply_plan(settings, world.plan.hash, (), print)
    assert world.executed == []


def test_examples_in_the_file_are_never_ordered(
    settings: Settings, world: Outer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from momentum.fleet.template import default_fleet_text

    settings.fleet.write_text(default_fleet_text())
    with pytest.raises(NotAllowed, match="still has examples"):
        apply_plan(settings, world.plan.hash, (), print)


def test_a_missing_secret_is_told_before_anything_else(settings: Settings, world: Outer) -> None:
    settings.secrets_path.unlink()
    with pytest.raises(MomentumError, match="not connected"):
        apply_plan(settings, world.plan.hash, (), print)


def test_no_secret_is_told_on_the_way_or_in_an_error(
    settings: Settings, world: Outer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(plan_hash: str, *_: Any, told: Any, **__: Any) -> Applied:
        told(Told("said", MARK, 1, 1, "token=canary-5512"))
        raise MomentumError("it answered: canary-5512 is wrong") from ValueError("canary-5512")

    monkeypatch.setattr(applying, "apply", apply)
    said: list[str] = []
    with pytest.raises(MomentumError, match="is wrong") as failed:
        apply_plan(settings, world.plan.hash, (), said.append)
    assert said == [connect.ONE_OPERATOR, "1/1 server.mark server-1: token=***"]
    shown = "".join(traceback.format_exception(failed.value))
    assert "canary-5512" not in str(failed.value)
    assert "canary-5512" not in shown.replace("apply(plan_hash", "")


@pytest.mark.parametrize(
    ("state", "text", "line"),
    [
        ("begun", "", "2/9 server.mark server-1: it has no name"),
        ("said", "named", "2/9 server.mark server-1: named"),
        ("done", "", "2/9 server.mark server-1: done"),
        ("failed", "refused", "2/9 server.mark server-1: failed: refused"),
        ("found done", "", "2/9 server.mark server-1: was done already"),
    ],
)
def test_progress_is_a_line_that_names_step_and_server(state: Any, text: str, line: str) -> None:
    assert in_words(Told(state, MARK, 2, 9, text)) == line


def test_no_machine_is_installed_with_a_key_that_this_machine_does_not_hold(
    settings: Settings, world: Outer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be ordered and paid for, and open to nobody."""
    world.today = (Step("server.install", "server-1", "it comes without a key of ours"),)
    held = set[str]()
    monkeypatch.setattr(ssh, "own_public_keys", lambda: held)
    with pytest.raises(NotAllowed, match=r"operator's, and neither the agent nor .* nobody could log in to server-1"):
        apply_plan(settings, world.plan.hash, (), print)
    assert world.executed == []
    held.add(KEY.split()[1])
    apply_plan(settings, world.plan.hash, (), print)
    assert world.executed == [world.plan.hash]
