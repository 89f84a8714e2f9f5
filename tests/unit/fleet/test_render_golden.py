"""The rendered files of the default fleet, letter by letter, as a person read and approved them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from momentum.errors import MomentumError
from momentum.fleet.render import Addresses, RenderedFile, host_files
from momentum.fleet.render.k3s import TOKEN
from momentum.fleet.secret_scan import secrets_in
from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text

GOLDEN = Path(__file__).parent / "golden"
FLEET = read_fleet(default_fleet_text())
ADDRESSES = Addresses(
    {server.name: f"203.0.113.{number}" for number, server in enumerate(FLEET.servers, 1)},
    {server.name: f"{'KEYOF' + str(number):A<43}=" for number, server in enumerate(FLEET.servers, 1)},
)
HOSTS = {
    "first-server": ("server-1", True, None),
    "server": ("server-3", False, "10.66.0.1"),
    "agent": ("agent-1", False, "10.66.0.2"),
}


def files(case: str) -> tuple[RenderedFile, ...]:
    name, founding, join_via = HOSTS[case]
    server = next(one for one in FLEET.servers if one.name == name)
    return host_files(FLEET, server, ADDRESSES, founding=founding, join_via=join_via)


def whole(case: str) -> str:
    return "\n".join(
        f"==> {file.path} ({file.part}, {file.owner}:{file.group} {file.mode:04o})\n{file.content}"
        for file in files(case)
    )


@pytest.mark.parametrize("case", HOSTS)
def test_rendered_as_approved(case: str) -> None:
    assert whole(case) == (GOLDEN / f"{case}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", HOSTS)
def test_nothing_secret_is_rendered(case: str) -> None:
    no_secrets = [*ADDRESSES.mesh_public_keys.values(), f"token-file: {TOKEN}", "secrets-encryption: true"]
    text = whole(case)
    for known in no_secrets:
        text = text.replace(known, "")
    text = re.sub(r"^[0-9a-f]{64}$", "", text, flags=re.MULTILINE)  # the hash of what K3s was started with
    assert [*secrets_in(text)] == []
    assert "PrivateKey" not in text
    assert "token:" not in text


def test_cluster_init_is_written_for_the_founding_only() -> None:
    assert [case for case in HOSTS if "cluster-init" in whole(case)] == ["first-server"]
    assert "server: https://10.66.0.1:6443" in whole("server")


def test_what_is_not_known_is_named() -> None:
    known = Addresses({name: address for name, address in ADDRESSES.public_ipv4.items() if name != "server-2"}, {})
    with pytest.raises(MomentumError, match="the public address of server-2, the mesh key of server-1"):
        host_files(FLEET, FLEET.servers[0], known, founding=False, join_via=None)


@pytest.mark.parametrize(
    ("address", "key"),
    [("203.0.113.1\nPostUp = reboot", "A" * 43 + "="), ("203.0.113.1", "A" * 43 + "=\n[Peer]"), ("203.0.113.1", "x")],
)
def test_what_a_host_or_provider_answers_cannot_add_a_line(address: str, key: str) -> None:
    with pytest.raises(ValueError):
        Addresses({"server-1": address}, {"server-1": key})
