"""The K3s in memory keeps the rules of the real one by which a resumed run could do harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from momentum.adapters.kubernetes import ClusterError
from momentum.adapters.ssh import Endpoint, File
from momentum.fleet.render.k3s import PATH_JOIN
from momentum.provisioning.observe.cluster import etcd_on
from tests.kill_scenarios import box_of
from tests.kill_sweep import at_speed
from tests.standins.cluster_api_in_memory import MemoryAccess
from tests.standins.company import Company
from tests.standins.folders import in_memory
from tests.standins.k3s_in_memory import AGENT, SERVER, K3s, Stage
from tests.standins.machines_in_memory import Box, MemoryHosts
from tests.standins.world import Fuse

FIRST, SECOND, THIRD = "server-1", "server-2", "server-3"


@pytest.fixture(scope="module")
def bootstrapped() -> Iterator[Company]:
    with in_memory() as folder, at_speed():
        company = Company(folder / "bootstrapped")
        company.apply(Fuse())
        yield company


@pytest.fixture
def company(bootstrapped: Company, tmp_path: object) -> Company:
    return bootstrapped.copied(tmp_path / "copy")  # type: ignore[operator]


def hosts(company: Company) -> MemoryHosts:
    there = MemoryHosts(company.fleet, company.cluster, Fuse())
    for server in company.fleet.servers:
        there.endpoints[server.name] = Endpoint(box_of(company, server.name).address, "debian", 22, "key")
    return there


def started(company: Company, name: str, times: int = 20) -> Box:
    """Stopped if it runs, started, and left to itself for so many steps of K3s."""
    box = box_of(company, name)
    box.k3s.process, box.k3s.job = None, AGENT if name.startswith("agent") else SERVER
    for _ in range(times):
        company.cluster.moves_on(lambda _: None)
    return box


def wiped(company: Company, name: str, **how: object) -> Box:
    """K3s's data is gone, its program and configuration are not."""
    box = box_of(company, name)
    box.k3s = K3s(program=box.k3s.program, enabled=box.k3s.enabled)
    if how:
        box.files[PATH_JOIN] = File(
            PATH_JOIN, yaml.safe_dump({key.replace("_", "-"): how[key] for key in how}).encode()
        )
    return box


def members(company: Company, through: str = FIRST) -> dict[str, tuple[bool, bool]]:
    found = etcd_on(hosts(company), through).members()
    return {one.peer_url: (one.started, one.healthy) for one in found}


def test_with_etcd_on_its_disk_it_founds_nothing_whatever_it_is_told(company: Company) -> None:
    box_of(company, FIRST).files[PATH_JOIN] = File(PATH_JOIN, b"cluster-init: true\n")
    assert started(company, FIRST).k3s.has(Stage.NODE)
    assert company.cluster.done["founded"] == 1


def test_with_an_empty_disk_and_cluster_init_it_founds_a_second_cluster_and_that_is_counted(company: Company) -> None:
    wiped(company, FIRST, cluster_init=True)
    assert started(company, FIRST).k3s.has(Stage.NODE)
    assert company.counted()["founded"] == 2


def test_a_wiped_server_is_refused_while_etcd_counts_its_member_of_before(company: Company) -> None:
    wiped(company, SECOND, server="https://10.66.0.1:6443")
    box = started(company, SECOND)
    assert box.k3s.etcd is None
    assert company.cluster.done["refused under a stale member"] > 0


def test_etcd_counts_a_new_member_before_the_disk_has_anything_of_it_and_takes_it_for_itself_later(
    company: Company,
) -> None:
    MemoryAccess(hosts(company)).through([FIRST]).delete_node(SECOND)
    wiped(company, SECOND, server="https://10.66.0.1:6443")
    box = started(company, SECOND, times=3)
    assert members(company)["https://10.66.0.2:2380"] == (False, False)
    assert box.k3s.etcd is None
    company.left_alone("it crashed")
    assert not company.cluster.moves_on(lambda _: None)
    added = company.cluster.done["members added"]
    assert started(company, SECOND).k3s.has(Stage.NODE)
    assert company.cluster.done["members added"] == added
    assert members(company)["https://10.66.0.2:2380"] == (True, True)


def test_a_node_is_refused_under_another_disks_password_until_it_was_deleted(company: Company) -> None:
    wiped(company, "agent-1", server="https://10.66.0.1:6443")
    assert not started(company, "agent-1").k3s.has(Stage.NODE)
    assert company.cluster.done["refused under another password"] > 0
    MemoryAccess(hosts(company)).through([FIRST]).delete_node("agent-1")
    assert started(company, "agent-1").k3s.has(Stage.NODE)


def test_whom_etcd_has_put_out_comes_back_by_itself_as_a_new_member(company: Company) -> None:
    etcd = etcd_on(hosts(company), FIRST)
    old = next(one for one in etcd.members() if one.peer_url.startswith("https://10.66.0.2:"))
    etcd.remove(old.id)
    assert "https://10.66.0.2:2380" not in members(company)
    company.left_alone("it came to its end")
    assert members(company)["https://10.66.0.2:2380"] == (True, True)
    assert old.id not in {one.id for one in etcd.members()}


def test_without_a_majority_etcd_tells_its_members_and_nothing_answers_that_writes(company: Company) -> None:
    for name in (SECOND, THIRD):
        box_of(company, name).k3s.process = None
    etcd = etcd_on(hosts(company), FIRST)
    assert not etcd.has_quorum()
    assert len(etcd.members()) == 3
    with pytest.raises(ClusterError):
        MemoryAccess(hosts(company)).through([FIRST, SECOND])
    started(company, SECOND)
    assert etcd.has_quorum()


def test_who_is_not_in_the_mesh_is_no_healthy_member(company: Company) -> None:
    box_of(company, THIRD).peers.clear()
    assert members(company)["https://10.66.0.3:2380"] == (True, False)
    assert members(company)["https://10.66.0.2:2380"] == (True, True)
