"""A real etcd of several members on loopback, each with a folder that can be wiped and a process that can be killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from momentum.adapters.etcd import Etcd, EtcdError
from momentum.adapters.ssh import Result
from tests.cluster import build
from tests.cluster.processes import Processes, free_ports


def run_here(argv: Sequence[str], *, timeout_s: float) -> Result:
    """A command with this machine in a host's place."""
    try:
        done = subprocess.run(list(argv), capture_output=True, text=True, check=False, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return Result(124, "", "timed out")
    return Result(done.returncode, done.stdout, done.stderr)


def _checked(argv: Sequence[str | Path]) -> str:
    ran = run_here([str(word) for word in argv], timeout_s=60)
    if ran.exit:
        raise EtcdError(ran.err)
    return ran.out


@dataclass
class Members:
    """Members by the names of their servers. `found`, `join` start one, `kill` and `wipe` lose it."""

    folder: Path
    processes: Processes
    client_ports: dict[str, int] = field(default_factory=dict)
    peer_ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, names: Sequence[str]) -> Members:
        ports = free_ports(2 * len(names))
        clients, peers = ports[: len(names)], ports[len(names) :]
        return cls(
            folder, Processes(folder), dict(zip(names, clients, strict=True)), dict(zip(names, peers, strict=True))
        )

    def client_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.client_ports[name]}"

    def peer_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.peer_ports[name]}"

    def data(self, name: str) -> Path:
        return self.folder / name

    def etcd(self, *names: str) -> Etcd:
        """The adapter, asking these members, or all that have a process."""
        asked = names or tuple(self.processes.running)
        programs = build.folder()
        urls = tuple(self.client_url(name) for name in asked)
        return Etcd(run_here, urls, {}, str(programs / "etcdctl"), timeout_s=3)

    def found(self, *names: str) -> None:
        """All at once, as one new cluster."""
        for name in names:
            self._launch(name, names, "new")
        for name in names:
            self._ready(name)

    def join(self, name: str, via: str, *, patience_s: float = 15) -> None:
        """As K3s joins: added as a member through one that lives, then started with the members that there are."""
        etcd = self.etcd(via)
        add = [
            etcd.ctl,
            f"--endpoints={etcd.endpoints[0]}",
            "member",
            "add",
            name,
            f"--peer-urls={self.peer_url(name)}",
        ]
        until = time.monotonic() + patience_s
        while (added := run_here(add, timeout_s=10)).exit and "unhealthy cluster" in added.err:
            # etcd takes nobody in before it has seen its other members for five seconds
            assert time.monotonic() < until, added.err
            time.sleep(0.2)
        assert added.exit == 0, added.err
        there = {member.peer_url for member in etcd.members()}
        self._start(name, [one for one in self.peer_ports if self.peer_url(one) in there], "existing")

    def start(self, name: str) -> None:
        """With what is on its disk."""
        self._start(name, [name], "existing")

    def kill(self, name: str) -> None:
        self.processes.kill(name)

    def wipe(self, name: str) -> None:
        self.kill(name)
        shutil.rmtree(self.data(name))

    def save(self, via: str, path: Path) -> dict[str, Any]:
        """A snapshot of that member, and what etcdutl tells of it. Raises EtcdError."""
        _checked([build.folder() / "etcdctl", f"--endpoints={self.client_url(via)}", "snapshot", "save", path])
        told = _checked([build.folder() / "etcdutl", "snapshot", "status", path, "--write-out=json"])
        return dict(json.loads(told))

    def restore(self, path: Path, name: str) -> None:
        """A new data folder of this one member. Raises EtcdError, also where the file is not whole."""
        peer = self.peer_url(name)
        argv = ["snapshot", "restore", path, f"--data-dir={self.data(name)}", f"--name={name}"]
        argv += [f"--initial-cluster={name}={peer}", f"--initial-advertise-peer-urls={peer}"]
        _checked([build.folder() / "etcdutl", *argv])

    def _start(self, name: str, cluster: Sequence[str], state: str) -> None:
        self._launch(name, cluster, state)
        self._ready(name)

    def _ready(self, name: str) -> None:
        self.processes.wait(name, lambda: self.etcd(name).has_quorum(), 20)

    def _launch(self, name: str, cluster: Sequence[str], state: str) -> None:
        client, peer = self.client_url(name), self.peer_url(name)
        self.processes.start(
            name,
            [
                build.folder() / "etcd",
                f"--name={name}",
                f"--data-dir={self.data(name)}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster={','.join(f'{one}={self.peer_url(one)}' for one in cluster)}",
                f"--initial-cluster-state={state}",
                "--heartbeat-interval=50",
                "--election-timeout=500",
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
        )
