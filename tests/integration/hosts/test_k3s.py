"""K3s on real hosts: real sshd, mesh, firewall and etcd; the command k3s is a stand-in (tests/standins/k3s)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from momentum.adapters.ssh import Hosts
from momentum.errors import MomentumError
from momentum.fleet.operations import k3s_config
from momentum.provisioning.execute import k3s_host
from tests.cluster import build
from tests.hosts import Network
from tests.hosts.k3s_fleet import CANARY, K3sOperator, k3s_operator
from tests.standins.k3s.releases import release, served
from tests.standins.s3 import s3_server

pytestmark = pytest.mark.skipif(
    bool(build.why_skipped("etcd", "etcdctl", "etcdutl")), reason=build.why_skipped("etcd", "etcdctl", "etcdutl")
)
VERSION, NEXT = "v1.36.3+k3s1", "v1.37.1+k3s1"


@pytest.fixture
def releases(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(k3s_host, "READY_TAKES_S", 90)
    monkeypatch.setattr(k3s_host, "BETWEEN_LOOKS_S", 0.3)
    for version in (VERSION, NEXT):
        release(tmp_path / "releases", version)
    store = s3_server("momentum-test", network.address(1), 80)
    with served(tmp_path / "releases", network.address(1)) as url, store:
        monkeypatch.setattr(k3s_host, "RELEASES", url)
        yield tmp_path / "releases"


def starts(operator: K3sOperator) -> int:
    return sum(host.started_units().count(unit) for host in operator.network.hosts.values() for unit in UNITS)


UNITS = ("k3s.service", "k3s-agent.service")


def members(operator: K3sOperator) -> list[str]:
    cluster = operator.look().cluster
    assert cluster is not None, operator.facts.unread
    return sorted(member.name for member in cluster.members if member.healthy)


def test_a_cluster_grows_loses_its_first_server_and_gets_it_back(
    network: Network, reach: Callable[..., Hosts], releases: Path, tmp_path: Path
) -> None:
    operator = k3s_operator(network, reach, 4, tmp_path / "disks")
    results = [operator.step("k3s.found", "core-0", founding=True, join_via=None)]
    founded = operator.cluster_id
    assert founded
    for name, role in (("core-1", "server"), ("core-2", "server"), ("core-3", "agent")):
        results.append(operator.step("k3s.join", name, role=role))
    assert members(operator) == ["core-0", "core-1", "core-2"]
    assert operator.facts.cluster and len(operator.facts.cluster.nodes) == 4
    assert network.hosts["core-3"].reaches("10.90.0.1", 6443)

    # the same again starts nothing and writes nothing
    before = starts(operator)
    operator.step("k3s.found", "core-0", founding=True, join_via=None)
    operator.step("k3s.join", "core-1", role="server")
    operator.step("k3s.join", "core-3", role="agent")
    assert starts(operator) == before

    # a member is not moved away
    with pytest.raises(MomentumError, match="core-1 is a healthy member"):
        operator.step("k3s.rejoin", "core-1", role="server")

    # the first server, wiped, comes back into the same cluster and founds none
    operator.wipe("core-0")
    with pytest.raises(MomentumError, match="there is a cluster already"):
        operator.step("k3s.found", "core-0", founding=True, join_via=None)
    with pytest.raises(MomentumError, match="etcd still counts its member"):
        operator.step("k3s.join", "core-0", role="server")
    stale = next(one for one in operator.facts.cluster.members if one.name == "core-0")  # type: ignore[union-attr]
    operator.step("etcd.remove_member", "core-0", member=stale.id)
    operator.step("node.delete", "core-0")
    operator.step("k3s.join", "core-0", role="server")
    assert members(operator) == ["core-0", "core-1", "core-2"]
    assert operator.facts.cluster.cluster_id == founded  # type: ignore[union-attr]

    # secrets: in nothing that was said or returned, and in no file that others may read
    assert CANARY not in "\n".join([*operator.said, *map(str, results)])
    for host in network.hosts.values():
        found = host.sh(f"grep -rl {CANARY} /etc /var/lib/momentum /run/systemctl-standin 2>/dev/null || :").split()
        assert found
        for path in found:
            assert host.sh(f"stat -c %U:%a {path}").strip() == "root:600", path


def test_an_upgrade_saves_etcd_first_and_goes_one_server_at_a_time(
    network: Network, reach: Callable[..., Hosts], releases: Path, tmp_path: Path
) -> None:
    operator = k3s_operator(network, reach, 3, tmp_path / "disks")
    operator.step("k3s.found", "core-0", founding=True, join_via=None)
    for name in ("core-1", "core-2"):
        operator.step("k3s.join", name, role="server")
    operator.fleet = operator.fleet.model_copy(
        update={"k3s": operator.fleet.k3s.model_copy(update={"version": NEXT, "channel": "v1.37"})}
    )
    for name in operator.names:
        result = operator.step("k3s.upgrade", name, role="server")
        assert network.hosts[name].run("test", "-s", result["snapshot"]).returncode == 0
    operator.look()
    assert {node.version for node in operator.facts.cluster.nodes} == {NEXT}  # type: ignore[union-attr]
    before = starts(operator)
    assert operator.step("k3s.upgrade", "core-1", role="server")["snapshot"] is None
    assert starts(operator) == before

    # a configuration changed by hand is told, put back with one start of that server, and then is nothing to do
    network.hosts["core-1"].sh("echo 'debug: true' >>/etc/rancher/k3s/config.yaml")
    facts, known = operator.look(), operator.journal.known()
    assert [(step.kind, step.target) for step in k3s_config.steps(operator.fleet, facts, known)] == [
        ("k3s.configure", "core-1")
    ]
    for _ in range(2):
        operator.step("k3s.configure", "core-1", part="k3s")
        assert starts(operator) == before + 1
    assert [*k3s_config.steps(operator.fleet, operator.look(), known)] == []
    assert members(operator) == ["core-0", "core-1", "core-2"]


def test_what_is_not_the_published_program_is_not_installed(
    network: Network, reach: Callable[..., Hosts], releases: Path, tmp_path: Path
) -> None:
    operator = k3s_operator(network, reach, 1, tmp_path / "disks")
    program = releases / VERSION / "k3s"
    good = program.read_text()
    program.write_text(good + "# changed on the way\n")
    with pytest.raises(MomentumError, match="not what its publisher's checksum says"):
        operator.step("k3s.found", "core-0", founding=True, join_via=None)
    program.unlink()
    with pytest.raises(MomentumError, match="could not be downloaded from"):
        operator.step("k3s.found", "core-0", founding=True, join_via=None)
    assert network.hosts["core-0"].sh("ls -A /usr/local/bin | grep k3s || :") == ""
    program.write_text(good)
    assert operator.step("k3s.found", "core-0", founding=True, join_via=None)["known"]
