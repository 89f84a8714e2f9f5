"""Steps of the cluster: founded once, joined one at a time, never without quorum, left in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from momentum.fleet.facts import Facts, FileFact, Known, Snapshot
from momentum.fleet.membership import BEGUN
from momentum.fleet.operations import agents, control_plane, etcdctl, first_server, labels, leaving, stopped, upgrade
from momentum.fleet.plan import plan
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step
from tests.standins.world import small_fleet
from tests.unit.fleet.cluster_cases import (
    EMPTY,
    FLEET,
    KNOWN,
    cluster_with,
    host,
    hosts_with,
    kinds,
    member,
    node,
    well,
)

AREAS = (first_server, control_plane, agents, labels, upgrade, leaving)
NEW = FLEET.model_copy(update={"k3s": FLEET.k3s.model_copy(update={"version": "v1.37.1+k3s1", "channel": "v1.37"})})


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for area in AREAS:
        yield from area.steps(fleet, facts, known)


def test_no_change() -> None:
    assert list(steps(FLEET, well(), KNOWN)) == []


def test_a_bootstrap_is_whole_from_the_first_look() -> None:
    assert kinds(steps(FLEET, Facts(machines={}), Known())) == [
        ("k3s.found", "s1"),
        ("k3s.join", "s2"),
        ("k3s.join", "s3"),
        ("k3s.join", "a1"),
    ], "a node comes with the labels of its configuration"


def test_a_founding_that_was_cut_short_goes_on_under_the_same_id() -> None:
    begun = Facts(machines={}, hosts={"s1": host()})
    first = next(steps(FLEET, Facts(machines={}), Known()))
    assert next(steps(FLEET, begun, Known())).id == first.id


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        (Facts(machines={}), KNOWN),
        (Facts(machines={}, hosts={"s1": EMPTY, "s2": EMPTY, "s3": EMPTY}), Known(cluster_id="uid-1")),
        (Facts(machines={}, hosts={"s2": host()}), Known()),
        (Facts(machines={}, unread={"host:s3": "no answer"}), Known()),
        (Facts(machines={}), Known(host_keys={"s2": "pinned and not read"})),
        (cluster_with(Facts(machines={}, cluster=well().cluster), has_quorum=False), Known()),
    ],
    ids=["journal knows", "all wiped", "etcd elsewhere", "one unread", "one pinned", "members known"],
)
def test_no_second_cluster_is_founded(facts: Facts, known: Known) -> None:
    assert "k3s.found" not in [step.kind for step in steps(FLEET, facts, known)]


def test_a_cluster_that_the_journal_forgot_is_remembered() -> None:
    assert kinds(steps(FLEET, well(), replace(KNOWN, cluster_id=None))) == [("cluster.remember", "cluster")]


@pytest.mark.parametrize("name", ["s1", "s2", "s3"])
def test_a_wiped_server_the_first_included_joins_after_its_stale_member_went(name: str) -> None:
    facts = hosts_with(well(), **{name: EMPTY})
    found = list(steps(FLEET, facts, KNOWN))
    assert kinds(found) == [("etcd.remove_member", name), ("node.delete", name), ("k3s.join", name)]
    assert found[0].wants == {"member": f"id-{name}"}


@pytest.mark.parametrize("kind", ["k3s.join", "k3s.rejoin"])
def test_a_join_that_was_begun_is_wanted_until_all_of_it_is_done(kind: str) -> None:
    """Whatever K3s has come to by itself meanwhile: nothing yet, a member without etcd on its disk, a whole node."""
    marked = replace(well().hosts["s2"], files={BEGUN[kind]: FileFact("", "root", 0o644)})
    whole, empty = hosts_with(well(), s2=marked), hosts_with(well(), s2=replace(marked, etcd_on_disk=False))
    nodes = tuple(node(one) for one in ("s1", "s3", "a1"))
    added = replace(member("s2", healthy=False), started=False)
    half = cluster_with(empty, members=(member("s1"), added, member("s3")), nodes=nodes)
    nothing = cluster_with(empty, members=(member("s1"), member("s3")), nodes=nodes)
    for facts in (whole, half, nothing):
        assert kinds(steps(FLEET, facts, KNOWN)) == [(kind, "s2")]


@pytest.mark.parametrize("kind", ["k3s.join", "k3s.rejoin"])
def test_a_join_that_took_the_majority_with_it_goes_on_and_no_other_is_started_for_it(kind: str) -> None:
    """Of a restored cluster's two members the second stands still; the third has etcd of before, which is of no use."""
    mark = {BEGUN[kind]: FileFact("", "root", 0o644)}
    still = host(units={"k3s.service": "failed"})
    facts = hosts_with(well(), s2=replace(still, files=mark), s3=still)
    for cluster in (facts.cluster and replace(facts.cluster, has_quorum=False, nodes=()), None):
        found = [*control_plane.steps(FLEET, replace(facts, cluster=cluster), KNOWN)]
        assert kinds(found) == [(kind, "s2")]
        assert [*stopped.steps(FLEET, replace(facts, cluster=cluster), KNOWN)] == []


