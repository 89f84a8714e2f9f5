"""What names something: labels that select servers, names that must be one of a kind, records of the zone."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import DnsRecord, Fleet, Server

INGRESS = ("role", "ingress")
# What only the mesh may reach: etcd, its peers, the kubelet. The tunnel's port is added from the file.
_INSIDE_ONLY = {("tcp", 2379): "etcd", ("tcp", 2380): "etcd's peers", ("tcp", 10250): "the kubelet"}
_RESERVED = ("kubernetes.io", "k8s.io", "k3s.io")


def selected(servers: Sequence[Server], labels: Mapping[str, str]) -> tuple[Server, ...]:
    """The servers that carry all of the labels; all servers where none is asked for."""
    return tuple(s for s in servers if all(s.labels.get(key) == value for key, value in labels.items()))


def refusals(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    yield from _names(fleet, lines)
    yield from _labels(fleet, lines)
    yield from _firewall(fleet, lines)
    yield from _records(fleet, lines)
    yield from _ssh_keys(fleet, lines)


def _names(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    lists: dict[str, list[str]] = {
        "servers": [server.name for server in fleet.servers],
        "budget.purses": [purse.name for purse in fleet.budget.purses],
        "firewall.open": [rule.name for rule in fleet.firewall.open],
        "ssh.keys": [key.name for key in fleet.ssh.keys],
        "platform": [part.name for part in fleet.platform],
    }
    for key, names in lists.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield problem(lines, f"{key}[{index}].name", f"is {name}, a name that is taken already in {key}")


def _labels(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    for index, server in enumerate(fleet.servers):
        for label in server.labels:
            domain = label.partition("/")[0] if "/" in label else ""
            if any(domain == reserved or domain.endswith("." + reserved) for reserved in _RESERVED):
                yield problem(
                    lines,
                    f"servers[{index}].labels.{label}",
                    f"is a label of Kubernetes' own ({domain}), which a node may not give itself",
                )
    key, value = INGRESS
    entries, wanted = selected(fleet.servers, {key: value}), min(2, len(fleet.servers))
    if len(entries) < wanted:
        yield problem(
            lines,
            "servers",
            f"has the label {key}={value} on {_count(len(entries))}: the gateway runs where it stands, so put it on "
            f"{wanted}, or the loss of one machine takes every site down",
        )


def _firewall(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    inside_only = dict(_INSIDE_ONLY)
    if fleet.cilium.tunnel == "vxlan":
        inside_only["udp", fleet.cilium.tunnel_port] = "Cilium's tunnel"
    for index, rule in enumerate(fleet.firewall.open):
        key = f"firewall.open[{index}]"
        if not selected(fleet.servers, rule.on):
            yield problem(lines, f"{key}.on", f"selects no server: none is labelled {_labelled(rule.on)}")
        if not rule.sources:
            yield problem(lines, f"{key}.sources", "is empty, so the rule opens nothing; leave the rule out")
        inside = inside_only.get((rule.protocol, rule.port))
        if inside and any(not source.subnet_of(fleet.mesh.network) for source in rule.sources):
            yield problem(
                lines, f"{key}.port", f"opens {rule.port}/{rule.protocol}, {inside}, which only the mesh may reach"
            )
    ssh = ("tcp", fleet.ssh.port)
    reachable = {
        s.name for r in fleet.firewall.open if (r.protocol, r.port) == ssh for s in selected(fleet.servers, r.on)
    }
    shut = [server.name for server in fleet.servers if server.name not in reachable]
    if shut:
        yield problem(
            lines,
            "firewall.open",
            f"has no rule for SSH ({fleet.ssh.port}/tcp) on {', '.join(shut)}: it would lock us out",
        )


def _records(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    records = fleet.dns.records if fleet.dns else ()
    types_of: dict[str, list[str]] = {}
    for index, record in enumerate(records):
        key = f"dns.records[{index}]"
        yield from _record(fleet, record, key, lines)
        if record in records[:index]:
            yield problem(lines, key, f"repeats the {record.type} record of {record.name}")
        elif "CNAME" in (record.type, *types_of.get(record.name, ())) and record.name in types_of:
            yield problem(lines, key, f"shares the name {record.name} with a CNAME, which must stand alone")
        types_of.setdefault(record.name, []).append(record.type)


def _record(fleet: Fleet, record: DnsRecord, key: str, lines: Lines | None) -> Iterator[FileProblem]:
    if (record.servers is None) == (record.value is None):
        yield problem(lines, key, "needs either `servers` (labels) or `value`, and not both")
    elif record.servers is not None:
        if record.type != "A":
            yield problem(lines, f"{key}.servers", f"goes with type A only, not with {record.type}")
        if not selected(fleet.servers, record.servers):
            labelled = _labelled(record.servers)
            yield problem(lines, f"{key}.servers", f"selects no server: none is labelled {labelled}")
    elif record.type == "A" and not is_ipv4(record.value or ""):
        yield problem(lines, f"{key}.value", f"must be an IPv4 address for type A, found '{record.value}'")
    if record.type == "CNAME" and record.name == "@":
        yield problem(lines, f"{key}.type", "may not be CNAME at the zone itself (@); use A")


def _ssh_keys(fleet: Fleet, lines: Lines | None) -> Iterator[FileProblem]:
    for index, key in enumerate(fleet.ssh.keys):
        if not _is_whole_key(key.public_key):
            yield problem(
                lines, f"ssh.keys[{index}].public_key", "is not a whole public key; copy the one line of the .pub file"
            )


def _is_whole_key(public_key: str) -> bool:
    """Whether the blob names the type in front of it and its fields fill it exactly (RFC 4253, 6.6)."""
    kind, blob, *_ = public_key.split(" ")
    try:
        data = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    fields = []
    while len(data) >= 4:
        (length,) = struct.unpack(">I", data[:4])
        if length > len(data) - 4:
            return False
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return not data and len(fields) >= 2 and fields[0] == kind.encode()


def is_ipv4(value: str) -> bool:
    try:
        IPv4Address(value)
    except AddressValueError:
        return False
    return True


def _labelled(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


def _count(number: int) -> str:
    return {0: "no server", 1: "one server only"}.get(number, f"{number} servers")
