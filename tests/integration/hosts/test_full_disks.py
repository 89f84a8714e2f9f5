"""A host's disk is full, for each kind of thing that is written there: told, as it was, and done once there is room."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from momentum.adapters.ssh import Hosts
from momentum.errors import MomentumError
from momentum.provisioning.execute.download import Release, installed
from momentum.provisioning.fencing import EPOCH_FILE, fence
from tests.hosts import Network
from tests.hosts.small_fleet import Operator, operator
from tests.standins.k3s.releases import served

STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVua25vd25rZXl1bmtub3dua2V5dW5rbm93bmtleXVu stranger"
FULL = pytest.mark.fault("disk full on the host")


def held(at: Operator, folder: str) -> str:
    """Names, owners, modes and sums of what lies there."""
    look = (
        f"cd {folder} && find . -type f ! -name filling -exec stat -c '%n %U %a' {{}} + -exec sha256sum {{}} + | sort"
    )
    return at.network.hosts["core-0"].sh(look, check=False)


def full(at: Operator, folder: str, does: Callable[[], object], words: str) -> None:
    """It is refused with these words and the folder is as it was; then there is room."""
    host = at.network.hosts["core-0"]
    host.small_disk(folder, 64)
    host.fill(folder)
    before = held(at, folder)
    at.look()
    with pytest.raises(MomentumError, match=words):
        does()
    assert held(at, folder) == before
    assert at.hosts.run("core-0", ["true"]).exit == 0, "nobody gets in any more"
    host.make_room(folder)
    at.look()


@FULL
@pytest.mark.parametrize(
    ("kind", "folder", "first", "again"),
    [
        ("load_sysctl", "/etc/sysctl.d", (), {"written": [], "loaded": False}),
        ("write_files", "/etc/apt/apt.conf.d", (), {"written": []}),
        ("mesh_key", "/etc/wireguard", (), None),
        ("mesh_config", "/etc/wireguard", ("mesh_key",), {"written": []}),
        ("load_firewall", "/var/lib/momentum", ("mesh_key",), {"loaded": False}),
        ("load_firewall", "/etc/momentum", ("mesh_key",), {"loaded": False}),
    ],
)
def test_a_step(
    kind: str,
    folder: str,
    first: tuple[str, ...],
    again: dict[str, object] | None,
    network: Network,
    reach: Callable[..., Hosts],
) -> None:
    at, wants = operator(network, reach, 2), {"part": "units"} if kind == "write_files" else {}
    for one in first:
        at.bring_up(one)
    full(at, folder, lambda: at.do(kind, "core-0", **wants), "core-0: no space left")
    done = at.do(kind, "core-0", **wants)
    at.look()
    assert at.do(kind, "core-0", **wants) == (done if again is None else again)


@FULL
def test_the_keys_that_open_it(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    network.hosts["core-0"].sh(f"echo '{STRANGER}' >>/home/debian/.ssh/authorized_keys")
    full(at, "/home/debian/.ssh", lambda: at.do("authorized_keys", "core-0"), "core-0: no space left")
    assert at.do("authorized_keys", "core-0") == {"written": True}
    assert at.look().hosts["core-0"].authorized_keys == (" ".join(at.fleet.ssh.keys[0].public_key.split()[:2]),)


@FULL
def test_the_epoch_of_who_applies(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    fence(at.hosts, "core-0", 3)
    full(at, str(Path(EPOCH_FILE).parent), lambda: fence(at.hosts, "core-0", 12), "core-0 .*[Nn]o space left")
    fence(at.hosts, "core-0", 12)
    assert network.hosts["core-0"].sh(f"cat {EPOCH_FILE}") == "12\n"


@FULL
def test_a_program(network: Network, reach: Callable[..., Hosts], tmp_path: Path) -> None:
    at = operator(network, reach, 1)
    program = b"#!/bin/sh\necho program v2\n" + b"#" * 200_000
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "program").write_bytes(program)
    (tmp_path / "v2" / "sums").write_text(f"{hashlib.sha256(program).hexdigest()}  program\n")
    with served(tmp_path, network.address(1)) as url:
        names = ("program", "sums")
        release = Release("program", "v2", url, "/opt/programs/program", "--version", amd64=names, arm64=names)

        def install() -> bool:
            return installed(at.hosts, "core-0", release, at.said.append)

        full(at, "/opt/programs", install, "core-0: no space left")
        network.hosts["core-0"].sh("umount /opt/programs")
        assert install()
        assert not install()