def test_what_an_upgrade_or_a_new_configuration_starts_is_no_step_of_its_own() -> None:
    ill = cluster_with(well(), members=(member("s1"), member("s2", False), member("s3")))
    facts = hosts_with(ill, s2=host(units={"k3s.service": "failed"}))
    assert kinds(stopped.steps(FLEET, facts, KNOWN)) == [("k3s.start", "cluster")]
    assert kinds(stopped.steps(NEW, facts, KNOWN)) == []
    assert ("k3s.upgrade", "s2") in kinds(upgrade.steps(NEW, facts, KNOWN))


def test_a_join_that_was_begun_on_an_agent_does_not_delete_its_node() -> None:
    marked = replace(well().hosts["a1"], files={BEGUN["k3s.join"]: FileFact("", "root", 0o644)})
    assert kinds(steps(FLEET, hosts_with(well(), a1=marked), KNOWN)) == [("k3s.join", "a1")]


def test_a_wiped_agent_joins_again() -> None:
    assert kinds(steps(FLEET, hosts_with(well(), a1=EMPTY), KNOWN)) == [("node.delete", "a1"), ("k3s.join", "a1")]


def test_a_server_that_does_not_answer_is_left_alone() -> None:
    facts = well()
    hosts = {name: one for name, one in facts.hosts.items() if name != "s2"}
    facts = replace(facts, hosts=hosts, unread={"host:s2": "no answer"})
    facts = cluster_with(facts, members=(member("s1"), member("s2", False), member("s3")))
    assert list(steps(FLEET, facts, KNOWN)) == []


def test_etcd_on_disk_that_is_no_member_is_moved_away() -> None:
    facts = cluster_with(well(), members=(member("s1"), member("s3")))
    found = list(steps(FLEET, facts, KNOWN))
    assert kinds(found) == [("k3s.rejoin", "s2")]
    assert found[0].risk == "destroys data"


def test_etcdctl_comes_to_every_server_that_can_be_seen_and_has_not_this_version() -> None:
    every = [("install_etcdctl", name) for name in ("s1", "s2", "s3")]
    assert kinds(etcdctl.steps(FLEET, Facts(machines={}), Known())) == every
    assert [*etcdctl.steps(FLEET, well(), KNOWN)] == [*etcdctl.differences(FLEET, well(), KNOWN)] == []
    facts = hosts_with(well(), s1=host(etcdctl_version=None), s2=host(etcdctl_version="v3.5.9"))
    assert kinds(etcdctl.steps(FLEET, facts, KNOWN)) == every[:2]
    assert [*etcdctl.differences(FLEET, facts, KNOWN)] == [
        ("s1", "etcdctl", "version", etcdctl.VERSION, "none"),
        ("s2", "etcdctl", "version", etcdctl.VERSION, "v3.5.9"),
    ]
    silent = replace(facts, hosts={"s2": facts.hosts["s2"]}, unread={"host:s1": "no answer"})
    assert kinds(etcdctl.steps(FLEET, silent, KNOWN)) == [("install_etcdctl", "s2")]


def test_etcdctl_is_planned_before_anything_of_the_cluster_and_where_the_cluster_cannot_be_read() -> None:
    bare = [step.kind for step in plan(FLEET, Facts(machines={}), Known()).steps]
    assert bare.count("install_etcdctl") == 3
    assert max(i for i, kind in enumerate(bare) if kind == "install_etcdctl") < bare.index("k3s.found")
    lacking = {name: host(etcdctl_version=None) for name in ("s1", "s2", "s3")}
    facts = replace(hosts_with(well(), **lacking), cluster=None, unread={"cluster": "s1 has no etcdctl"})
    planned = [step.kind for step in plan(FLEET, facts, KNOWN).steps]
    assert planned.count("install_etcdctl") == 3
    assert not any(kind.startswith(("k3s.", "node.", "etcd.")) for kind in planned)


@pytest.mark.parametrize("change", ["wiped agent", "leaving", "upgrade", "label"])
def test_without_quorum_nothing_is_done(change: str) -> None:
    facts, fleet = cluster_with(well(), has_quorum=False), FLEET
    if change == "wiped agent":
        facts = hosts_with(facts, a1=EMPTY)
    elif change == "leaving":
        fleet = small_fleet(3, 0)
    elif change == "upgrade":
        fleet = NEW
    else:
        facts = cluster_with(facts, nodes=(node("s1", labels={}),))
    assert list(steps(fleet, facts, KNOWN)) == []
    assert list(steps(fleet, replace(facts, cluster=None, unread={"cluster": "no answer"}), KNOWN)) == []


