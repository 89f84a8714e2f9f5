"""What is read of a real host, and the steps that change it: settings, firewall, keys, reboot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from momentum.adapters.ssh import Hosts
from momentum.errors import MomentumError
from momentum.fleet.schema import SshKey
from momentum.provisioning.execute.undoing import TakenBack
from momentum.provisioning.managed import expected
from momentum.provisioning.observe.hosts import read_host
from tests.hosts import Network
from tests.hosts.network import keygen
from tests.hosts.small_fleet import operator

MESH = ("mesh_key", "mesh_config")
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVua25vd25rZXl1bmtub3dua2V5dW5rbm93bmtleXVu stranger"


def test_a_bare_host_is_read_in_one_call(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    host = read_host(at.hosts, "core-0", at.fleet, at.fleet.servers[0])
    assert at.hosts.calls == {"core-0": 1}
    assert (host.files, host.mesh_public_key, host.mesh_peers, host.firewall) == ({}, None, (), None)
    assert (host.k3s_version, host.etcd_on_disk, host.cluster_id, host.reboot_needed) == (None, False, None, False)
    assert host.host_key == network.hosts["core-0"].host_key
    assert host.authorized_keys == (" ".join(at.fleet.ssh.keys[0].public_key.split()[:2]),)
    assert host.clock_offset_s == 0
    assert set(host.sysctl) == set(expected(at.fleet, at.fleet.servers[0]).sysctls)


def test_what_k3s_leaves_on_a_host_is_seen(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    network.hosts["core-0"].sh(
        "mkdir -p /var/lib/rancher/k3s/server/db/etcd/member /var/lib/rancher/k3s/server/tls /usr/local/bin; "
        "echo certificate >/var/lib/rancher/k3s/server/tls/server-ca.crt; touch /run/reboot-required; "
        "printf '#!/bin/sh\\necho k3s version v1.36.3+k3s1 \"(abc)\"\\necho go version go1.26\\n' >/usr/local/bin/k3s; "
        "chmod 755 /usr/local/bin/k3s; mkdir -p /etc/systemd/system; "
        "printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/k3s.service; systemctl enable --now k3s"
    )
    host = at.look().hosts["core-0"]
    assert (host.k3s_version, host.etcd_on_disk, host.reboot_needed) == ("v1.36.3+k3s1", True, True)
    assert host.cluster_id == hashlib.sha256(b"certificate\n").hexdigest()
    assert host.units["k3s.service"] == "active" and "k3s-agent.service" not in host.units


def test_settings_are_loaded_and_a_change_by_hand_is_seen(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    wanted = expected(at.fleet, at.fleet.servers[0]).sysctls
    at.look()
    assert at.do("load_sysctl", "core-0")["loaded"]
    assert at.look().hosts["core-0"].sysctl == wanted
    assert not at.do("load_sysctl", "core-0")["loaded"]
    network.hosts["core-0"].sh("echo 7 >/proc/sys/kernel/panic")
    assert at.look().hosts["core-0"].sysctl == wanted | {"kernel.panic": "7"}
    assert at.do("load_sysctl", "core-0") == {"written": [], "loaded": True}
    assert at.look().hosts["core-0"].sysctl == wanted


@pytest.mark.fault("sudo refused")
def test_sudo_refused_is_told_for_that_host_alone(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    network.hosts["core-1"].refuse_sudo()
    facts = at.look()
    assert set(facts.hosts) == {"core-0"}
    assert "may not use sudo" in facts.unread["host:core-1"]
    with pytest.raises(MomentumError, match="core-1: debian may not use sudo"):
        at.do("mesh_key", "core-1")


@pytest.mark.fault("host key changed")
def test_a_changed_host_key_is_told_for_that_host_alone(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    assert set(at.look().hosts) == {"core-0", "core-1"}
    network.hosts["core-1"].new_host_key()
    facts = at.look()
    assert set(facts.hosts) == {"core-0"}
    assert "its host key changed" in facts.unread["host:core-1"]
    with pytest.raises(MomentumError, match=r"core-1: its host key changed.* do not go on"):
        at.do("mesh_key", "core-1")
    assert network.hosts["core-1"].sh("ls /etc/wireguard") == ""


def test_the_firewall_blocks_and_lets_in_as_the_file_says(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    for name in at.names:
        for port in (443, 9100):
            network.hosts[name].serve(port)
    assert network.hosts["core-0"].answers(9100) and network.hosts["core-1"].answers(443)
    at.bring_up(*MESH, "load_firewall")
    rules = expected(at.fleet, at.fleet.servers[0]).rules_file
    assert rules is not None
    for name in at.names:
        assert at.facts.hosts[name].firewall == at.facts.hosts[name].files[rules.path].sha256
    # 443 is open on servers with role=ingress, which core-0 is; 9100 nowhere, but through the mesh.
    assert network.hosts["core-0"].answers(443) and network.hosts["core-0"].answers(22)
    assert not network.hosts["core-1"].answers(443) and not network.hosts["core-0"].answers(9100)
    assert network.hosts["core-1"].reaches("10.90.0.1", 9100)
    # A rule added by hand is a difference, and loading again takes it out.
    table = expected(at.fleet, at.fleet.servers[0]).table
    chain = network.hosts["core-0"].sh(f"nft list table {table} | awk '$1 == \"chain\" {{ print $2; exit }}'").strip()
    network.hosts["core-0"].sh(f"nft insert rule {table} {chain} tcp dport 9100 accept")
    assert (at.look().hosts["core-0"].firewall or "").startswith("changed by hand")
    assert at.do("load_firewall", "core-0") == {"loaded": True}
    assert not at.look().hosts["core-0"].firewall.startswith("changed")  # type: ignore[union-attr]


@pytest.mark.fault("locked out by our own rules or keys: taken back")
def test_rules_that_lock_us_out_are_taken_back_by_the_host(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1, connect_timeout_s=1)
    at.bring_up("load_firewall")
    before = network.hosts["core-0"].sh("nft list ruleset")
    files = network.hosts["core-0"].sh("find /etc -name '*.nft' -o -name 'nftables*.conf' | xargs cat")
    closed = at.fleet.firewall.open[1:]
    at.fleet = at.fleet.model_copy(
        update={
            "firewall": at.fleet.firewall.model_copy(update={"open": closed}),
            "ssh": at.fleet.ssh.model_copy(update={"port": 2222}),
        }
    )
    with pytest.raises(TakenBack, match="the new firewall let no new connection in within 3 s"):
        at.do("load_firewall", "core-0", within_s=3)
    network.hosts["core-0"].until(lambda: network.hosts["core-0"].answers(22))
    assert network.hosts["core-0"].sh("nft list ruleset") == before
    assert network.hosts["core-0"].sh("find /etc -name '*.nft' -o -name 'nftables*.conf' | xargs cat") == files
    assert at.look().hosts["core-0"].firewall


@pytest.mark.fault("locked out by our own rules or keys: taken back")
def test_an_operator_who_dies_after_the_change_leaves_the_host_as_it_was(
    network: Network, reach: Callable[..., Hosts], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = operator(network, reach, 1)
    at.look()

    def dies(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(at.hosts, "forget_connection", dies)
        at.do("load_firewall", "core-0", within_s=1)
    host = network.hosts["core-0"]
    assert at.look().hosts["core-0"].firewall, "the rules were loaded"
    host.until(lambda: at.look().hosts["core-0"].firewall is None)
    assert at.do("load_firewall", "core-0") == {"loaded": True}
    rules = expected(at.fleet, at.fleet.servers[0]).rules_file
    assert rules and at.look().hosts["core-0"].firewall == at.facts.hosts["core-0"].files[rules.path].sha256


@pytest.mark.fault("locked out by our own rules or keys: taken back")
def test_keys_are_those_of_the_file_and_never_lock_us_out(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 1)
    host = network.hosts["core-0"]
    bound = f'no-pty,command="echo use debian" {STRANGER}'
    host.sh(
        f"echo '{STRANGER}' >>/home/debian/.ssh/authorized_keys; mkdir -p ~root/.ssh; "
        f"printf '%s\\n' '{bound}' '{STRANGER}' >~root/.ssh/authorized_keys"
    )
    mine = " ".join(at.fleet.ssh.keys[0].public_key.split()[:2])
    assert set(at.look().hosts["core-0"].authorized_keys) == {mine, " ".join(STRANGER.split()[:2])}
    assert at.do("authorized_keys", "core-0") == {"written": True}
    assert at.look().hosts["core-0"].authorized_keys == (mine,)
    assert host.sh("stat -c '%U %a' /home/debian/.ssh/authorized_keys") == "debian 600\n"
    assert host.sh("cat ~root/.ssh/authorized_keys") == f"{bound}\n"
    assert at.do("authorized_keys", "core-0") == {"written": False}

    # The file names another key only, which is not the one that is used here.
    keygen(network.folder / "other")
    other = SshKey(name="other", public_key=(network.folder / "other.pub").read_text().strip())
    before = host.sh("cat /home/debian/.ssh/authorized_keys")
    at.fleet = at.fleet.model_copy(update={"ssh": at.fleet.ssh.model_copy(update={"keys": (other,)})})
    with pytest.raises(TakenBack, match="the new keys let no new connection in"):
        at.do("authorized_keys", "core-0", within_s=2)
    host.until(lambda: host.sh("cat /home/debian/.ssh/authorized_keys") == before)
    assert at.hosts.run("core-0", ["true"]).exit == 0


def test_a_reboot_is_waited_for_and_the_mesh_is_there_again(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    at.bring_up(*MESH)
    assert at.do("reboot", "core-0") == {"rebooted": False}
    network.hosts["core-0"].sh("touch /run/reboot-required")
    assert at.look().hosts["core-0"].reboot_needed
    assert at.do("reboot", "core-0") == {"rebooted": True}
    host = at.look().hosts["core-0"]
    assert not host.reboot_needed
    assert [peer.alive for peer in host.mesh_peers] == [True]
