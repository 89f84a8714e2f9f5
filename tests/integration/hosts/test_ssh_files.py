"""Files over a real sshd: whole or not at all, with owner and mode, on a full disk and over a line that is cut."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from momentum.adapters.ssh import ConnectionLost, DiskFull, File, Hosts, SudoRefused
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


def test_a_line_cut_in_the_middle_of_a_file_leaves_the_old_file(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    hosts.put("core-0", PATH, OLD)
    # The receiving end is slow, so that the cut surely falls into the file.
    host.sh(
        "printf '#!/bin/sh\\n/usr/bin/head -c 100000\\necho begun >/run/begun\\nsleep 30\\n/usr/bin/head \"$@\"\\n' "
        ">/usr/local/bin/head; chmod 755 /usr/local/bin/head"
    )

    def cut_when_begun() -> None:
        while not host.sh("cat /run/begun 2>/dev/null", check=False):
            time.sleep(0.02)
        host.stop_sshd()

    cutter = threading.Thread(target=cut_when_begun)
    cutter.start()
    with pytest.raises(ConnectionLost, match="core-0"):
        hosts.put("core-0", PATH, b"x" * 3_000_000)
    cutter.join()
    assert host.sh(f"cat {PATH}") == OLD
    host.sh("rm /usr/local/bin/head")
    host.start_sshd()
    hosts.put("core-0", PATH, "the new file\n")
    assert host.sh(f"cat {PATH}") == "the new file\n"
    assert host.sh("ls -A /etc/rancher/k3s") == "config.yaml\n", "a temporary file was left"


def test_a_full_disk_is_told_and_leaves_the_old_file(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    hosts.put("core-0", PATH, OLD)
    host.small_disk("/etc/rancher", 64)
    with pytest.raises(DiskFull, match=r"core-0: no space left"):
        hosts.put("core-0", PATH, b"x" * 200_000)
    assert host.sh(f"cat {PATH}") == OLD
    assert host.sh("ls -A /etc/rancher/k3s") == "config.yaml\n"


def test_sudo_that_is_refused_is_told(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    host.refuse_sudo()
    with pytest.raises(SudoRefused, match="debian may not use sudo"):
        hosts.put("core-0", PATH, OLD)
    assert hosts.run("core-0", ["id", "-un"]).out == "debian\n"