@pytest.mark.parametrize("cluster_read", [True, False])
def test_a_majority_lost_for_good_is_the_restore_and_the_others_join_after_it(cluster_read: bool) -> None:
    facts = hosts_with(cluster_with(well(), has_quorum=False), s1=EMPTY, s3=EMPTY)
    facts = facts if cluster_read else replace(facts, cluster=None)
    found = list(steps(FLEET, facts, KNOWN))
    assert kinds(found) == [
        ("k3s.restore", "s2"),
        ("node.delete", "s1"),
        ("k3s.join", "s1"),
        ("node.delete", "s3"),
        ("k3s.join", "s3"),
    ]
    assert found[0].risk == "destroys data"
    after = hosts_with(cluster_with(well(), members=(member("s2"),)), s1=EMPTY, s3=EMPTY)
    assert {step.id for step in steps(FLEET, after, KNOWN)} == {step.id for step in found[1:]}


def test_a_restore_names_the_newest_snapshot_of_its_disk_and_the_store_and_when_it_was_taken() -> None:
    old, new = Snapshot("etcd-snapshot-s2-1763996400", 1763996400), Snapshot("etcd-snapshot-s1-1764000000", 1764000000)
    lost = hosts_with(replace(well(), cluster=None), s1=EMPTY, s3=EMPTY, s2=host(snapshots=(old,)))
    on_disk = next(steps(FLEET, lost, KNOWN))
    assert on_disk.wants["snapshot"] == old.name
    assert f"{old.name} of 2025-11-24 15:00 UTC" in on_disk.reason
    stored = next(steps(FLEET, replace(lost, stored_snapshot=new), KNOWN))
    assert (stored.target, stored.wants["snapshot"]) == ("s2", new.name)
    assert stored.rests_on["snapshot:s2"] != on_disk.rests_on["snapshot:s2"]
    # what K3s fetched lies on the disk as well: the plan that was approved holds
    fetched = hosts_with(replace(lost, stored_snapshot=new), s2=host(snapshots=(old, new)))
    again = next(steps(FLEET, fetched, KNOWN))
    assert (again.id, again.rests_on["snapshot:s2"]) == (stored.id, stored.rests_on["snapshot:s2"])


def test_a_snapshot_that_cannot_be_told_is_not_named() -> None:
    on_disk = (Snapshot("etcd-snapshot-s2-1763996400", 1763996400),)
    lost = hosts_with(replace(well(), cluster=None), s1=EMPTY, s3=EMPTY, s2=host(snapshots=on_disk))
    silent = next(steps(FLEET, replace(lost, unread={"snapshot": "the store is silent"}), KNOWN))
    assert silent.wants["snapshot"] == "newest" and "not seen now: the store is silent" in silent.reason
    none = next(steps(FLEET, hosts_with(lost, s2=host()), KNOWN))
    assert none.wants["snapshot"] == "newest" and "there is none" in none.reason


def test_a_restore_waits_until_every_server_was_seen() -> None:
    facts = hosts_with(replace(well(), cluster=None), s1=EMPTY, s3=EMPTY)
    hosts = {name: one for name, one in facts.hosts.items() if name != "s3"}
    assert list(steps(FLEET, replace(facts, hosts=hosts), KNOWN)) == []


def test_another_cluster_than_the_journal_s_is_not_touched() -> None:
    facts = hosts_with(cluster_with(well(), cluster_id="uid-2"), s1=EMPTY)
    assert list(steps(FLEET, facts, KNOWN)) == []


def test_a_label_changed_by_hand_is_told_with_both_values() -> None:
    labelled = FLEET.model_copy(
        update={"servers": (FLEET.servers[0].model_copy(update={"labels": {"role": "data"}}), *FLEET.servers[1:])}
    )
    for there, found in (({"role": "web"}, "web"), ({}, "not there")):
        nodes = (node("s1", labels=there), *(node(name) for name in ("s2", "s3", "a1")))
        told = [*labels.differences(labelled, cluster_with(well(), nodes=nodes), KNOWN)]
        assert ("s1", "node", "label role", "data", found) in told
    assert [*labels.differences(FLEET, well(), KNOWN)] == []


def test_labels_of_the_file_are_set_those_it_dropped_go_and_others_stay() -> None:
    applied = FLEET.model_copy(
        update={"servers": (FLEET.servers[0].model_copy(update={"labels": {"old": "x"}}), *FLEET.servers[1:])}
    )
    known = replace(KNOWN, applied_fleet=applied.model_dump_json())
    nodes = (node("s1", labels={"old": "x", "kubernetes.io/os": "linux"}), *(node(n) for n in ("s2", "s3", "a1")))
    (step,) = steps(FLEET, cluster_with(well(), nodes=nodes), known)
    assert step.wants == {"labels": {"role": "data"}, "remove": ["old"]}


