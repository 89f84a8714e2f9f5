"""Every pair of servers are each other's peers; what nft and wg-quick make of the rendered text."""

from __future__ import annotations

import os
import re
import subprocess
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum.fleet.render import Addresses, host_files
from momentum.fleet.render.firewall import firewall_files
from momentum.fleet.render.mesh import mesh_files
from momentum.fleet.schema import Firewall, FirewallRule, Fleet
from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text
from tests.needs import program

DEFAULT = read_fleet(default_fleet_text())


def fleet_of(numbers: list[int]) -> Fleet:
    one = DEFAULT.servers[0]
    servers = [
        one.model_copy(update={"name": f"s{number}", "mesh_address": IPv4Address(f"10.66.0.{number}")})
        for number in numbers
    ]
    return DEFAULT.model_copy(update={"servers": tuple(servers)})


def addresses(fleet: Fleet) -> Addresses:
    names = [server.name for server in fleet.servers]
    keys = {name: f"{'KEYOF' + name.replace('-', ''):A<43}=" for name in names}
    return Addresses({name: f"203.0.113.{number}" for number, name in enumerate(names, 1)}, keys)


@given(st.lists(st.integers(1, 254), min_size=2, max_size=9, unique=True))
def test_every_pair_are_peers_and_no_address_goes_to_two(numbers: list[int]) -> None:
    fleet = fleet_of(numbers)
    known = addresses(fleet)
    for server in fleet.servers:
        [file] = mesh_files(fleet, server, known)
        allowed = re.findall(r"^AllowedIPs = (\S+)$", file.content, re.MULTILINE)
        assert sorted(allowed) == sorted(f"{one.mesh_address}/32" for one in fleet.servers if one is not server)
        peers = re.findall(r"^PublicKey = (\S+)$", file.content, re.MULTILINE)
        assert set(peers) == set(known.mesh_public_keys.values()) - {known.mesh_public_keys[server.name]}


@given(st.permutations([server.name for server in DEFAULT.servers]))
def test_the_order_of_what_was_read_changes_nothing(names: list[str]) -> None:
    known = addresses(DEFAULT)
    turned = Addresses(*({name: values[name] for name in names} for values in vars(known).values()))
    for server in DEFAULT.servers:
        usual, other = (host_files(DEFAULT, server, a, founding=False, join_via="10.66.0.2") for a in (known, turned))
        assert usual == other


@pytest.mark.skipif(program("nft") is None or os.geteuid() != 0, reason="no nftables, or not root: rules unchecked")
@pytest.mark.parametrize("server", DEFAULT.servers, ids=lambda server: server.name)
def test_nft_takes_the_rules(server: object, tmp_path: Path) -> None:
    rules = tmp_path / "rules.nft"
    rules.write_text(firewall_files(DEFAULT, server, addresses(DEFAULT))[0].content)  # type: ignore[arg-type]
    check = ["unshare", "-n", str(program("nft")), "-c", "-f", str(rules)]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hook forward" not in rules.read_text() and "flush ruleset" not in rules.read_text()


@pytest.mark.skipif(program("wg-quick") is None, reason="no wireguard-tools: the mesh's file unchecked")
def test_wg_quick_takes_the_mesh_and_finds_no_private_key(tmp_path: Path) -> None:
    file = tmp_path / "wg-momentum.conf"
    file.touch(mode=0o600)
    file.write_text(mesh_files(DEFAULT, DEFAULT.servers[0], addresses(DEFAULT))[0].content)
    strip = [str(program("wg-quick")), "strip", str(file)]
    done = subprocess.run(strip, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0 and done.stdout.count("[Peer]") == 3
    assert "PrivateKey" not in done.stdout


def test_open_to_everybody_is_open_by_ipv6_too_and_named_networks_are_ipv4_only() -> None:
    def opening(*sources: str) -> str:
        ssh = FirewallRule(name="ssh", protocol="tcp", port=22, sources=tuple(map(IPv4Network, sources)))
        fleet = DEFAULT.model_copy(update={"firewall": Firewall(open=(ssh,))})
        rules, _ = firewall_files(fleet, fleet.servers[0], addresses(fleet))
        [line] = [one.strip() for one in rules.content.splitlines() if 'comment "ssh"' in one]
        return line

    assert opening("0.0.0.0/0") == opening("203.0.113.0/24", "0.0.0.0/0") == 'tcp dport 22 accept comment "ssh"'
    assert opening("203.0.113.0/24") == 'ip saddr { 203.0.113.0/24 } tcp dport 22 accept comment "ssh"'
