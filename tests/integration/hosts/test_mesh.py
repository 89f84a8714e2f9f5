"""The mesh, by real wireguard-go between real hosts: our configuration, our steps."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from momentum.adapters.ssh import Hosts
from momentum.fleet.operations import mesh
from momentum.fleet.operations.base import differences
from momentum.provisioning.execute.mesh import ClockOff
from tests.hosts import Network
from tests.hosts.small_fleet import Operator, operator


def pings(from_: str, to: str, at: Operator) -> bool:
    address = next(str(server.mesh_address) for server in at.fleet.servers if server.name == to)
    # A handshake that was lost, as while the other's rules were being loaded, is sent again after 5 s.
    return at.network.hosts[from_].run("ping", "-c", "1", "-w", "15", address, check=False).returncode == 0


def test_every_host_reaches_every_other_through_the_mesh(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 4, connect_timeout_s=1.5)
    at.bring_up()
    pairs = [(one, other) for one in at.names for other in at.names if one != other]
    assert [pair for pair in pairs if not pings(*pair, at)] == []
    facts = at.look()
    for name in at.names:
        host = facts.hosts[name]
        assert len(host.mesh_peers) == 3 and all(peer.alive for peer in host.mesh_peers)
        assert host.mesh_public_key == network.hosts[name].sh("cat /etc/wireguard/*key | wg pubkey").strip()
    # The private keys stayed on their hosts, readable by root alone.
    keys = [network.hosts[name].sh("cat /etc/wireguard/*key").strip() for name in at.names]
    assert len(set(keys)) == 4
    assert not any(key in text for key in keys for text in [repr(facts), *at.said])
    for name in at.names:
        assert network.hosts[name].sh("stat -c '%U %a' /etc/wireguard/*key") == "root 600\n"

    # Nothing to do: no file is written, no unit started, no rule loaded.
    listing = "find /etc /var/lib/momentum -newer /run/mark -type f"
    for host in network.hosts.values():
        host.sh("touch /run/mark")
    started = {name: network.hosts[name].started_units() for name in at.names}
    calls = at.hosts.calls.copy()
    at.bring_up()
    assert at.hosts.calls - calls == dict.fromkeys(at.names, 5), "more than the five looks"
    for name in at.names:
        assert network.hosts[name].sh(listing, check=False) == ""
        assert network.hosts[name].started_units() == started[name]

    # A peer that dies is told by those who still live, and lives again when it is back.
    network.hosts["core-3"].cut()
    alive = {peer.allowed_ips: peer.alive for peer in at.look().hosts["core-0"].mesh_peers}
    assert alive == {("10.90.0.2/32",): True, ("10.90.0.3/32",): True, ("10.90.0.4/32",): False}
    assert "core-3" not in at.facts.hosts and "host:core-3" in at.facts.unread
    network.hosts["core-3"].mend()
    deadline = time.monotonic() + 10
    while not all(peer.alive for peer in at.look().hosts["core-0"].mesh_peers):
        assert time.monotonic() < deadline


def test_a_peer_is_added_without_cutting_the_others(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 3)
    whole = at.fleet
    at.fleet = whole.model_copy(update={"servers": whole.servers[:2]})
    at.bring_up("mesh_key", "mesh_config")
    started = network.hosts["core-0"].started_units()
    shaken = network.hosts["core-0"].sh("wg show all latest-handshakes")
    at.fleet = whole
    at.bring_up("mesh_key", "mesh_config")
    assert pings("core-0", "core-2", at) and pings("core-2", "core-1", at)
    assert network.hosts["core-0"].started_units() == started
    assert shaken.strip() in network.hosts["core-0"].sh("wg show all latest-handshakes")


@pytest.mark.fault("a dead WireGuard peer")
def test_a_dead_peer_is_named_and_lives_again(network: Network, reach: Callable[..., Hosts]) -> None:
    """Its tunnels end, its host goes on: the other calls it silent, and it alone has something to do."""
    at = operator(network, reach, 2)
    at.bring_up("mesh_key", "mesh_config")
    assert pings("core-0", "core-1", at)
    assert not list(mesh.differences(at.fleet, at.look(), at.known))
    network.hosts["core-1"].sh("kill -KILL $(pidof wireguard-go)")
    facts = at.look()
    named = {(server, field): found for server, _, field, _, found in mesh.differences(at.fleet, facts, at.known)}
    assert named == {("core-0", "peer core-1"): "silent", ("core-1", "peer core-0"): "missing"}
    started = network.hosts["core-0"].started_units()
    assert [(step.kind, step.target) for step in mesh.steps(at.fleet, facts, at.known)] == [("mesh_config", "core-1")]
    at.do("mesh_config", "core-1")
    assert pings("core-1", "core-0", at) and pings("core-0", "core-1", at)
    assert not list(mesh.differences(at.fleet, at.look(), at.known))
    assert network.hosts["core-0"].started_units() == started


@pytest.mark.fault("a clock off by ten minutes")
@pytest.mark.parametrize(("seconds", "way"), [(600, "ahead of"), (-600, "behind")])
def test_a_wrong_clock_stops_the_mesh_with_words(
    seconds: int, way: str, network: Network, reach: Callable[..., Hosts]
) -> None:
    at = operator(network, reach, 1)
    network.hosts["core-0"].wrong_clock(seconds)
    assert at.look().hosts["core-0"].clock_offset_s == pytest.approx(seconds, abs=2)
    with pytest.raises(ClockOff, match=rf"core-0: its clock is (599|600|601) s {way} this machine's"):
        at.do("mesh_config", "core-0")
    assert network.hosts["core-0"].sh("ls /etc/wireguard") == ""
    named = [
        (field, found) for _, part, field, _, found in differences(at.fleet, at.facts, at.known) if part == "clock"
    ]
    assert [(field, way in found) for field, found in named] == [("time", True)]
    network.hosts["core-0"].sh("rm /usr/local/bin/date")
    at.bring_up("mesh_key", "mesh_config")
    assert "clock" not in {part for _, part, *_ in differences(at.fleet, at.facts, at.known)}