def test_an_upgrade_goes_servers_first_one_step_each() -> None:
    assert kinds(steps(NEW, well(), KNOWN)) == [("k3s.upgrade", name) for name in ("s1", "s2", "s3", "a1")]
    half = cluster_with(well(), nodes=(node("s1", version="v1.37.1+k3s1"), *(node(n) for n in ("s2", "s3", "a1"))))
    assert kinds(steps(NEW, half, KNOWN)) == [("k3s.upgrade", name) for name in ("s2", "s3", "a1")]


@pytest.mark.parametrize("version", ["v1.38.0+k3s1", "v1.35.9+k3s1", "v1.36.2+k3s1"])
def test_no_minor_is_skipped_and_none_goes_down(version: str) -> None:
    fleet = FLEET.model_copy(update={"k3s": FLEET.k3s.model_copy(update={"version": version})})
    assert list(upgrade.steps(fleet, well(), KNOWN)) == []
    asked = plan(fleet, well(), KNOWN).questions
    assert set(asked) == {"s1", "s2", "s3", "a1"} and "no node is upgraded" in asked["s1"]


def test_with_one_member_ill_no_other_server_is_restarted() -> None:
    ill = cluster_with(well(), members=(member("s1"), member("s2", False), member("s3")))
    ill = hosts_with(ill, s1=host(reboot_needed=True))
    assert kinds(steps(NEW, ill, KNOWN)) == [("k3s.upgrade", "s2")], "no kubelet newer than an API server"


def test_reboots_one_node_at_a_time_and_a_kill_in_between_is_finished() -> None:
    facts = hosts_with(well(), s2=host(reboot_needed=True), a1=host(False, reboot_needed=True))
    found = list(steps(FLEET, facts, KNOWN))
    assert kinds(found) == [
        ("node.reboot", "s2"),
        ("node.uncordon", "s2"),
        ("node.reboot", "a1"),
        ("node.uncordon", "a1"),
    ]
    ours = node("s2", cordoned=True, labels={"role": "ingress", "momentum/cordoned": "reboot"})
    nodes = (node("s1"), ours, node("s3"), node("a1"))
    (left,) = steps(FLEET, cluster_with(well(), nodes=nodes), KNOWN)
    assert left.id == found[1].id


def test_a_node_that_a_person_cordoned_stays_so() -> None:
    nodes = (node("s1", cordoned=True), node("s2"), node("s3"), node("a1"))
    assert list(steps(FLEET, cluster_with(well(), nodes=nodes), KNOWN)) == []


def test_leaving_is_drained_removed_deleted_in_this_order() -> None:
    five = small_fleet(5, 1)
    known = replace(KNOWN, services={one.name: one.name for one in five.servers})
    found = list(steps(FLEET, well(five), known))
    assert kinds(found) == [
        (kind, name) for name in ("s4", "s5") for kind in ("node.drain", "etcd.remove_member", "node.delete")
    ]
    drained = node("s4", five, cordoned=True, labels={"momentum/cordoned": "drained"})
    nodes = tuple(drained if one.name == "s4" else node(one.name, five) for one in five.servers)
    assert kinds(steps(FLEET, cluster_with(well(five), nodes=nodes), known))[0] == ("etcd.remove_member", "s4")


def test_a_member_stays_where_its_going_would_cost_the_majority() -> None:
    five = small_fleet(5, 1)
    ill = cluster_with(
        well(five),
        members=(member("s1"), member("s2", False), member("s3", False), member("s4"), member("s5")),
    )
    assert "etcd.remove_member" not in [step.kind for step in leaving.steps(FLEET, ill, KNOWN)]


def test_a_node_that_has_just_registered_and_tells_no_version_is_not_compared() -> None:
    facts = cluster_with(well(), nodes=tuple(node(f"s{one}", version="") for one in (1, 2, 3)))
    assert list(upgrade.steps(FLEET, facts, KNOWN)) == list(upgrade.questions(FLEET, facts, KNOWN)) == []


def test_a_version_that_is_no_release_is_asked_about() -> None:
    facts = cluster_with(well(), nodes=(node("s1", version="v1.37.0-rc1+k3s1"), node("s2")))
    assert list(upgrade.steps(NEW, facts, KNOWN)) == []
    ((server, why),) = upgrade.questions(NEW, facts, KNOWN)
    assert server == "s1" and "v1.37.0-rc1+k3s1, which is no release" in why
