"""Connections to a real sshd: pinned keys, what goes wrong in words, several hosts at once, output without secrets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from momentum.adapters.ssh import (
    AuthenticationRefused,
    CommandTimeout,
    HostKeyChanged,
    HostKeyUnknown,
    Hosts,
    Unreachable,
)
from momentum.adapters.ssh.errors import fingerprint
from tests.hosts import Network
from tests.hosts.network import keygen


def test_an_unknown_host_key_is_returned_to_be_pinned(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    hosts.endpoints["core-0"] = replace(hosts.endpoints["core-0"], host_key=None)
    assert hosts.shown_host_key("core-0") == host.host_key
    with pytest.raises(HostKeyUnknown) as refused:
        hosts.run("core-0", ["touch", "/tmp/never"])
    assert refused.value.found == host.host_key
    hosts.pin("core-0", refused.value.found)
    assert hosts.run("core-0", ["hostname"]).out == "core-0\n"


@pytest.mark.fault("host key changed")
def test_a_changed_host_key_is_refused_with_both_fingerprints(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    pinned = host.host_key
    assert hosts.run("core-0", ["true"]).exit == 0
    host.new_host_key()
    with pytest.raises(HostKeyChanged) as refused:
        hosts.run("core-0", ["touch", "/home/debian/never"])
    assert fingerprint(pinned) in str(refused.value) and fingerprint(host.host_key) in str(refused.value)
    assert not host.sh("ls /home/debian")


@pytest.mark.fault("SSH: unreachable, not let in, no answer, connection dead")
def test_what_is_in_the_way_is_said(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach(connect_timeout_s=1)
    hosts.endpoints["core-0"] = replace(hosts.endpoints["core-0"], port=2)
    with pytest.raises(Unreachable, match="refuses connections"):
        hosts.run("core-0", ["true"])
    hosts.endpoints["core-0"] = replace(hosts.endpoints["core-0"], port=22, address=network.address(99))
    with pytest.raises(Unreachable, match=r"no answer from .* in 1 s|cannot be reached"):
        hosts.run("core-0", ["true"])
    other = network.folder / "other"
    keygen(other)
    stranger = Hosts({"core-0": replace(hosts.endpoints["core-0"], address=host.address)}, client_keys=[other])
    with stranger, pytest.raises(AuthenticationRefused, match=r"debian@.* does not let in any key"):
        stranger.run("core-0", ["true"])


@pytest.mark.fault("SSH: unreachable, not let in, no answer, connection dead")
def test_a_command_that_takes_too_long_is_ended(network: Network, reach: Callable[..., Hosts]) -> None:
    network.add("core-0")
    hosts = reach()
    with pytest.raises(CommandTimeout, match=r"sleep 30 was not done in 0\.3 s"):
        hosts.run("core-0", ["sleep", "30"], timeout_s=0.3)
    assert hosts.run("core-0", ["echo", "still here"]).out == "still here\n"


@pytest.mark.fault("SSH: unreachable, not let in, no answer, connection dead")
def test_connections_are_kept_and_made_anew_when_they_died(network: Network, reach: Callable[..., Hosts]) -> None:
    host, hosts = network.add("core-0"), reach()
    for _ in range(5):
        hosts.run("core-0", ["true"])
    assert (hosts.calls["core-0"], hosts.connections["core-0"]) == (5, 1)
    host.stop_sshd()
    host.start_sshd()
    assert hosts.run("core-0", ["echo", "again"]).out == "again\n"
    assert hosts.connections["core-0"] == 2


def test_several_hosts_at_once_and_never_more_than_asked(network: Network, reach: Callable[..., Hosts]) -> None:
    for number in range(4):
        network.add(f"core-{number}")
    hosts = reach(at_once=2)
    running, most, guard = 0, 0, threading.Lock()

    def work(name: str) -> str:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        said = hosts.run(name, ["sh", "-c", "sleep 0.2; hostname"]).out.strip()
        with guard:
            running -= 1
        return said

    hosts.endpoints["core-3"] = replace(hosts.endpoints["core-3"], port=2)
    begun = time.monotonic()
    answers = hosts.map(hosts.endpoints, work)
    assert most == 2
    assert time.monotonic() - begun < 2
    assert [answers[f"core-{number}"] for number in range(3)] == ["core-0", "core-1", "core-2"]
    assert isinstance(answers["core-3"], Unreachable)


def test_output_is_streamed_without_secrets(network: Network, reach: Callable[..., Hosts]) -> None:
    network.add("core-0")
    secret, lines = "canary-7f3a9", list[str]()
    hosts = reach(mask=lambda text: text.replace(secret, "***"))
    # The secret comes in two pieces, with a pause between.
    script = f"echo one; printf 'token {secret[:6]}'; sleep 0.2; echo {secret[6:]}; echo last >&2"
    result = hosts.run("core-0", ["sh", "-c", script], on_output=lines.append)
    assert result.exit == 0
    assert sorted(lines) == ["last", "one", "token ***"]
    with pytest.raises(Exception, match=r"ended with 3: \*\*\*") as failed:
        hosts.check("core-0", ["sh", "-c", f"echo {secret} >&2; exit 3"])
    assert secret not in str(failed.value)
