"""A host that leaves: its K3s is stopped and stays so, or it would come back by itself."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from momentum.adapters.ssh import Hosts
from momentum.fleet.facts import Facts, Known
from momentum.provisioning.execute.k3s_host import stopped_for_good
from tests.hosts import Network
from tests.hosts.small_fleet import Operator, machines_of, operator

LEAVES = "core-1"
UNIT = "[Service]\\nExecStart=/bin/sleep 1000\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n"


def outside_of(at: Operator, **known: Any) -> Any:
    """The file does not name the host any more; the provider and the journal still do."""
    network = at.network
    remembered = {"services": {LEAVES: f"vps-{LEAVES}"}, "host_keys": {LEAVES: network.hosts[LEAVES].host_key}}
    return SimpleNamespace(
        fleet=at.fleet.model_copy(update={"servers": at.fleet.servers[:1]}),
        facts=Facts(machines=machines_of(network, [LEAVES])),
        known=Known(**remembered | known),
        hosts=at.hosts,
    )


def state(network: Network) -> list[str]:
    return network.hosts[LEAVES].sh("systemctl is-active k3s; systemctl is-enabled k3s; :").split()


def test_k3s_is_stopped_and_a_reboot_does_not_start_it(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    host = network.hosts[LEAVES]
    host.sh(
        f"mkdir -p /etc/systemd/system; printf '{UNIT}' >/etc/systemd/system/k3s.service; systemctl enable --now k3s"
    )
    assert state(network) == ["active", "enabled"]
    for _ in range(2):
        stopped_for_good(outside_of(at), LEAVES, at.said.append)
        assert state(network) == ["inactive", "disabled"]
    assert at.said == []


def test_one_that_cannot_be_reached_is_told_and_holds_nothing_up(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    another = outside_of(at, host_keys={LEAVES: network.hosts["core-0"].host_key})
    stopped_for_good(another, LEAVES, at.said.append)
    assert len(at.said) == 1 and at.said[0].startswith(f"K3s could not be stopped on {LEAVES}")


def test_one_that_nobody_knows_is_not_asked(network: Network, reach: Callable[..., Hosts]) -> None:
    at = operator(network, reach, 2)
    stopped_for_good(outside_of(at, services={}), LEAVES, at.said.append)
    stopped_for_good(outside_of(at, host_keys={}), LEAVES, at.said.append)
    assert at.hosts.calls.get(LEAVES, 0) == 0 and at.said == []
