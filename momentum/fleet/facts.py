"""What was read of the world, normalised: no timestamps, no resource versions, nothing that moves by itself.

Adapters fill these; operations compare them with the fleet file. `None` for a whole part means "not connected"
or "not reachable", with the reason in `unread`. A step's hash is taken over the parts it names (`fact_hash`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Task:
    """A task at the provider that has not ended well: type, state and how long it has been there."""

    id: int
    type: str
    state: str


EXPIRED = "expired"
"""The state of a machine whose term is over: the provider tells nothing else of it, and soon takes it away."""


@dataclass(frozen=True)
class Machine:
    """A machine of the account, as the provider tells it. `mark` is the tag by which a fleet knows its own."""

    service: str
    display_name: str
    plan: str
    datacenter: str
    state: str
    image: str
    public_ipv4: str
    expires: date | None
    renews: bool
    tasks: tuple[Task, ...] = ()
    renew_months: int | None = None
    mark: str = ""


@dataclass(frozen=True)
class OpenOrder:
    """A cart or an order that was begun and has not come to a server with our key on it (from the journal).

    `status` is the last thing that was about to be done: "cart", "checkout", "ordered", "paying", "delivered",
    "installing"; `since` is the provider's time of it, ISO 8601.
    """

    server: str
    cart_id: str
    order_id: int | None
    status: str
    since: str = ""


@dataclass(frozen=True)
class DnsRecordFact:
    id: int
    name: str
    type: str
    value: str
    ttl_s: int


@dataclass(frozen=True)
class FileFact:
    sha256: str
    owner: str
    mode: int


@dataclass(frozen=True)
class PeerFact:
    public_key: str
    endpoint: str
    allowed_ips: tuple[str, ...]
    alive: bool


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of etcd. `taken_s` is Unix time, as a rule by the clock of the server that took it."""

    name: str
    taken_s: int


@dataclass(frozen=True)
class Host:
    """One machine, seen over SSH. `files` holds the managed paths that exist, `snapshots` those of K3s's folder."""

    host_key: str
    files: Mapping[str, FileFact]
    sysctl: Mapping[str, str]
    mesh_public_key: str | None
    mesh_peers: tuple[PeerFact, ...]
    firewall: str | None
    authorized_keys: tuple[str, ...]
    units: Mapping[str, str]
    k3s_version: str | None
    etcd_on_disk: bool
    cluster_id: str | None
    reboot_needed: bool
    clock_offset_s: float
    etcdctl_version: str | None = None
    snapshots: tuple[Snapshot, ...] = ()


@dataclass(frozen=True)
class Node:
    name: str
    ready: bool
    cordoned: bool
    labels: Mapping[str, str]
    version: str
    internal_ip: str


@dataclass(frozen=True)
class EtcdMember:
    id: str
    name: str
    peer_url: str
    started: bool
    healthy: bool


@dataclass(frozen=True)
class Cluster:
    cluster_id: str
    nodes: tuple[Node, ...]
    members: tuple[EtcdMember, ...]
    has_quorum: bool


@dataclass(frozen=True)
class Facts:
    """Everything that was read. `machines` by service name, `hosts` by server name.

    `stored_snapshot` is the newest in the object store; it is looked for while etcd's majority is lost for good.
    """

    machines: Mapping[str, Machine] | None = None
    dns: tuple[DnsRecordFact, ...] | None = None
    hosts: Mapping[str, Host] = field(default_factory=dict)
    cluster: Cluster | None = None
    stored_snapshot: Snapshot | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


def unread_lines(unread: Mapping[str, str]) -> list[str]:
    """A line for each part that was not read, with the reason; that of a host begins with its name by itself."""
    return [
        why if why.startswith(f"{what.removeprefix('host:')}: ") else f"{what}: {why}"
        for what, why in sorted(unread.items())
    ]


@dataclass(frozen=True)
class Known:
    """What the journal remembers: which machine is which server, and what must never be forgotten."""

    services: Mapping[str, str] = field(default_factory=dict)
    host_keys: Mapping[str, str] = field(default_factory=dict)
    cluster_id: str | None = None
    orders: tuple[OpenOrder, ...] = ()
    dns_pending: tuple[str, ...] = ()
    applied_fleet: str | None = None
