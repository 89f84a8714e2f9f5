"""etcdctl on a real host: out of an archive as etcd publishes it, with the etcdctl that Go built."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from momentum.adapters.ssh import Hosts
from momentum.errors import MomentumError
from momentum.fleet.operations.etcdctl import PROGRAM, VERSION
from momentum.fleet.operations.etcdctl import steps as planned
from momentum.provisioning.execute import etcdctl
from tests.cluster import build
from tests.hosts import Network
from tests.hosts.small_fleet import operator
from tests.standins.k3s.etcd_release import release
from tests.standins.k3s.releases import served

pytestmark = pytest.mark.skipif(bool(build.why_skipped("etcdctl")), reason=build.why_skipped("etcdctl"))


@pytest.fixture
def page(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the version on a page that the hosts reach."""
    at = release(tmp_path / "etcd", VERSION)
    with served(at.parent, network.address(1)) as url:
        monkeypatch.setattr(etcdctl, "RELEASES", url)
        yield at


def test_it_is_installed_once_alone_and_is_then_no_difference(
    network: Network, reach: Callable[..., Hosts], page: Path
) -> None:
    at = operator(network, reach, 1)
    host = network.hosts["core-0"]
    host.sh(f"rm -f {PROGRAM}")
    facts = at.look()
    assert facts.hosts["core-0"].etcdctl_version is None
    [step] = planned(at.fleet, facts, at.known)
    assert at.do(step.kind, step.target, **step.wants) == {"installed": True}
    facts = at.look()
    assert facts.hosts["core-0"].etcdctl_version == VERSION
    assert [*planned(at.fleet, facts, at.known)] == []
    assert at.do(step.kind, step.target, **step.wants) == {"installed": False}
    assert host.sh(f"stat -c '%U %a' {PROGRAM}").strip() == "root 755"
    assert host.sh("ls -A /usr/local/bin | grep etcd").split() == ["etcdctl"]


def test_what_is_not_as_published_leaves_the_old_one_in_its_place(
    network: Network, reach: Callable[..., Hosts], page: Path
) -> None:
    at = operator(network, reach, 1)
    host = network.hosts["core-0"]
    host.sh(f"printf '#!/bin/sh\\necho etcdctl version: 3.5.9\\n' >{PROGRAM}; chmod 755 {PROGRAM}")
    assert at.look().hosts["core-0"].etcdctl_version == "v3.5.9"
    [step] = planned(at.fleet, at.facts, at.known)
    assert "etcdctl is v3.5.9" in step.reason

    def refused(match: str) -> None:
        with pytest.raises(MomentumError, match=match):
            at.do(step.kind, step.target, **step.wants)
        assert at.look().hosts["core-0"].etcdctl_version == "v3.5.9"
        assert host.sh("ls -A /usr/local/bin | grep etcd").split() == ["etcdctl"]

    archives = {path: path.read_bytes() for path in page.glob("*.tar.gz")}
    for path, content in archives.items():
        path.write_bytes(content + b"changed on the way")
    refused(f"core-0: what came as etcdctl {VERSION} is not what its publisher's checksum says")
    (page / "SHA256SUMS").write_text("")
    refused("published is no sum of it")
    for path in archives:
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo("elsewhere/etcdctl"))
    (page / "SHA256SUMS").write_text(
        "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in archives)
    )
    refused(f"etcdctl {VERSION} was not installed: tar: ")
    for path in archives:
        path.unlink()
    refused("could not be downloaded from .* once the host reaches that address, apply again")
