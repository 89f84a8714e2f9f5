"""A server that the file no longer names is shut out of the mesh only when it has left the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentum.fleet.drift import drift
from momentum.fleet.facts import Facts
from momentum.fleet.operations import closing, firewall, leaving, mesh
from momentum.fleet.outgoing import with_outgoing
from momentum.fleet.plan import plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step
from tests.unit.fleet.well_fleet import FLEET, KNOWN, well, with_cluster

GOES = "agent-1"
WITHOUT = FLEET.model_copy(update={"servers": tuple(one for one in FLEET.servers if one.name != GOES)})
STAY = [one.name for one in WITHOUT.servers]
SHUT_OUT = [("mesh_config", name) for name in STAY] + [("load_firewall", name) for name in STAY]


def planned(fleet: Fleet, facts: Facts) -> list[tuple[str, str]]:
    return [(step.kind, step.target) for step in steps(fleet, facts)]


def steps(fleet: Fleet, facts: Facts) -> list[Step]:
    ours = ("mesh", "load_firewall", "node.", "etcd.", "server.end", "k3s.join")
    return [step for step in plan(fleet, facts, KNOWN).steps if step.kind.startswith(ours)]


def left(facts: Facts) -> Facts:
    assert facts.cluster is not None
    nodes = tuple(one for one in facts.cluster.nodes if one.name != GOES)
    return replace(facts, cluster=replace(facts.cluster, nodes=nodes))


def test_it_is_drained_and_deleted_before_its_tunnels_are_shut_and_its_machine_ends_last() -> None:
    made = planned(WITHOUT, well())
    assert made == [("node.drain", GOES), ("node.delete", GOES), *SHUT_OUT, ("server.end", GOES)]


def test_when_it_has_left_the_others_shut_it_out_by_the_very_steps_that_were_planned() -> None:
    first, later = steps(WITHOUT, well()), steps(WITHOUT, left(well()))
    assert {step.id for step in later} == {step.id for step in first if not step.kind.startswith("node.")}


def test_while_it_is_there_its_tunnels_are_no_drift() -> None:
    parts = ("mesh", "firewall")
    assert [one for one in drift(WITHOUT, well(), KNOWN) if one.part in parts] == []
    assert [one for one in drift(WITHOUT, left(well()), KNOWN) if one.part in parts]


def test_its_tunnel_is_the_one_that_leads_to_its_machine() -> None:
    wide = with_outgoing(WITHOUT, well(), KNOWN)
    address = next(one.mesh_address for one in FLEET.servers if one.name == GOES)
    assert [(one.name, one.mesh_address) for one in wide.servers[len(STAY) :]] == [(GOES, address)]
    assert with_outgoing(WITHOUT, left(well()), KNOWN) is WITHOUT
    assert with_outgoing(FLEET, well(), KNOWN) is FLEET


def test_a_newcomer_gets_its_tunnels_beside_those_of_the_one_that_leaves_last() -> None:
    new = FLEET.servers[-1].model_copy(update={"name": "agent-2", "mesh_address": FLEET.mesh.network[9]})
    fleet = FLEET.model_copy(update={"servers": (*WITHOUT.servers, new)})
    made = [
        (step.kind, step.target, step.wants.get("peers")) for step in steps(fleet, well()) if step.target == STAY[0]
    ]
    others = sorted([*STAY[1:], "agent-2"])
    assert ("mesh_config", STAY[0], sorted([*others, GOES])) in made
    assert made[-2:] == [("mesh_config", STAY[0], others), ("load_firewall", STAY[0], None)]
    order = planned(fleet, well())
    assert order.index(("k3s.join", "agent-2")) < order.index(("node.drain", GOES))


@pytest.mark.parametrize("why", ["a member that stays is ill", "no quorum", "not read"])
def test_nobody_leaves_and_no_tunnel_is_shut_while_etcd_cannot_do_without_it(why: str) -> None:
    gone = FLEET.servers[1].name
    fleet = FLEET.model_copy(update={"servers": tuple(one for one in FLEET.servers if one.name != gone)})
    if why == "a member that stays is ill":
        cluster = with_cluster().cluster
        assert cluster is not None
        ill = tuple(replace(one, healthy=one.name in (gone, FLEET.servers[0].name)) for one in cluster.members)
        facts = with_cluster(members=ill)
    elif why == "no quorum":
        facts = with_cluster(nodes=(), has_quorum=False)
    else:
        facts = replace(well(), cluster=None, unread={"cluster": "no answer"})
    for area in (mesh, firewall, leaving, closing):
        assert [*area.steps(fleet, facts, KNOWN)] == []
    made = plan(fleet, facts, KNOWN)
    assert "server.end" not in [step.kind for step in made.steps]
    assert "cannot leave" in made.questions[gone]
