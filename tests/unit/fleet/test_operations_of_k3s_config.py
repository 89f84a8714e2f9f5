"""K3s's configuration where it runs: told when changed by hand, put back one server at a time while etcd bears it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from momentum.fleet.facts import Facts, FileFact, Machine
from momentum.fleet.operations.k3s_config import differences, steps
from momentum.fleet.render import addresses_of
from momentum.fleet.render.k3s import PATH, PATH_JOIN, PATH_STARTED, k3s_files, unit_of
from tests.unit.fleet.cluster_cases import FLEET, KNOWN, cluster_with, member, well

MACHINES = {
    f"vps-{server.name}": Machine(
        f"vps-{server.name}", server.name, "", "", "running", "", f"203.0.113.{n}", None, True
    )
    for n, server in enumerate(FLEET.servers, 1)
}


def configured() -> Facts:
    facts = replace(well(), machines=MACHINES)
    addresses = addresses_of(FLEET, facts, KNOWN)
    hosts = {
        server.name: replace(
            facts.hosts[server.name],
            units={unit_of(server): "active"},
            files={
                file.path: FileFact(hashlib.sha256(file.content.encode()).hexdigest(), file.owner, file.mode)
                for file in k3s_files(FLEET, server, addresses, founding=False, join_via=None)
            },
        )
        for server in FLEET.servers
    }
    return replace(facts, hosts=hosts)


def edited(facts: Facts, server: str, path: str) -> Facts:
    host = facts.hosts[server]
    files = {**host.files, path: FileFact("0" * 64, "root", 0o600)}
    return replace(facts, hosts={**facts.hosts, server: replace(host, files=files)})


def test_nothing_to_do_where_all_is_as_rendered() -> None:
    assert [*steps(FLEET, configured(), KNOWN)] == []
    assert [*differences(FLEET, configured(), KNOWN)] == []


def test_a_config_changed_by_hand_is_told_and_put_back() -> None:
    name = FLEET.servers[1].name
    facts = edited(configured(), name, PATH)
    [step] = steps(FLEET, facts, KNOWN)
    assert (step.kind, step.target, step.risk) == ("k3s.configure", name, "restart")
    assert step.reason.startswith(f"{PATH} is another content")
    assert [*differences(FLEET, facts, KNOWN)] == [(name, "k3s", PATH, "as rendered", "another content")]


def test_killed_between_the_file_and_the_start_it_is_wanted_again() -> None:
    [step] = steps(FLEET, edited(configured(), FLEET.servers[0].name, PATH_STARTED), KNOWN)
    assert step.kind == "k3s.configure"


def test_how_a_server_joined_is_no_difference() -> None:
    facts = edited(configured(), FLEET.servers[0].name, PATH_JOIN)
    assert [*steps(FLEET, facts, KNOWN)] == []


def test_no_server_is_started_again_that_etcd_cannot_do_without() -> None:
    servers = [server.name for server in FLEET.servers if server.role == "server"]
    facts = edited(configured(), servers[0], PATH)
    members = tuple(member(name, healthy=name != servers[1]) for name in servers)
    assert [*steps(FLEET, cluster_with(facts, members=members), KNOWN)] == []
    assert [*differences(FLEET, facts, KNOWN)] != []
