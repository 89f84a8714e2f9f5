"""What is told of a cluster: members by their server's name, no answer never taken for no cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from momentum.adapters.ssh import Result
from momentum.errors import MomentumError
from momentum.fleet.facts import Facts
from momentum.fleet.steps import Step
from momentum.provisioning.execute.cluster import WouldLoseQuorum, remove_member
from momentum.provisioning.observe.cluster import read_cluster
from momentum.provisioning.outside import Outside
from tests.unit.fleet.cluster_cases import EMPTY, FLEET, host, hosts_with, well


class Answers:
    """etcdctl's answers in the forms of the real one; `ill` members do not answer, `dead` hosts have no etcd at all."""

    def __init__(self, ill: Sequence[int] = (), quorum: bool = True, dead: bool = False) -> None:
        self.ill, self.quorum, self.dead, self.removed = ill, quorum, dead, list[str]()

    def run(self, host: str, argv: Sequence[str], **_: Any) -> Result:
        words = [word for word in argv[1:] if not word.startswith("--")]
        if self.dead or (words[0] == "get" and not self.quorum):
            return Result(1, "", "Error: context deadline exceeded")
        if words[:2] == ["member", "list"]:
            members = [
                {
                    "ID": 2**63 + number,
                    "name": f"s{number}-0a1b2c3d",
                    "peerURLs": [f"https://10.90.0.{number}:2380"],
                    "clientURLs": [f"https://10.90.0.{number}:2379"],
                }
                for number in (1, 2, 3)
            ]
            return Result(0, json.dumps({"members": members}), "")
        if words[:2] == ["endpoint", "status"]:
            ill = any(f"10.90.0.{number}:" in argv[1] for number in self.ill)
            return Result(int(ill), json.dumps([{"Status": {"leader": 7}}]), "")
        if words[:2] == ["member", "remove"]:
            self.removed.append(words[2])
        return Result(0, "", "")


class Api:
    def through(self, servers: Any) -> Api:
        return self

    def nodes(self) -> Any:
        cluster = well().cluster
        assert cluster is not None
        return cluster.nodes

    def cluster_id(self) -> str:
        return "uid-1"


def outside(hosts: Answers) -> Outside:
    return Outside(FLEET, None, hosts, Api(), None, well())  # type: ignore[arg-type]


def removal(member: str) -> Step:
    return Step("etcd.remove_member", "s3", "gone", wants={"member": member})


def test_members_have_the_names_of_their_servers() -> None:
    cluster = read_cluster(FLEET, well(), Answers(ill=[3]), Api())
    assert cluster is not None
    assert [(one.name, one.healthy) for one in cluster.members] == [("s1", True), ("s2", True), ("s3", False)]
    assert cluster.members[0].id == "8000000000000001"
    assert (cluster.cluster_id, cluster.has_quorum) == ("uid-1", True)


def test_no_etcd_on_any_disk_is_no_cluster_and_one_that_is_silent_is_not() -> None:
    bare = hosts_with(well(), s1=EMPTY, s2=EMPTY, s3=EMPTY)
    assert read_cluster(FLEET, bare, Answers(), Api()) is None
    assert read_cluster(FLEET, Facts(), Answers(), Api()) is None
    with pytest.raises(MomentumError, match="no server's etcd answers"):
        read_cluster(FLEET, well(), Answers(dead=True), Api())


def test_servers_without_etcdctl_are_named_and_one_that_has_it_is_asked() -> None:
    lacking = {name: host(etcdctl_version=None) for name in ("s1", "s2", "s3")}
    with pytest.raises(MomentumError, match=r"s1 has no etcdctl, which the plan installs; s2 has no .*; s3 has no"):
        read_cluster(FLEET, hosts_with(well(), **lacking), Answers(), Api())
    del lacking["s2"]
    cluster = read_cluster(FLEET, hosts_with(well(), **lacking), Answers(), Api())
    assert cluster is not None and len(cluster.members) == 3


def test_without_quorum_members_are_told_and_the_api_server_is_not_asked() -> None:
    cluster = read_cluster(FLEET, well(), Answers(ill=[1, 3], quorum=False), None)
    assert cluster is not None
    assert (cluster.has_quorum, cluster.nodes, len(cluster.members)) == (False, (), 3)


def test_a_member_is_removed_by_its_id_and_a_second_time_is_nothing() -> None:
    hosts = Answers(ill=[3])
    assert remove_member(removal("8000000000000003"), outside(hosts), print) == {"removed": True}
    assert hosts.removed == ["8000000000000003"]
    assert remove_member(removal("77"), outside(hosts), print) == {"removed": False}


def test_a_removal_that_would_cost_the_majority_is_refused_as_the_members_are_now() -> None:
    hosts = Answers(ill=[2, 3])
    with pytest.raises(WouldLoseQuorum, match="1 of the 2"):
        remove_member(removal("8000000000000003"), outside(hosts), print)
    assert hosts.removed == []
