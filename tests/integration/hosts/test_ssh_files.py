"""Files over a real sshd: whole or not at all, with owner and mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from momentum.adapters.ssh import DiskFull, File, Hosts, SudoRefused
from tests.hosts import Network

OLD, PATH = "the old file, whole\n", "/etc/rancher/k3s/config.yaml"


def test_a_file_has_its_content_owner_and_mode(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    hosts.put("core-0", PATH, b"token: \x00\xff\n", owner="debian", group="root", mode=0o600)
    assert host.sh(f"stat -c '%U:%G %a' {PATH}") == "debian:root 600\n"
    assert hosts.read("core-0", PATH) == b"token: \x00\xff\n"
    assert hosts.read("core-0", "/etc/nothing-here") is None
    assert host.sh("stat -c %a /etc/rancher/k3s") == "755\n"


def test_many_files_are_one_call_and_a_bad_one_leaves_all_as_they_were(
    network: Network, reach: Callable[..., Hosts]
) -> None:
    host, hosts = network.add("core-0"), reach()
    files = [File(f"/etc/many/{number}", f"{number}\n".encode() * number) for number in range(20)]
    hosts.put_all("core-0", files)
    assert hosts.calls["core-0"] == 1
    assert host.sh("ls -A /etc/many | wc -l").strip() == "20"
    changed = [File(file.path, b"new") for file in files[:-1]] + [File("/etc/many/19", b"new", owner="nobody-here")]
    with pytest.raises(Exception, match="nobody-here"):
        hosts.put_all("core-0", changed)
    for file in files:
        assert hosts.read("core-0", file.path) == file.content
    assert host.sh("ls -A /etc/many | wc -l").strip() == "20", "temporary files were left"


def test_a_full_disk_is_told_and_leaves_the_old_file(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    hosts.put("core-0", PATH, OLD)
    host.small_disk("/etc/rancher", 64)
    with pytest.raises(DiskFull, match=r"core-0: no space left"):
        hosts.put("core-0", PATH, b"x" * 200_000)
    assert host.sh(f"cat {PATH}") == OLD
    assert host.sh("ls -A /etc/rancher/k3s") == "config.yaml\n"


@pytest.mark.fault("sudo refused")
def test_sudo_that_is_refused_is_told(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    host.refuse_sudo()
    with pytest.raises(SudoRefused, match="debian may not use sudo"):
        hosts.put("core-0", PATH, OLD)
    assert hosts.run("core-0", ["id", "-un"]).out == "debian\n"
