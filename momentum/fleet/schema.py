"""What fleet.yaml may say: one typed model a section, strict, unknown keys refused.

Nothing here looks at the world or at two sections at once: rules that hold between sections are in
`refusals.py`, the way from text to these models, with lines and keys, in `source.py`.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME = r"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
LABEL_KEY = r"^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
LABEL_VALUE = r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"
K3S_VERSION = r"^v1\.\d{1,3}\.\d{1,3}\+k3s\d{1,3}$"
CHANNEL = r"^v1\.\d{1,3}$"
SUBSIDIARY = r"^[A-Z]{2}$"
DATACENTER = r"^[A-Z]{2,4}\d?$"
PUBLIC_KEY = r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-\S+) \S+( .*)?$"
USER = r"^[a-z_][a-z0-9_-]{0,31}$"
RECORD_NAME = r"^(@|\*|[a-z0-9*]([a-z0-9-.]{0,61}[a-z0-9])?)$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
IMAGE = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"
REGION = r"^[a-z0-9][a-z0-9-]{0,30}$"
WORDS = r"^[^\x00-\x1f\x7f]{0,1000}$"
FOLDER = r"^[A-Za-z0-9_-][A-Za-z0-9._/-]{0,120}$"

Name = Annotated[str, StringConstraints(pattern=NAME)]
DnsName = Annotated[str, StringConstraints(pattern=DNS_NAME)]
Port = Annotated[int, Field(ge=1, le=65535)]
LabelKey = Annotated[str, StringConstraints(pattern=LABEL_KEY)]
LabelValue = Annotated[str, StringConstraints(pattern=LABEL_VALUE)]
Words = Annotated[str, StringConstraints(pattern=WORDS)]
K3sVersion = Annotated[str, StringConstraints(pattern=K3S_VERSION)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


class Provider(Section):
    """Where servers are ordered. `datacenter` and `image` are the values of the order's configuration labels."""

    name: Literal["ovh"] = "ovh"
    endpoint: Literal["ovh-eu", "ovh-ca", "ovh-us"] = "ovh-eu"
    subsidiary: Annotated[str, StringConstraints(pattern=SUBSIDIARY)] = "FR"
    datacenter: Annotated[str, StringConstraints(pattern=DATACENTER)]
    image: Annotated[str, StringConstraints(pattern=IMAGE)]
    term_months: Literal[1, 12]


class Purse(Section):
    """One budget: what may be spent a month, tax included or not, as its `tax` says."""

    name: Name
    eur_per_month: Annotated[float, Field(gt=0, le=100_000)]
    tax: Literal["included", "excluded"]
    belongs_to: Words


class CostLine(Section):
    """What is paid beside the servers; `eur_per_month` is without tax, as price lists are."""

    what: Literal["object storage", "domain", "other"]
    eur_per_month: Annotated[float, Field(ge=0, le=100_000)]
    paid_from: Name
    note: Words = ""


class Budget(Section):
    vat_percent: Annotated[float, Field(ge=0, le=30)]
    servers_paid_from: Name
    purses: Annotated[tuple[Purse, ...], Field(min_length=1)]
    lines: tuple[CostLine, ...] = ()


class Server(Section):
    name: Name
    role: Literal["server", "agent"]
    plan: str
    mesh_address: IPv4Address
    labels: dict[LabelKey, LabelValue] = {}


class Mesh(Section):
    """WireGuard between the hosts."""

    network: IPv4Network
    port: Port = 51820
    mtu: Annotated[int, Field(ge=1280, le=9000)] = 1420
    keepalive_s: Annotated[int, Field(ge=0, le=120)] = 25


class K3s(Section):
    version: K3sVersion
    channel: Annotated[str, StringConstraints(pattern=CHANNEL)]
    api_name: DnsName
    pod_cidr: IPv4Network = IPv4Network("10.42.0.0/16")
    service_cidr: IPv4Network = IPv4Network("10.43.0.0/16")
    cluster_dns: IPv4Address = IPv4Address("10.43.0.10")
    cluster_domain: DnsName = "cluster.local"
    etcd_snapshot_cron: str = "0 */6 * * *"
    etcd_snapshots_kept: Annotated[int, Field(ge=1, le=1000)] = 28


