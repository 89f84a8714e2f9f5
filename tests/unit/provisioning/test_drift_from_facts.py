"""From what is read of the world to the check that tells it: every kind of drift, one thing changed at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentum.fleet.facts import Cluster, EtcdMember, Facts, FileFact, Known, Node, PeerFact, Task
from momentum.fleet.membership import CORDONED_BY_US
from momentum.fleet.render.k3s import PATH as K3S_CONFIG
from momentum.provisioning.drift_told import check_of, differences_of
from tests.unit.fleet.well_fleet import (
    FLEET,
    KNOWN,
    drift_of,
    well,
    with_cluster,
    with_host,
    with_machine,
    with_member,
    with_node,
)

WELL = well()
HOST, CLUSTER, MACHINES = WELL.hosts["server-2"], WELL.cluster, WELL.machines
assert CLUSTER is not None and MACHINES is not None
STRAY = replace(MACHINES["vps-server-1"], service="vps-stray", display_name="", mark="")
NO_NODE = Node("server-9", True, False, {}, FLEET.k3s.version, "10.66.0.99")
NO_MEMBER = EtcdMember("abc1", "server-9", "https://10.66.0.99:2380", True, True)
PEER, *PEERS = HOST.mesh_peers
OTHER_FILE = FileFact("0" * 64, "root", 0o600)

# What is changed -> the check, then whom and what it names, and a word of what is found.
CASES: dict[str, tuple[Facts, tuple[str, str], tuple[str, str, str]]] = {
    "display name": (
        with_machine("server-2", display_name="mail"),
        ("servers", "display_name"),
        ("server-2", "display name", "mail"),
    ),
    "mark": (with_machine("server-2", mark=""), ("servers", "display_name"), ("server-2", "mark", "")),
    "renewal": (with_machine("server-2", renews=False), ("servers", "renewal"), ("server-2", "renewal", "none")),
    "a server nobody ordered": (
        replace(WELL, machines={**MACHINES, "vps-stray": STRAY}),
        ("servers", "ordered"),
        ("vps-stray", "service", "called nothing"),
    ),
    "a stuck task": (
        with_machine("server-2", tasks=(Task(7, "rebootVm", "blocked"),)),
        ("servers", "ordered"),
        ("server-2", "task 7", "blocked"),
    ),
    "an unknown SSH key": (
        with_host("server-2", authorized_keys=(*HOST.authorized_keys, "ssh-ed25519 AAAAstranger")),
        ("servers", "ssh_keys"),
        ("server-2", "unknown key", "AAAAstranger"),
    ),
    "sysctl": (
        with_host("server-2", sysctl={**HOST.sysctl, "net.ipv4.ip_forward": "0"}),
        ("mesh", "sysctl"),
        ("server-2", "net.ipv4.ip_forward", "0"),
    ),
    "a clock": (with_host("server-2", clock_offset_s=-600.0), ("mesh", "clock"), ("server-2", "time", "600 s behind")),
    "WireGuard peer taken away": (
        with_host("server-2", mesh_peers=tuple(PEERS)),
        ("mesh", "peers"),
        ("server-2", "peer server-1", "missing"),
    ),
    "WireGuard peer of a stranger": (
        with_host("server-2", mesh_peers=(*HOST.mesh_peers, PeerFact("S" * 43 + "=", "", ("10.66.0.9/32",), False))),
        ("mesh", "peers"),
        ("server-2", "unknown peer", "10.66.0.9/32"),
    ),
    "WireGuard peer dead": (
        with_host("server-2", mesh_peers=(replace(PEER, alive=False), *PEERS)),
        ("mesh", "peers"),
        ("server-2", "peer server-1", "silent"),
    ),
    "firewall rule": (
        with_host("server-2", firewall="changed by hand: abc"),
        ("firewall", "rules"),
        ("server-2", "rules", "changed by hand"),
    ),
    "another cluster": (with_cluster(cluster_id="two"), ("first_server", "one_cluster"), ("cluster", "id", "two")),
    "data of another cluster": (
        with_host("server-2", cluster_id="other"),
        ("first_server", "one_cluster"),
        ("server-2", "certificate authority", "other"),
    ),
    "no cluster any more": (
        replace(WELL, cluster=None, hosts={n: replace(h, etcd_on_disk=False) for n, h in WELL.hosts.items()}),
        ("first_server", "one_cluster"),
        ("cluster", "id", "no server has etcd on its disk"),
    ),
    "a member that no server is": (
        with_cluster(members=(*CLUSTER.members, NO_MEMBER)),
        ("control_plane", "members"),
        ("server-9", "of etcd", "abc1 at https://10.66.0.99:2380"),
    ),
    "a server that is no member": (
        with_cluster(members=CLUSTER.members[1:]),
        ("control_plane", "members"),
        ("server-1", "of etcd", "none"),
    ),
    "an unhealthy member": (
        with_member("server-3", healthy=False),
        ("control_plane", "members"),
        ("server-3", "health", "not healthy"),
    ),
    "K3s config": (
        with_host("server-2", files={**HOST.files, K3S_CONFIG: OTHER_FILE}),
        ("control_plane", "k3s"),
        ("server-2", K3S_CONFIG, "another content"),
    ),
    "K3s stopped": (
        with_host("agent-1", units={**WELL.hosts["agent-1"].units, "k3s-agent.service": "inactive"}),
        ("control_plane", "k3s"),
        ("agent-1", "k3s-agent.service", "inactive"),
    ),
    "another version": (
        with_node("agent-1", version="v1.35.1+k3s1"),
        ("control_plane", "k3s"),
        ("agent-1", "version", "v1.35.1+k3s1"),
    ),
    "a node nobody named": (
        with_cluster(nodes=(*CLUSTER.nodes, NO_NODE)),
        ("agents", "nodes"),
        ("server-9", "of the cluster", "10.66.0.99"),
    ),
    "a missing node": (
        with_cluster(nodes=tuple(one for one in CLUSTER.nodes if one.name != "agent-1")),
        ("agents", "nodes"),
        ("agent-1", "of the cluster", "none"),
    ),
    "a node that is not ready": (
        with_node("agent-1", ready=False),
        ("agents", "nodes"),
        ("agent-1", "state", "not ready"),
    ),
    "cordoned by hand": (
        with_node("agent-1", cordoned=True),
        ("agents", "nodes"),
        ("agent-1", "scheduling", "cordoned by hand"),
    ),
    "a node outside of the mesh": (
        with_node("agent-1", internal_ip="203.0.113.4"),
        ("agents", "nodes"),
        ("agent-1", "address", "203.0.113.4"),
    ),
    "node label": (with_node("agent-1", labels={}), ("agents", "nodes"), ("agent-1", "label role", "not there")),
    "DNS": (replace(WELL, dns=(WELL.dns or ())[1:]), ("dns", "records"), (FLEET.dns.zone if FLEET.dns else "", "", "")),
}


def test_nothing_is_amiss_where_nothing_was_changed() -> None:
    assert drift_of(WELL) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_kind_is_told_by_its_check_and_by_no_other(case: str) -> None:
    facts, check, (server, field, found) = CASES[case]
    [one] = drift_of(facts)
    assert (one.server, one.wanted != one.found) == (server, True)
    assert field in one.field and found in one.found
    assert check_of(one) == check
    assert differences_of([one], *check) == [one]


def test_a_majority_that_is_lost_is_told_and_nothing_is_said_of_nodes_that_nobody_can_ask() -> None:
    members = tuple(replace(one, healthy=one.name == "server-1") for one in CLUSTER.members)
    told = drift_of(with_cluster(members=members, nodes=(), cluster_id="", has_quorum=False))
    assert {check_of(one) for one in told} == {("control_plane", "members")}
    assert [(one.server, one.field) for one in told] == [
        ("cluster", "quorum"),
        ("server-2", "health"),
        ("server-3", "health"),
    ]
    assert told[0].found == "lost: 1 healthy" and told[0].wanted == "2 of 3 members"


def test_a_cluster_that_the_journal_does_not_know_is_told() -> None:
    [one] = drift_of(WELL, replace(KNOWN, cluster_id=None))
    assert (check_of(one), one.found) == (("first_server", "one_cluster"), "one")


@pytest.mark.parametrize(
    "facts",
    [
        replace(
            WELL, cluster=Cluster("one", tuple(replace(n, ready=False) for n in CLUSTER.nodes), CLUSTER.members, True)
        ),
        with_node("agent-1", cordoned=True, labels={**FLEET.servers[3].labels, CORDONED_BY_US: "reboot"}),
        with_host("server-2", clock_offset_s=29.0),
        replace(WELL, cluster=None, unread={"cluster": "no answer"}),
        replace(WELL, machines=None, unread={"machines": "no answer"}),
        Facts(machines=MACHINES, unread={"host:server-1": "no answer"}),
    ],
    ids=[
        "no network yet",
        "cordoned by us",
        "a clock nearly right",
        "cluster unread",
        "machines unread",
        "hosts unread",
    ],
)
def test_what_is_ours_what_comes_later_and_what_was_not_read_is_no_drift(facts: Facts, known: Known = KNOWN) -> None:
    assert drift_of(facts, known) == []
