"""etcd's membership, on a real etcd of three members: wiped, stale, without quorum, restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from momentum.adapters.etcd import EtcdError, NoQuorum
from tests.cluster import build
from tests.cluster.etcd_members import Members, run_here

SKIPPED = build.why_skipped("etcd", "etcdctl", "etcdutl")
pytestmark = pytest.mark.skipif(bool(SKIPPED), reason=SKIPPED)
NAMES = ("s1", "s2", "s3")


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    three = Members.of(tmp_path, NAMES)
    try:
        three.found(*NAMES)
        yield three
    finally:
        for name in list(three.processes.running):
            three.kill(name)  # a member asked to end waits for the others to take over


def put(members: Members, via: str, key: str, value: str) -> int:
    return run_here(
        [members.etcd().ctl, f"--endpoints={members.client_url(via)}", "put", key, value], timeout_s=10
    ).exit


def get(members: Members, via: str, key: str) -> str:
    argv = [members.etcd().ctl, f"--endpoints={members.client_url(via)}", "get", key, "--print-value-only"]
    return run_here(argv, timeout_s=10).out.strip()


def state(members: Members, *asked: str) -> dict[str, bool]:
    return {one.name: one.healthy for one in members.etcd(*asked).members()}


def test_three_members_are_told_with_their_health(members: Members) -> None:
    assert state(members) == dict.fromkeys(NAMES, True)
    assert members.etcd().has_quorum()
    assert {one.peer_url for one in members.etcd().members()} == {members.peer_url(name) for name in NAMES}


@pytest.mark.parametrize("lost", ["s1", "s3"])
def test_a_wiped_server_is_refused_until_its_stale_member_is_removed_the_first_one_included(
    members: Members, lost: str
) -> None:
    via = "s2"
    put(members, via, "athlete", "kept")
    members.wipe(lost)
    assert state(members, via) == {name: name != lost for name in NAMES}
    with pytest.raises(AssertionError):
        members.join(lost, via, patience_s=1)  # etcd counts the old one at this address still
    members.processes.running.pop(lost, None)
    stale = next(one for one in members.etcd(via).members() if one.name == lost)
    assert members.etcd(via).remove(stale.id)
    assert not members.etcd(via).remove(stale.id)  # a second time nothing is there to remove
    members.join(lost, via)
    assert state(members) == dict.fromkeys(NAMES, True)
    assert get(members, lost, "athlete") == "kept"


def test_without_quorum_members_are_told_and_nothing_is_removed(members: Members) -> None:
    stale = next(one for one in members.etcd().members() if one.name == "s3")
    members.kill("s1")
    members.kill("s3")
    assert set(state(members, "s2")) == set(NAMES)
    assert not members.etcd("s2").has_quorum()
    with pytest.raises(NoQuorum):
        members.etcd("s2").remove(stale.id)
    members.start("s1")
    assert members.etcd("s2").has_quorum()


def test_a_snapshot_is_restored_as_one_member_and_the_others_join_it(members: Members, tmp_path: Path) -> None:
    put(members, "s1", "before", "in the snapshot")
    saved = members.save("s3", tmp_path / "snapshot.db")
    assert saved["totalSize"] > 0 and saved["totalKey"] > 0
    put(members, "s1", "after", "lost with the disks")
    for name in NAMES:
        members.wipe(name)
    members.restore(tmp_path / "snapshot.db", "s2")
    members.start("s2")
    members.join("s1", "s2")
    members.join("s3", "s1")
    assert state(members) == dict.fromkeys(NAMES, True)
    assert (get(members, "s3", "before"), get(members, "s3", "after")) == ("in the snapshot", "")


def test_a_torn_snapshot_is_refused(members: Members, tmp_path: Path) -> None:
    saved, torn = tmp_path / "snapshot.db", tmp_path / "torn.db"
    members.save("s1", saved)
    torn.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    members.wipe("s1")
    with pytest.raises(EtcdError):
        members.restore(torn, "s1")


def test_nobody_there_is_told(tmp_path: Path) -> None:
    alone = Members.of(tmp_path, ["s1"])
    with pytest.raises(EtcdError, match="no quorum"):
        alone.etcd("s1").members()