class Cilium(Section):
    """What of Cilium touches the host. `ipam: kubernetes` takes pod addresses from K3s's pod_cidr."""

    ipam: Literal["kubernetes", "cluster-pool"] = "kubernetes"
    pool_cidr: IPv4Network | None = None
    tunnel: Literal["vxlan", "none"] = "vxlan"
    tunnel_port: Port = 8472
    wireguard: bool = True
    wireguard_port: Port = 51871


class FirewallRule(Section):
    """One opening to the outside. `on` selects servers by labels; empty means every server."""

    name: Name
    protocol: Literal["tcp", "udp"]
    port: Port
    sources: tuple[IPv4Network, ...] = (IPv4Network("0.0.0.0/0"),)
    on: dict[LabelKey, LabelValue] = {}


class Firewall(Section):
    open: tuple[FirewallRule, ...]


class SshKey(Section):
    name: Name
    public_key: Annotated[str, StringConstraints(pattern=PUBLIC_KEY)]


class Ssh(Section):
    user: Annotated[str, StringConstraints(pattern=USER)] = "debian"
    port: Port = 22
    keys: Annotated[tuple[SshKey, ...], Field(min_length=1)]


class DnsRecord(Section):
    """`to` is addresses, or labels of the servers whose public addresses it names (A), or a name (CNAME)."""

    name: Annotated[str, StringConstraints(pattern=RECORD_NAME)]
    type: Literal["A", "CNAME", "TXT", "CAA"] = "A"
    servers: dict[LabelKey, LabelValue] | None = None
    value: Words | None = None
    ttl_s: Annotated[int, Field(ge=60, le=86400)] = 300


class Dns(Section):
    zone: DnsName
    records: tuple[DnsRecord, ...] = ()


class BackupStore(Section):
    """S3 for etcd snapshots, the journal of changes and the lease. Its keys are not in this file."""

    endpoint: DnsName
    region: Annotated[str, StringConstraints(pattern=REGION)]
    bucket: Annotated[str, StringConstraints(pattern=BUCKET)]
    folder: Annotated[str, StringConstraints(pattern=FOLDER)] = "momentum"


class Component(Section):
    """What one part of the planned platform needs, over all its replicas."""

    name: Name
    memory_gb: Annotated[float, Field(ge=0)]
    peak_memory_gb: Annotated[float, Field(ge=0)] | None = None
    disk_gb: Annotated[float, Field(ge=0)] = 0


class Fleet(Section):
    name: Name
    provider: Provider
    budget: Budget
    servers: Annotated[tuple[Server, ...], Field(min_length=1)]
    mesh: Mesh
    k3s: K3s
    cilium: Cilium
    firewall: Firewall
    ssh: Ssh
    dns: Dns | None = None
    backups: BackupStore
    platform: tuple[Component, ...] = ()


# What each pattern means in words, for the person whose value does not match it.
WORDS_OF_PATTERNS = {
    NAME: "lower-case letters, digits and dashes, a letter first, at most 32 long",
    DNS_NAME: "a domain name such as example.org, in lower case",
    LABEL_KEY: "a Kubernetes label key such as role or example.org/role",
    LABEL_VALUE: "a Kubernetes label value: letters, digits, dashes, dots and underscores, at most 63 long",
    K3S_VERSION: "a K3s version such as v1.36.3+k3s1",
    CHANNEL: "a K3s channel of one minor such as v1.36 (a channel as stable would upgrade by itself)",
    SUBSIDIARY: "a country of OVH in two capital letters, such as FR",
    DATACENTER: "a datacenter of OVH in capital letters, such as GRA",
    PUBLIC_KEY: "a public SSH key as in ~/.ssh/id_ed25519.pub (ssh-ed25519, ssh-rsa, ecdsa or sk)",
    USER: "a user name of Linux in lower case",
    RECORD_NAME: "the record's name below the zone, @ for the zone itself or * for all below",
    BUCKET: "a bucket's name: 3 to 63 lower-case letters, digits, dots and dashes",
    IMAGE: "the name of an image as the provider lists it, such as Debian 12",
    REGION: "the region of the store in lower case, such as gra",
    WORDS: "one line of text, at most 1000 characters",
    FOLDER: "a folder inside the bucket, without a leading slash",
}
