"""Every difference is told by one check of one asset, with server and field first."""

from __future__ import annotations

import pytest

from momentum.fleet.drift import Difference
from momentum.provisioning.drift_told import CHECKS, ELSE, check_of, differences_of, told


@pytest.mark.parametrize(
    ("part", "field", "check"),
    [
        ("machine", "service", ("servers", "ordered")),
        ("machine", "display name", ("servers", "display_name")),
        ("machine", "renewal", ("servers", "renewal")),
        ("keys", "unknown key", ("servers", "ssh_keys")),
        ("sysctl", "vm.panic_on_oom", ("mesh", "sysctl")),
        ("units", "/etc/apt/apt.conf.d/60momentum", ("mesh", "sysctl")),
        ("mesh", "peer agent-1", ("mesh", "peers")),
        ("firewall", "rules", ("firewall", "rules")),
        ("cluster", "id", ("first_server", "one_cluster")),
        ("member", "health", ("control_plane", "members")),
        ("k3s", "config", ("control_plane", "k3s")),
        ("node", "label role", ("agents", "nodes")),
        ("dns", "app A", ("dns", "records")),
        ("a part of tomorrow", "anything", ELSE),
    ],
)
def test_each_has_its_check(part: str, field: str, check: tuple[str, str]) -> None:
    one = Difference("server-2", part, field, "this", "that")
    assert check_of(one) == check
    assert differences_of([one], *check) == [one]
    elsewhere = {each for each in CHECKS.values() if each != check}
    assert all(differences_of([one], *each) == [] for each in elsewhere)


def test_server_and_field_come_first() -> None:
    line = told(Difference("server-2", "machine", "renewal", "every 12 months", "none"))
    assert line == "server-2: machine renewal: wanted every 12 months, found none"
