"""One operator's machine and everything around it: the account, the object store, releases, four real hosts.

OVH's protocol by its stand-in (python-ovh signs), the object store by moto, secrets in their age file; hosts with real
sshd, wireguard-go, nftables, etcd and API server; K3s around the last two is a stand-in (tests/standins/k3s).
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from momentum.fleet.operations import etcdctl
from momentum.provisioning.journal import Journal
from tests.hosts import Network
from tests.hosts.k3s_fleet import fit_for_k3s
from tests.infra_command import FAST
from tests.operators_machine import SECRETS, environment, prepared
from tests.standins.k3s import etcd_release
from tests.standins.k3s.releases import release, served
from tests.standins.ovh import Clock, OvhServer, World
from tests.standins.ovh.world import Item
from tests.standins.s3 import s3_server

ROOT = Path(__file__).parents[2]
VERSION, STORE = "v1.36.3+k3s1", "s3.gra.io.cloud.ovh.net"
NAMES = ("host-a", "host-b", "host-c", "host-d")
READ_BY_ALL = "/etc /var/lib /var/log /run /home /opt /usr/local"


class FastClock(Clock):
    """As the command's waiting at the provider."""

    def __init__(self) -> None:
        self.began = time.time()

    def __call__(self) -> float:
        return self.began + (time.time() - self.began) * FAST


class Delivering(World):
    """Machines come with the addresses of the network's hosts."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(FastClock(), zones=("coach.test",))
        self.addresses = addresses

    def new_machine(self, item: Item) -> str:
        name = super().new_machine(item)
        self.machines[name].ipv4 = self.addresses[len(self.machines) - 1]
        return name


@dataclass
class Company:
    """One operator's machine and everything around it."""

    folder: Path
    network: Network
    provider: OvhServer
    environment: dict[str, str]
    said: list[str]

    def infra(self, *words: str, kill_at: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.infra_command", *words],
            cwd=ROOT,
            env=self.environment | {"MOMENTUM_TEST_KILL_AT": str(kill_at)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        return done

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet.yaml"

    def edit(self, old: str, new: str) -> None:
        """The fleet file, as a person does."""
        text = self.fleet.read_text()
        assert old in text, old
        self.fleet.write_text(text.replace(old, new))

    def plan(self) -> dict[str, object]:
        done = self.infra("plan", "--json")
        assert done.returncode == 0, done.stderr
        planned: dict[str, object] = json.loads(done.stdout)["plan"]
        assert planned["unread"] == {}
        return planned

    def all_reach_all(self) -> bool:
        hosts = self.network.hosts.values()
        words = {word for host in hosts for word in host.sh("ip -4 -o addr").split()}
        meshed = sorted(word.split("/")[0] for word in words if word.startswith("10.66.0.") and word.endswith("/24"))
        assert len(meshed) == len(NAMES), meshed
        return all(
            host.run("ping", "-c", "1", "-w", "15", address, check=False).returncode == 0
            for host in hosts
            for address in meshed
        )

    def written_since(self, mark: str) -> str:
        look = f"find /etc /var/lib/momentum /home /root -newer {mark} -type f"
        return "".join(host.sh(look, check=False) for host in self.network.hosts.values())


@pytest.fixture
def company(network: Network, tmp_path: Path) -> Iterator[Company]:
    for name in NAMES:
        fit_for_k3s(network.add(name), tmp_path / "disks" / name, network.address(1), STORE)
    addresses = [host.address for host in network.hosts.values()]
    release(tmp_path / "releases", VERSION)
    etcd_release.release(tmp_path / "releases", etcdctl.VERSION)
    bucket, text = prepared(tmp_path, network.key), (tmp_path / "fleet.yaml").read_text()
    assert f"endpoint: {STORE}" in text and f"version: {VERSION}" in text
    with (
        s3_server(bucket, network.address(1), 80) as store,
        served(tmp_path / "releases", network.address(1)) as releases,
        OvhServer(Delivering(addresses)) as provider,
    ):
        around = environment(tmp_path, provider=provider.url, store=store, releases=releases)
        yield Company(tmp_path, network, provider, around, [])


def told_of(company: Company) -> dict[str, int]:
    world = company.provider.world
    return {"orders": len(world.orders), "payments": len(world.payments), "machines": len(world.machines)}


def cluster_of(company: Company) -> dict[str, object]:
    """What etcd and the API servers themselves say; each server is asked."""
    from momentum.provisioning.observe.cluster import CERTIFICATES

    flags = " ".join(f"{flag}={file}" for flag, file in CERTIFICATES.items())
    listed = f"etcdctl {flags} --endpoints=https://127.0.0.1:2379 member list"
    servers = [company.network.hosts[name] for name in NAMES[:3]]
    members = {tuple(sorted(row.split(", ")[2] for row in host.sh(listed).splitlines())) for host in servers}
    nodes = {host.sh("k3s kubectl get nodes") for host in servers}
    assert len(members) == len(nodes) == 1, "the servers do not agree"
    journal = Journal(company.folder / "infra" / "journal.sqlite", None)
    try:
        known = journal.known().cluster_id
    finally:
        journal.close()
    ids = {host.sh("k3s kubectl get --raw /api/v1/namespaces/kube-system") for host in servers}
    assert known and all(known in told for told in ids), "another cluster than the journal's"
    started = [host.started_units().count(unit) for host in servers for unit in ("k3s.service", "k3s-agent.service")]
    return {
        "members": [name.rpartition("-")[0] for name in members.pop()],
        "nodes": nodes.pop().split(),
        "started": sum(started),
    }


WHOLE = {"members": ["server-1", "server-2", "server-3"]}
WHOLE |= {"nodes": [word for name in ("agent-1", *WHOLE["members"]) for word in (name, VERSION)]}


def objects(company: Company) -> list[bytes]:
    import boto3

    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    store = boto3.client("s3", endpoint_url=company.environment["MOMENTUM_S3_URL"], **keys)
    listed = [
        (bucket["Name"], one["Key"])
        for bucket in store.list_buckets()["Buckets"]
        for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for one in page.get("Contents", [])
    ]
    return [store.get_object(Bucket=bucket, Key=key)["Body"].read() for bucket, key in listed]


def no_secret_anywhere(company: Company) -> None:
    """What was printed, journal, store, kept plans, and what anybody may read on a host."""
    texts = {f"output {number}": text for number, text in enumerate(company.said)}
    texts |= {f"object {number}": data.decode("latin-1") for number, data in enumerate(objects(company))}
    for path in (*company.folder.joinpath("infra").rglob("*"), *company.folder.joinpath("home").rglob("*")):
        if path.is_file():
            texts[str(path)] = path.read_bytes().decode("latin-1")
    with sqlite3.connect(company.folder / "infra" / "journal.sqlite") as journal:
        texts["journal"] = str(journal.execute("SELECT * FROM events").fetchall())
    for path in company.folder.joinpath("dagster").rglob("*"):
        if path.is_file():
            texts[str(path)] = path.read_bytes().decode("latin-1")
    for name, host in company.network.hosts.items():
        look = f"find {READ_BY_ALL} -xdev -type f -perm -o=r -size -1M -exec cat {{}} +"
        texts[name] = host.sh(look, check=False)
    assert len(texts) > 100
    for name, secret in SECRETS.items():
        assert [place for place, text in texts.items() if secret in text] == [], name
