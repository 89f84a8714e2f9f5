"""What is made of the lines that a host prints about itself."""

from __future__ import annotations

import time

import pytest

from momentum.adapters.ssh import CommandFailed, Endpoint, Result
from momentum.fleet.facts import Host
from momentum.provisioning.managed import Managed
from momentum.provisioning.observe.hosts import look_at

A, B = "A" * 43 + "=", "B" * 43 + "="


class Printed:
    """Hosts of which each prints the same."""

    def __init__(self, out: str) -> None:
        self.out, self.endpoints = out, {"core-0": Endpoint("192.0.2.1", "debian", host_key="ssh-ed25519 AAAA")}

    def run(self, *_: object, **__: object) -> Result:
        return Result(0, self.out, "")


def look(*lines: str) -> Host:
    text = "\n".join([*(line.replace(" | ", "\t") for line in lines), "end"])
    return look_at(Printed(text), "core-0", Managed(()), user="debian")  # type: ignore[arg-type]


def test_a_look_that_was_cut_is_no_host() -> None:
    with pytest.raises(CommandFailed, match="core-0: the look at the host ended early"):
        look_at(Printed("clock\t1.5\nfile\t/etc/x"), "core-0", Managed(()), user="debian")  # type: ignore[arg-type]


def test_rules_are_the_file_that_was_loaded_until_somebody_changes_them() -> None:
    assert look().firewall is None
    assert look("rules | listing", "loaded | file | listing").firewall == "file"
    assert look("rules | other", "loaded | file | listing").firewall == "changed by hand: other"
    assert look("rules | other").firewall == "changed by hand: other"


def test_a_peer_lives_if_it_answers_and_by_its_handshake_where_nobody_can_ask() -> None:
    peers = (f"allowed-ips | {A} | 10.90.0.2/32", f"allowed-ips | {B} | (none)", f"endpoints | {A} | 192.0.2.2:51820")
    asked = look(*peers, "pings", "answers | 10.90.0.2", f"latest-handshakes | {B} | 999", "now | 1000").mesh_peers
    assert [(peer.endpoint, peer.allowed_ips, peer.alive) for peer in asked] == [
        ("192.0.2.2:51820", ("10.90.0.2/32",), True),
        ("", (), False),
    ]
    shaken = (f"latest-handshakes | {A} | 820", f"latest-handshakes | {B} | 819", "now | 1000")
    assert [peer.alive for peer in look(*peers, *shaken).mesh_peers] == [True, False]


def test_keys_that_open_a_shell_are_told_without_options_and_names() -> None:
    found = look(
        "key | debian | ssh-ed25519 AAAA1 me@home",
        'key | debian | from="192.0.2.0/24",no-pty ssh-rsa AAAA2',
        "key | debian | # ssh-ed25519 AAAA3",
        'key | root | command="echo no" ssh-ed25519 AAAA4',
        "key | root | ssh-ed25519 AAAA5",
        "key | root | ",
    )
    assert found.authorized_keys == ("ssh-ed25519 AAAA1", "ssh-ed25519 AAAA5", "ssh-rsa AAAA2")


def test_etcdctl_is_told_by_its_version_and_one_that_does_not_run_is_none() -> None:
    assert look("etcdctl | etcdctl version: 3.7.3").etcdctl_version == "v3.7.3"
    assert look("etcdctl | ").etcdctl_version is None
    assert look().etcdctl_version is None


def test_snapshots_are_of_the_second_that_k3s_wrote_into_their_name() -> None:
    found = look(
        "snapshot | 1764000000 | etcd-snapshot-s1-1763996400",
        "snapshot | 1764000000 | on-demand-s1-1763996401.zip",
        "snapshot | 1764000002 | by-hand-2025",
        "snapshot | 1764000003 | etcd-snapshot-s1-1763996500.part",
    ).snapshots
    assert [(one.name, one.taken_s) for one in found] == [
        ("etcd-snapshot-s1-1763996400", 1763996400),
        ("on-demand-s1-1763996401.zip", 1763996401),
        ("by-hand-2025", 1764000002),
    ]


def test_files_units_and_the_clock() -> None:
    found = look(
        f"clock | {time.time() - 600:.9f}",
        "file | /etc/a | 00ff | root | root | 640",
        "file | /etc/b | 00ff | root | k3s | 600",
        *(
            "unit | Id=k3s.service",
            "unit | ActiveState=active",
            "unit | LoadState=loaded",
            "unit | UnitFileState=enabled",
        ),
        *("unit | ", "unit | Id=x.service", "unit | UnitFileState=disabled", "unit | ActiveState=active"),
        *("unit | LoadState=loaded", "unit | ", "unit | Id=y.service", "unit | LoadState=not-found"),
        "unit | ActiveState=inactive",
        "k3s | k3s version v1.36.3+k3s1 (abc)",
    )
    assert {path: (file.owner, file.mode) for path, file in found.files.items()} == {
        "/etc/a": ("root", 0o640),
        "/etc/b": ("root:k3s", 0o600),
    }
    assert found.units == {"k3s.service": "active", "x.service": "active, disabled"}
    assert (found.clock_offset_s, found.k3s_version) == (-600, "v1.36.3+k3s1")
    assert look(f"clock | {time.time():.9f}").clock_offset_s == 0
