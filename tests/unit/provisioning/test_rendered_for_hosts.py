"""What is not known yet never reaches a host."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from momentum.errors import MomentumError
from momentum.provisioning.managed import NO_ADDRESS, NO_KEY
from momentum.provisioning.rendered import put


@dataclass(frozen=True)
class Rendered:
    content: str
    path: str = "/etc/wireguard/wg0.conf"
    owner: str = "root"
    group: str = "root"
    mode: int = 0o600


class Written:
    def __init__(self) -> None:
        self.files: list[object] = []

    def put_all(self, _: str, files: list[object]) -> None:
        self.files += files


@pytest.mark.parametrize(
    ("content", "missing"),
    [(f"PublicKey = {NO_KEY}\n", "mesh key"), (f"Endpoint = {NO_ADDRESS}:51820\n", "public address")],
)
def test_a_file_with_something_unknown_in_it_is_refused(content: str, missing: str) -> None:
    hosts = Written()
    with pytest.raises(MomentumError, match=rf"core-0: /etc/wireguard/wg0.conf needs the {missing}"):
        put(hosts, "core-0", [Rendered("[Peer]\n"), Rendered(content)])  # type: ignore[arg-type, list-item]
    assert hosts.files == []


def test_an_address_that_begins_like_it_is_written() -> None:
    hosts = Written()
    put(hosts, "core-0", [Rendered(f"Endpoint = {NO_ADDRESS}7:51820\n")])  # type: ignore[arg-type, list-item]
    assert len(hosts.files) == 1
