"""Fixtures for tests on real hosts. Import them into the test's conftest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from momentum.adapters.ssh import Endpoint, Hosts
from tests.hosts import Network, TestHost, reason_to_skip


@pytest.fixture
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    if reason := reason_to_skip():
        pytest.skip(reason)
    with Network(tmp_path_factory.mktemp("hosts")) as network:
        yield network


@pytest.fixture
def reach(network: Network) -> Iterator[Callable[..., Hosts]]:
    """Hosts of the network over SSH, keys pinned; closed at the end."""
    opened: list[Hosts] = []

    def open_hosts(**options: object) -> Hosts:
        endpoints = {name: endpoint(host) for name, host in network.hosts.items()}
        opened.append(Hosts(endpoints, client_keys=[network.key], **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_hosts
    for hosts in opened:
        hosts.close()


def endpoint(host: TestHost) -> Endpoint:
    return Endpoint(host.address, "debian", host.port, host.host_key)
