"""What is refused offline: each rule with the line and the key that it points at, and the way out that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from momentum.fleet.problems import FleetFileError
from momentum.fleet.refusals import accepted_fleet, refusals
from momentum.fleet.source import read_fleet
from momentum.fleet.template import EXAMPLE_KEY, default_fleet_text, still_to_fill_in
from tests.fleet_files import changed, line_with, problems_of, the_problem

REPOSITORY = Path(__file__).parents[3]
AGENT = "  - name: agent-1\n"
ONE_MORE = "  - {{name: {0}, role: {1}, plan: vps-2027-model2, mesh_address: 10.66.0.{2}}}\n"
BIG_PURSE = ("eur_per_month: 50\n", "eur_per_month: 500\n")


def test_the_default_file_is_the_one_in_deploy_and_nothing_of_it_is_refused() -> None:
    assert (REPOSITORY / "deploy" / "fleet.yaml").read_text(encoding="utf-8") == default_fleet_text()
    assert problems_of(default_fleet_text()) == []


def test_the_examples_of_the_default_file_are_named_until_they_are_replaced() -> None:
    fleet = read_fleet(default_fleet_text())
    assert [p.key for p in still_to_fill_in(fleet)] == ["dns.zone", "k3s.api_name", "ssh.keys[0].public_key"]
    own = read_fleet(default_fleet_text(EXAMPLE_KEY.replace("replace-me", "me@laptop"), zone="momentum-coach.org"))
    assert still_to_fill_in(own) == []


# name -> changes of the default file, key, text of the line it stands in, words that must be said
ONE_RULE = {
    "overlap of pods and services": (
        [("service_cidr: 10.43.0.0/16", "service_cidr: 10.42.128.0/17"), ("10.43.0.10", "10.42.128.10")],
        "k3s.pod_cidr",
        "pod_cidr: 10.42.0.0/16",
        "overlaps: k3s.pod_cidr 10.42.0.0/16 and k3s.service_cidr 10.42.128.0/17",
    ),
    "overlap of mesh and pods": (
        [("pod_cidr: 10.42.0.0/16", "pod_cidr: 10.66.0.0/16")],
        "mesh.network",
        "network: 10.66.0.0/24",
        "overlaps: mesh.network 10.66.0.0/24 and k3s.pod_cidr 10.66.0.0/16",
    ),
    "Cilium's pool over the pods": (
        [("ipam: kubernetes", "ipam: cluster-pool\n  pool_cidr: 10.42.0.0/20")],
        "k3s.pod_cidr",
        "pod_cidr: 10.42.0.0/16",
        "cilium.pool_cidr 10.42.0.0/20",
    ),
    "a pool that is not used": (
        [("ipam: kubernetes", "ipam: kubernetes\n  pool_cidr: 10.99.0.0/16")],
        "cilium.pool_cidr",
        "pool_cidr: 10.99",
        "no effect",
    ),
    "public network": (
        [("service_cidr: 10.43.0.0/16", "service_cidr: 9.43.0.0/16"), ("10.43.0.10", "9.43.0.10")],
        "k3s.service_cidr",
        "service_cidr: 9.43",
        "not a private network",
    ),
    "pods without room": (
        [("pod_cidr: 10.42.0.0/16", "pod_cidr: 10.42.0.0/23")],
        "k3s.pod_cidr",
        "pod_cidr: 10.42.0.0/23",
        "room for 2 machines of a /24 each, the file has 4",
    ),
    "pods without room for the fifth": (
        [
            ("pod_cidr: 10.42.0.0/16", "pod_cidr: 10.42.0.0/22"),
            (AGENT, ONE_MORE.format("agent-0", "agent", 9) + AGENT),
            BIG_PURSE,
        ],
        "k3s.pod_cidr",
        "pod_cidr: 10.42.0.0/22",
        "room for 4 machines of a /24 each, the file has 5",
    ),
    "mesh address outside": (
        [("mesh_address: 10.66.0.4", "mesh_address: 10.67.0.4")],
        "servers[3].mesh_address",
        "mesh_address: 10.67.0.4",
        "outside of mesh.network 10.66.0.0/24",
    ),
    "mesh address of the network": (
        [("mesh_address: 10.66.0.4", "mesh_address: 10.66.0.255")],
        "servers[3].mesh_address",
        "mesh_address: 10.66.0.255",
        "names the network",
    ),
    "mesh address twice": (
        [("mesh_address: 10.66.0.4", "mesh_address: 10.66.0.2")],
        "servers[3].mesh_address",
        ("mesh_address: 10.66.0.2", 2),
        "which server-2 has already",
    ),
    "cluster DNS outside": (
        [("cluster_dns: 10.43.0.10", "cluster_dns: 10.44.0.10")],
        "k3s.cluster_dns",
        "cluster_dns: 10.44",
        "outside of k3s.service_cidr 10.43.0.0/16",
    ),
    "cluster DNS on the API server": (
        [("cluster_dns: 10.43.0.10", "cluster_dns: 10.43.0.1")],
        "k3s.cluster_dns",
        "cluster_dns: 10.43.0.1",
        "which the API server takes",
    ),
    "two WireGuards on a port": (
        [("wireguard_port: 51871", "wireguard_port: 51820")],
        "cilium.wireguard_port",
        "wireguard_port: 51820",
        "the UDP port of mesh.port",
    ),
    "mesh MTU of the link": ([("mtu: 1420", "mtu: 1500")], "mesh.mtu", "mtu: 1500", "at most 1440"),
    "channel of another minor": (
        [("channel: v1.36", "channel: v1.35")],
        "k3s.channel",
        "channel: v1.35",
        "set the channel to v1.36",
    ),
    "cron of four fields": (
        [('"0 */6 * * *"', '"0 */6 * *"')],
        "k3s.etcd_snapshot_cron",
        "etcd_snapshot_cron:",
        "must be five fields",
    ),
    "memory at the peak": (
        [("memory_gb: 7.0,", "memory_gb: 8.0,")],
        "platform",
        "platform:",
        "needs 32 GB of memory at its peak, but 31.5 GB are left when agent-1 is lost",
    ),
    "memory at any time": (
        [("memory_gb: 7.0,", "memory_gb: 17.0,")],
        "platform",
        "platform:",
        "needs 36 GB of memory, but 31.5 GB are left",
    ),
    "disk": (
        [("disk_gb: 66", "disk_gb: 166")],
        "platform",
        "platform:",
        "needs 261 GB of disk, but 240 GB are left when server-1 is lost",
    ),
    "budget exceeded": (
        [("eur_per_month: 50\n", "eur_per_month: 49.91\n")],
        "budget.purses[0].eur_per_month",
        "eur_per_month: 49.91",
        "platform is charged 49.92 EUR a month with 20 % tax on a term of 12 months: 0.01 too much",
    ),
    "by the month": (
        [("term_months: 12", "term_months: 1")],
        "budget.purses[0].eur_per_month",
        "eur_per_month: 50",
        "is charged 58.75 EUR a month with 20 % tax on a term of one month: 8.75 too much. On 12 months it is 49.92",
    ),
    "purse without tax": (
        [("eur_per_month: 50\n      tax: included", "eur_per_month: 41.59\n      tax: excluded")],
        "budget.purses[0].eur_per_month",
        "eur_per_month: 41.59",
        "is charged 41.60 EUR a month without tax",
    ),
    "storage from the full purse": (
        [("eur_per_month: 1.00\n      paid_from: office", "eur_per_month: 1.00\n      paid_from: platform")],
        "budget.purses[0].eur_per_month",
        "eur_per_month: 50",
        "1.12 too much",
    ),
    "unknown purse": (
        [("servers_paid_from: platform", "servers_paid_from: plattform")],
        "budget.servers_paid_from",
        "servers_paid_from:",
        "did you mean platform?",
    ),
    "unknown purse of a line": (
        [("paid_from: office", "paid_from: nobody")],
        "budget.lines[0].paid_from",
        "paid_from: nobody",
        "no purse has that name",
    ),
    "nobody pays the storage": (
        [("- what: object storage", "- what: other")],
        "budget.lines",
        "  lines:",
        "no line `object storage`",
    ),
    "nobody pays the domain": ([("- what: domain", "- what: other")], "budget.lines", "  lines:", "no line `domain`"),
    "unknown plan": (
        [("plan: vps-2027-model3", "plan: vps-2027-model33")],
        "servers[0].plan",
        "plan: vps-2027-model33",
        "did you mean vps-2027-model3?",
    ),
    "term without a price": (
        [(AGENT, ONE_MORE.format("agent-0", "agent", 9).replace("model2", "model1") + AGENT), BIG_PURSE],
        "servers[3].plan",
        "vps-2027-model1",
        "no price for 12 months is known",
    ),
    "four servers": (
        [(AGENT, ONE_MORE.format("server-4", "server", 9) + AGENT), BIG_PURSE],
        "servers",
        "servers:",
        "has 4 servers of role `server`: an even number bears no more losses than 3",
    ),
    "name twice": ([("name: agent-1", "name: server-1")], "servers[3].name", ("name: server-1", 2), "taken already"),
    "purse twice": (
        [("  lines:\n", "    - {name: office, eur_per_month: 9, tax: included, belongs_to: us}\n  lines:\n")],
        "budget.purses[2].name",
        "{name: office",
        "is office, a name that is taken already in budget.purses",
    ),
    "component twice": ([("name: redis", "name: vault")], "platform[7].name", ("name: vault", 2), "taken already"),
    "one way in": (
        [("      role: ingress", "      role: backend")],
        "servers",
        "servers:",
        "role=ingress on one server only",
    ),
    "label of Kubernetes": (
        [("    labels:\n      role: ingress", "    labels:\n      role: ingress\n      node.kubernetes.io/x: y")],
        "servers[2].labels.node.kubernetes.io/x",
        "node.kubernetes.io/x: y",
        "a label of Kubernetes' own",
    ),
    "rule for nobody": (
        [("      on:\n        role: ingress", "      on:\n        role: egress")],
        "firewall.open[1].on",
        "      on:",
        "selects no server: none is labelled role=egress",
    ),
    "rule from nowhere": (
        [("      port: 80\n", "      port: 80\n      sources: []\n")],
        "firewall.open[1].sources",
        "sources: []",
        "opens nothing",
    ),
    "etcd open to the world": (
        [("      port: 80\n", "      port: 2379\n")],
        "firewall.open[1].port",
        "port: 2379",
        "which only the mesh may reach",
    ),
    "etcd open to the mesh and the world": (
        [("      port: 80\n", "      port: 2379\n      sources: [10.66.0.0/24, 192.0.2.7/32]\n")],
        "firewall.open[1].port",
        "port: 2379",
        "which only the mesh may reach",
    ),
    "locked out of some": (
        [("      port: 22\n", "      port: 22\n      on: {role: ingress}\n")],
        "firewall.open",
        "  open:",
        "no rule for SSH (22/tcp) on server-1, server-2: it would lock us out",
    ),
    "CNAME beside another": (
        [
            (
                "- name: app\n      type: A\n      servers:\n        role: ingress",
                "- name: app\n      type: CNAME\n      value: x.example",
            ),
            ("    # Only this", "    - {name: app, type: TXT, value: hello}\n    # Only this"),
        ],
        "dns.records[2]",
        "{name: app, type: TXT",
        "shares the name app with a CNAME",
    ),
    "CNAME of the zone": (
        [
            (
                "- name: app\n      type: A\n      servers:\n        role: ingress",
                '- name: "@"\n      type: CNAME\n      value: x.example',
            ),
            ('    - name: "@"\n      type: A\n      servers:\n        role: ingress\n      ttl_s: 300\n', ""),
            ('    # Only this authority may issue certificates for the zone.\n    - name: "@"', "    - name: app"),
        ],
        "dns.records[0].type",
        "type: CNAME",
        "may not be CNAME at the zone itself",
    ),
    "a public key of nothing": (
        [(EXAMPLE_KEY, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5")],
        "ssh.keys[0].public_key",
        "public_key:",
        "is not a whole public key",
    ),
    "locked out": (
        [("      port: 22\n", "      port: 2222\n")],
        "firewall.open",
        "  open:",
        "no rule for SSH (22/tcp) on server-1, server-2, server-3, agent-1",
    ),
    "record for nobody": (
        [("      servers:\n        role: ingress", "      servers:\n        role: egress")],
        "dns.records[0].servers",
        "      servers:",
        "none is labelled role=egress",
    ),
    "record that says nothing": (
        [('      value: 0 issue "letsencrypt.org"\n', "")],
        "dns.records[2]",
        ('- name: "@"', 2),
        "needs either `servers` (labels) or `value`",
    ),
    "record with no address": (
        [('type: CAA\n      value: 0 issue "letsencrypt.org"', "type: A\n      value: letsencrypt.org")],
        "dns.records[2].value",
        "value: letsencrypt.org",
        "must be an IPv4 address for type A",
    ),
    "CNAME of servers": (
        [("- name: app\n      type: A", "- name: app\n      type: CNAME")],
        "dns.records[1].servers",
        ("      servers:", 2),
        "goes with type A only",
    ),
    "record twice": (
        [("- name: app", '- name: "@"')],
        "dns.records[1]",
        ('- name: "@"', 2),
        "repeats the A record of @",
    ),
    "half a public key": (
        [(EXAMPLE_KEY, EXAMPLE_KEY.split(" ")[0] + " " + EXAMPLE_KEY.split(" ")[1][:-4])],
        "ssh.keys[0].public_key",
        "public_key:",
        "copy the one line of the .pub file",
    ),
}


@pytest.mark.parametrize(("changes", "key", "at", "said"), ONE_RULE.values(), ids=list(ONE_RULE))
def test_one_broken_rule_is_one_problem_with_its_line_and_key(
    changes: list[tuple[str, str]], key: str, at: str | tuple[str, int], said: str
) -> None:
    text = changed(*changes)
    problem = the_problem(text, key)
    assert problem.line == (line_with(text, at) if isinstance(at, str) else line_with(text, *at))
    assert said in problem.message


# Changes that are just inside of a bound.
FINE = {
    "memory to the last tenth": [("memory_gb: 7.0,", "memory_gb: 7.5,")],
    "a purse to the last cent": [("eur_per_month: 50\n", "eur_per_month: 49.92\n")],
    "a pod network for exactly four": [("pod_cidr: 10.42.0.0/16", "pod_cidr: 10.42.0.0/22")],
    "a port of what is off": [
        ("wireguard: true", "wireguard: false"),
        ("wireguard_port: 51871", "wireguard_port: 51820"),
    ],
    "a tunnel's port without a tunnel": [
        ("tunnel: vxlan", "tunnel: none"),
        ("tunnel_port: 8472", "tunnel_port: 51820"),
    ],
    "etcd open to the mesh": [("      port: 80\n", "      port: 2379\n      sources: [10.66.0.0/25]\n")],
}


@pytest.mark.parametrize("changes", FINE.values(), ids=list(FINE))
def test_what_just_fits_is_not_refused(changes: list[tuple[str, str]]) -> None:
    assert problems_of(changed(*changes)) == []


def test_a_longer_term_is_offered_only_where_all_of_it_has_a_price() -> None:
    one_month = (("term_months: 12", "term_months: 1"), ("eur_per_month: 50\n", "eur_per_month: 45\n"))
    one_small = ("plan: vps-2027-model3", "plan: vps-2027-model1")
    text = changed(*one_month, one_small).split("\nplatform:\n")[0]
    assert the_problem(text, "budget.purses[0].eur_per_month").message.endswith("4.45 too much")


def test_cilium_pool_without_a_network_is_its_default_which_swallows_all() -> None:
    text = changed(("ipam: kubernetes", "ipam: cluster-pool"))
    found = problems_of(text)
    assert [problem.key for problem in found] == ["cilium.pool_cidr"] * 3
    assert {problem.line for problem in found} == {line_with(text, "cilium:")}
    assert "10.0.0.0/8, Cilium's default pool," in found[0].message


def test_a_default_that_is_refused_points_at_its_section() -> None:
    text = changed(("  pod_cidr: 10.42.0.0/16\n", ""), ("network: 10.66.0.0/24", "network: 10.66.0.0/15"))
    text = changed(
        ("  service_cidr: 10.43.0.0/16\n", "  service_cidr: 10.42.8.0/24\n"), ("10.43.0.10", "10.42.8.10"), text=text
    )
    assert [(p.key, p.line) for p in problems_of(text)] == [("k3s.pod_cidr", line_with(text, "k3s:"))]


def test_a_service_network_that_the_api_server_would_not_take() -> None:
    text = changed(
        ("service_cidr: 10.43.0.0/16", "service_cidr: 100.64.0.0/10"),
        ("10.43.0.10", "100.64.0.10"),
    )
    problem = the_problem(text, "k3s.service_cidr")
    assert "no network larger than a /12" in problem.message


def test_rules_of_all_kinds_are_told_together() -> None:
    text = changed(
        ("term_months: 12", "term_months: 1"),
        ("mesh_address: 10.66.0.4", "mesh_address: 10.66.0.1"),
        ("channel: v1.36", "channel: v1.30"),
        ("disk_gb: 66", "disk_gb: 1000"),
    )
    with pytest.raises(FleetFileError) as refused:
        accepted_fleet(text)
    assert [problem.key for problem in refused.value.problems] == [
        "budget.purses[0].eur_per_month",
        "servers[3].mesh_address",
        "k3s.channel",
        "platform",
    ]


# servers of role `server` before and now -> words of the refusal, or none
CHANGES_OF_SERVERS = {
    "no change": ("abc", "abc", None),
    "three from one": ("a", "abc", None),
    "five from three": ("abc", "abcde", None),
    "one replaced": ("abc", "abd", None),
    "two replaced": ("abc", "ade", "keeps 1 of 3 servers: etcd needs 2 of them"),
    "all replaced": ("abc", "def", "keeps 0 of 3"),
    "three to one": ("abc", "a", "keeps 1 of 3"),
    "the only one replaced": ("a", "b", "keeps 0 of 1"),
    "two of five replaced": ("abcde", "abcfg", "replaces d, e at once"),
    "five to three": ("abcde", "abc", None),
    "nine to five": ("abcdefghi", "abcde", "takes f, g, h, i away at once"),
}


@pytest.mark.parametrize(("before", "now", "said"), CHANGES_OF_SERVERS.values(), ids=list(CHANGES_OF_SERVERS))
def test_who_may_leave_at_once(before: str, now: str, said: str | None) -> None:
    text = _of_servers(now)
    found = problems_of(text, read_fleet(_of_servers(before)))
    assert [(p.key, p.line) for p in found] == ([("servers", line_with(text, "servers:"))] if said else [])
    assert said is None or said in found[0].message


def test_a_server_that_becomes_an_agent_leaves_etcd_as_well() -> None:
    text = _of_servers("abc")
    for name in "bc":
        text = text.replace(f"name: {name}, role: server", f"name: {name}, role: agent")
    found = problems_of(text, read_fleet(_of_servers("abc")))
    assert [problem.key for problem in found] == ["servers", "servers[1].role", "servers[2].role"]
    assert "keeps 1 of 3" in found[0].message


# changes of the applied file, key, text of its line, words
CHANGES = {
    "pods": ([("10.42.0.0/16", "10.44.0.0/16")], "k3s.pod_cidr", "pod_cidr:", "from 10.42.0.0/16 to 10.44.0.0/16"),
    "cluster DNS": ([("10.43.0.10", "10.43.0.11")], "k3s.cluster_dns", "cluster_dns:", "from 10.43.0.10 to"),
    "domain": ([("cluster.local", "c.local")], "k3s.cluster_domain", "cluster_domain:", "found a new one"),
    "mesh port": ([("port: 51820", "port: 51821")], "mesh.port", "port: 51821", "from 51820 to 51821"),
    "mesh address": (
        [("10.66.0.2", "10.66.0.22")],
        "servers[1].mesh_address",
        "mesh_address: 10.66.0.22",
        "server-2 is known to the cluster by it",
    ),
    "role": ([("role: agent", "role: server")], "servers[3].role", ("role: server", 4), "a machine keeps its role"),
}


@pytest.mark.parametrize(("changes", "key", "at", "said"), CHANGES.values(), ids=list(CHANGES))
def test_what_a_living_cluster_cannot_change(
    changes: list[tuple[str, str]], key: str, at: str | tuple[str, int], said: str
) -> None:
    text = changed(*changes)
    [found] = [p for p in problems_of(text, read_fleet(default_fleet_text())) if p.key == key]
    assert found.line == (line_with(text, at) if isinstance(at, str) else line_with(text, *at))
    assert said in found.message
    assert key not in [problem.key for problem in problems_of(text)]


def test_the_file_that_was_applied_may_be_applied_again() -> None:
    assert problems_of(default_fleet_text(), read_fleet(default_fleet_text())) == []


# applied and wanted version -> words of the refusal, or none
VERSIONS = {
    "the same": ("v1.35.2+k3s1", "v1.35.2+k3s1", None),
    "patch": ("v1.35.2+k3s1", "v1.35.4+k3s2", None),
    "next minor": ("v1.35.2+k3s1", "v1.36.0+k3s1", None),
    "one skipped": ("v1.34.9+k3s1", "v1.36.3+k3s1", "One at a time: v1.35, then v1.36; ask for a v1.35 first"),
    "three skipped": ("v1.32.0+k3s1", "v1.36.3+k3s1", "v1.33, then v1.34, then v1.35, then v1.36"),
    "minor down": ("v1.36.3+k3s1", "v1.35.9+k3s1", "goes down from v1.36.3+k3s1 to v1.35.9+k3s1"),
    "patch down": ("v1.36.3+k3s1", "v1.36.2+k3s9", "goes down"),
    "build down": ("v1.36.3+k3s2", "v1.36.3+k3s1", "goes down"),
    "ten is after nine": ("v1.36.9+k3s1", "v1.36.10+k3s1", None),
}


@pytest.mark.parametrize(("applied", "wanted", "said"), VERSIONS.values(), ids=list(VERSIONS))
def test_kubernetes_goes_up_one_minor_at_a_time(applied: str, wanted: str, said: str | None) -> None:
    text = _of_version(wanted)
    found = problems_of(text, read_fleet(_of_version(applied)))
    assert [(p.key, p.line) for p in found] == ([("k3s.version", line_with(text, "version: v1"))] if said else [])
    assert said is None or said in found[0].message


def test_without_the_text_a_problem_names_its_key_and_line_one() -> None:
    fleet = read_fleet(changed(("channel: v1.36", "channel: v1.35")))
    assert [(problem.line, problem.key) for problem in refusals(fleet)] == [(1, "k3s.channel")]


def _of_version(version: str) -> str:
    return changed(("version: v1.36.3+k3s1", f"version: {version}"), ("channel: v1.36", f"channel: {version[:5]}"))


def _of_servers(names: str) -> str:
    """The default file with these servers, all of them entries, and a platform that always fits."""
    text = default_fleet_text()
    head, rest = text.split("servers:\n  - name", 1)
    listed = [
        f"  - {{name: {name}, role: server, plan: vps-2027-model4, mesh_address: 10.66.0.{ord(name)}, "
        "labels: {role: ingress}}\n"
        for name in names
    ]
    text = head + "servers:\n" + "".join(listed) + "\nmesh:\n" + rest.split("\nmesh:\n", 1)[1]
    return changed(BIG_PURSE, text=text.split("\nplatform:\n")[0])
