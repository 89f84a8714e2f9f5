"""A whole fleet in memory, with the real areas and executors, when a machine is lost or K3s stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from momentum.provisioning.apply import WorldMoved
from momentum.provisioning.execute import k3s_host
from tests.kill_scenarios import box_of
from tests.standins.company import Company
from tests.standins.folders import in_memory
from tests.standins.world import Fuse

LOST = "server-2"


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(k3s_host, "BETWEEN_LOOKS_S", 0.0)
    with in_memory() as folder:
        company = Company(folder)
        company.apply(Fuse())
        company.cluster.network = True
        yield company


def applied(company: Company) -> list[tuple[str, str]]:
    """The plan of now, said yes to and made so."""
    company.plans += 1
    done = [(step.kind, step.target) for step in company.apply(Fuse())]
    while company.cluster.moves_on(lambda _: None):
        pass
    return done


def test_while_a_machine_is_lost_the_others_are_put_right_and_it_finds_its_tunnels_when_it_is_back(
    company: Company,
) -> None:
    machine, its_box = company.lost(LOST)
    made, _ = company.looked()
    assert (made.steps, set(made.questions)) == ((), {LOST})
    box_of(company, "server-1").rules = None
    assert applied(company) == [("load_firewall", "server-1")]
    assert company.counted()["orders"] == 4, "nothing is bought behind anybody's back"
    company.server.world.machines[machine.name] = machine
    company.boxes[machine.ipv4] = its_box
    while company.cluster.moves_on(lambda _: None):
        pass
    made, differing = company.looked()
    assert (made.steps, made.questions, differing) == ((), {}, [])


def test_once_forgotten_it_is_ordered_once_and_joins_in_its_old_place(company: Company) -> None:
    company.lost(LOST)
    company.forgets(LOST)
    done = applied(company)
    assert [target for kind, target in done if kind == "server.order"] == [LOST]
    cluster = [kind for kind, target in done if target == LOST and kind.startswith(("etcd.", "node.", "k3s."))]
    assert cluster == ["etcd.remove_member", "node.delete", "k3s.join"]
    made, differing = company.looked()
    assert (made.steps, made.questions, differing) == ((), {}, [])
    counted = company.counted()
    assert (counted["orders"], counted["payments"], counted["founded"]) == (5, 5, 1)


def test_a_majority_of_machines_lost_is_ordered_anew_and_only_then_a_restore_is_asked_a_yes_for(
    company: Company,
) -> None:
    first = box_of(company, "server-1")
    first.k3s.snapshots["scheduled"] = company.cluster.snapshot(first)
    lost = (LOST, "server-3")
    for name in lost:
        company.lost(name)
    while company.cluster.moves_on(lambda _: None):
        pass
    made, _ = company.looked()
    assert {step.kind for step in made.steps} == {"dns.records"}, "names point at who is left"
    assert set(made.questions) == set(lost)
    for name in lost:
        company.forgets(name)
    with pytest.raises(WorldMoved, match=r"k3s\.restore server-1 is now needed"):
        applied(company)
    made, _ = company.looked()
    restore = next(step for step in made.steps if step.kind == "k3s.restore")
    assert (restore.target, restore.risk) == ("server-1", "destroys data")
    assert [target for kind, target in applied(company) if kind == "k3s.join"] == list(lost)
    made, differing = company.looked()
    assert (made.steps, made.questions, differing) == ((), {}, [])
    assert (company.counted()["orders"], company.counted()["founded"]) == (6, 1)


@pytest.mark.parametrize("names", [["agent-1"], [LOST], [LOST, "server-3"], ["server-1", LOST, "server-3", "agent-1"]])
def test_k3s_that_somebody_stopped_runs_again_without_quorum_too(company: Company, names: list[str]) -> None:
    for name in names:
        box_of(company, name).k3s.process = None
    servers = [name for name in names if name.startswith("server")]
    targets = [*(["cluster"] if servers else []), *(name for name in names if name not in servers)]
    assert applied(company) == [("k3s.start", target) for target in targets]
    made, differing = company.looked()
    assert (made.steps, differing) == ((), [])
