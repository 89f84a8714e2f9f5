"""Hosts against the file: nothing to do where all is as wanted, and one step for each thing that is not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from momentum.fleet.drift import drift
from momentum.fleet.facts import Facts, FileFact, Host, Known, PeerFact
from momentum.fleet.operations import base, firewall, keys, mesh
from momentum.fleet.operations.etcdctl import VERSION
from momentum.fleet.render import Addresses, host_files
from momentum.fleet.render.firewall import PATH, UNIT
from momentum.fleet.render.k3s import unit_of
from momentum.fleet.render.kernel import SETTINGS
from momentum.fleet.schema import Fleet
from momentum.fleet.source import read_fleet
from momentum.fleet.steps import Step
from momentum.fleet.template import default_fleet_text
from tests.unit.fleet.test_fleet_drift import KNOWN as SERVICES
from tests.unit.fleet.test_fleet_drift import MACHINES

FLEET = read_fleet(default_fleet_text())
NAMES = [server.name for server in FLEET.servers]
PUBLIC = {name: MACHINES[f"vps-{name}"].public_ipv4 for name in NAMES}
MESH_KEYS = {name: f"{'KEYOF' + str(number):A<43}=" for number, name in enumerate(NAMES)}
KNOWN = replace(SERVICES, host_keys={name: f"host key of {name}" for name in NAMES}, cluster_id="one")
STRANGER = "ssh-ed25519 AAAAstranger"


def well(fleet: Fleet = FLEET) -> Facts:
    return Facts(machines=MACHINES, hosts={name: host(name, fleet) for name in NAMES})


def host(name: str, fleet: Fleet = FLEET) -> Host:
    server = next(one for one in fleet.servers if one.name == name)
    rendered = host_files(fleet, server, Addresses(PUBLIC, MESH_KEYS), founding=False, join_via="10.66.0.2")
    sums = {file.path: hashlib.sha256(file.content.encode()).hexdigest() for file in rendered}
    peers = [one for one in fleet.servers if one.name != name]
    return Host(
        host_key=f"host key of {name}",
        files={file.path: FileFact(sums[file.path], file.owner, file.mode) for file in rendered},
        sysctl=dict(SETTINGS),
        mesh_public_key=MESH_KEYS[name],
        mesh_peers=tuple(
            PeerFact(MESH_KEYS[one.name], f"{PUBLIC[one.name]}:51820", (f"{one.mesh_address}/32",), True)
            for one in peers
        ),
        firewall=sums[PATH],
        authorized_keys=tuple(" ".join(key.public_key.split()[:2]) for key in fleet.ssh.keys),
        units={mesh.UNIT: "active", UNIT: "active", unit_of(server): "active"},
        k3s_version=fleet.k3s.version,
        etcd_on_disk=True,
        cluster_id="one",
        reboot_needed=False,
        clock_offset_s=0.0,
        etcdctl_version=VERSION,
    )


def planned(facts: Facts, known: Known = KNOWN, fleet: Fleet = FLEET) -> list[Step]:
    return [step for area in (keys, base, mesh, firewall) for step in area.steps(fleet, facts, known)]


def with_host(name: str, **changed: Any) -> Facts:
    facts = well()
    return replace(facts, hosts={**facts.hosts, name: replace(facts.hosts[name], **changed)})


def test_no_change_is_no_step_and_no_difference() -> None:
    assert planned(well()) == []
    told = [
        one for one in drift(FLEET, well(), KNOWN) if one.part in ("keys", "sysctl", "units", "mesh", "firewall", "k3s")
    ]
    assert told == []


WG = "/etc/wireguard/wg-momentum.conf"
OTHER = FileFact("0" * 64, "root", 0o644)
# Changed on server-2 -> the step: kind, words of its reason; the difference: part, field, words of what is found.
CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, str, str]]] = {
    "a kernel setting": (
        {"sysctl": SETTINGS | {"vm.panic_on_oom": "1"}},
        ("load_sysctl", "vm.panic_on_oom", "1", "0"),
        ("sysctl", "vm.panic_on_oom", "1"),
    ),
    "a kernel setting not there": (
        {"sysctl": {key: value for key, value in SETTINGS.items() if key != "kernel.panic"}},
        ("load_sysctl", "kernel.panic", "10"),
        ("sysctl", "kernel.panic", "unset"),
    ),
    "an unknown key": (
        {"authorized_keys": (*host("server-2").authorized_keys, STRANGER)},
        ("authorized_keys", "AAAAstranger"),
        ("keys", "unknown key", "AAAAstranger"),
    ),
    "our key is gone": (
        {"authorized_keys": ()},
        ("authorized_keys", "operator"),
        ("keys", "key of operator", "missing"),
    ),
    "a peer is gone": (
        {"mesh_peers": host("server-2").mesh_peers[1:]},
        ("mesh_config", "peer server-1", "10.66.0.1/32", "missing"),
        ("mesh", "peer server-1", "missing"),
    ),
    "a peer gets more than is its own": (
        {
            "mesh_peers": (
                replace(host("server-2").mesh_peers[0], allowed_ips=("0.0.0.0/0",)),
                *host("server-2").mesh_peers[1:],
            )
        },
        ("mesh_config", "peer server-1", "10.66.0.1/32", "0.0.0.0/0"),
        ("mesh", "peer server-1", "0.0.0.0/0"),
    ),
    "a stranger in the mesh": (
        {"mesh_peers": (*host("server-2").mesh_peers, PeerFact("S" * 43 + "=", "", ("10.66.0.9/32",), False))},
        ("mesh_config", "unknown peer", "10.66.0.9/32"),
        ("mesh", "unknown peer", "10.66.0.9/32"),
    ),
    "the mesh is down": (
        {"units": {mesh.UNIT: "failed", UNIT: "active"}},
        ("mesh_config", mesh.UNIT, "failed"),
        ("mesh", mesh.UNIT, "failed"),
    ),
    "a rule was added by hand": (
        {"firewall": "changed by hand: abc"},
        ("load_firewall", "rules", "changed by hand"),
        ("firewall", "rules", "changed by hand"),
    ),
    "no rules": ({"firewall": None}, ("load_firewall", "rules", "none loaded"), ("firewall", "rules", "none loaded")),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_differs_is_one_step_that_names_field_and_both_values(case: str) -> None:
    changed, (kind, *words), (part, field, found) = CASES[case]
    facts = with_host("server-2", **changed)
    [step] = planned(facts)
    assert (step.kind, step.target, step.risk) == (kind, "server-2", "reversible")
    assert [word for word in words if word not in step.reason] == []
    assert step.rests_on and step.changes
    [told] = [one for one in drift(FLEET, facts, KNOWN) if one.server == "server-2" and one.part == part]
    assert told.field == field and found in told.found and told.wanted != told.found


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/etc/sysctl.d/90-momentum.conf", "load_sysctl", "sysctl"),
        ("/etc/apt/apt.conf.d/60momentum", "write_files", "units"),
        (WG, "mesh_config", "mesh"),
        (PATH, "load_firewall", "firewall"),
    ],
)
@pytest.mark.parametrize("there", [OTHER, None], ids=["changed", "gone"])
def test_a_file_changed_by_hand_is_named(path: str, kind: str, part: str, there: FileFact | None) -> None:
    kept = {name: fact for name, fact in host("server-2").files.items() if name != path}
    facts = with_host("server-2", files=kept | ({path: there} if there else {}))
    assert [step.kind for step in planned(facts)] == [kind]
    [row] = [one for one in drift(FLEET, facts, KNOWN) if one.server == "server-2" and one.part == part]
    assert row.field == path and row.found != row.wanted


def test_a_host_that_is_not_there_yet_is_planned_whole_and_the_same_when_addresses_are_known() -> None:
    from_nothing = planned(Facts(machines={}), Known())
    kinds = ["authorized_keys", "load_sysctl", "write_files", "mesh_key", "mesh_config", "load_firewall"]
    for name in NAMES:
        assert [step.kind for step in from_nothing if step.target == name] == kinds
    later = planned(Facts(machines=MACHINES), SERVICES)
    assert [step.id for step in later] == [step.id for step in from_nothing]


def test_a_host_that_does_not_answer_is_left_as_it_is_and_so_is_the_mesh_of_the_others() -> None:
    facts = well()
    silent = replace(
        facts, hosts={n: h for n, h in facts.hosts.items() if n != "agent-1"}, unread={"host:agent-1": "no"}
    )
    assert planned(silent) == []


def test_steps_do_not_hang_on_the_order_in_which_facts_came() -> None:
    facts = with_host("server-2", sysctl={}, mesh_peers=(), files={})
    turned = replace(facts, hosts=dict(reversed(facts.hosts.items())), machines=dict(reversed(MACHINES.items())))
    assert planned(facts) == planned(turned)
