"""K3s in memory: what one host has of it, and what its process does by itself, one sign of life after the other.

The rules are K3s's own. It founds where its configuration says so and the disk holds no etcd; it reads how it comes to
its cluster only then. It joins in two halves: etcd counts the new member before the disk holds any of it. A started
member under its address is somebody else, one that never started is itself. A node is refused under another disk's
password. Whom etcd has put out begins anew, as systemd starts it again, and joins again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from momentum.fleet.facts import Node
from momentum.fleet.quorum import majority
from momentum.fleet.render.k3s import PATH, PATH_JOIN, TOKEN
from momentum.provisioning.execute.k3s_host import S3_KEYS

if TYPE_CHECKING:
    from tests.standins.machines_in_memory import Box

SERVER, AGENT = "k3s.service", "k3s-agent.service"


class Stage(IntEnum):
    """How far a process has come. A server serves Kubernetes from SERVES on, and is a node at the end."""

    BEGUN = 0
    TRUSTED = 1
    ADDED = 2
    ETCD = 3
    SERVES = 4
    NODE = 5


@dataclass
class Member:
    id: str
    peer_url: str
    name: str = ""  # as long as it never started

    @property
    def address(self) -> str:
        return urlsplit(self.peer_url).hostname or ""


@dataclass
class Kept:
    """What etcd keeps, and a snapshot holds."""

    ca: str
    uid: str
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)


@dataclass
class Etcd:
    """The members of one cluster. Only those that started have a vote; a new one learns first."""

    kept: Kept
    members: dict[str, Member] = field(default_factory=dict)
    added: int = 0

    def add(self, peer_url: str) -> Member:
        self.added += 1
        member = Member(f"{0xA0 + self.added:x}", peer_url)
        self.members[member.id] = member
        return member

    def named(self) -> list[Member]:
        return [member for member in self.members.values() if member.name]


@dataclass
class Process:
    unit: str
    version: str
    config: dict[str, Any]
    stage: Stage = Stage.BEGUN

    @property
    def address(self) -> str:
        return str(self.config["node-ip"])


@dataclass
class K3s:
    """Of one host: programs, disk, process. `job` is what systemd was asked for and has not begun."""

    program: str | None = None
    ca: str | None = None
    etcd: Etcd | None = None
    member: str | None = None
    put_out: bool = False
    reset: bool = False
    password: str | None = None
    snapshots: dict[str, Kept] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)
    process: Process | None = None
    job: str | None = None
    failed: bool = False
    enabled: set[str] = field(default_factory=set)
    starts: int = 0
    crashes: int = 0

    def unit_state(self, unit: str) -> str:
        """As `systemctl is-active` says."""
        if self.process is None or self.process.unit != unit:
            return "activating" if self.job == unit else "failed" if self.failed else "inactive"
        ready = unit == AGENT or self.process.stage >= Stage.SERVES
        return "active" if ready else "activating"

    def has(self, stage: Stage) -> bool:
        return self.process is not None and self.process.stage >= stage

    def units(self, files: Collection[str]) -> dict[str, str]:
        """Of units whose file is there, as a look at a host tells them."""
        there = [unit for unit in (SERVER, AGENT) if f"/etc/systemd/system/{unit}" in files]
        return {unit: self.unit_state(unit) + ("" if unit in self.enabled else ", disabled") for unit in there}

    def state(self, files: Collection[str]) -> dict[str, Any]:
        """What must be equal after any way to the same end."""
        runs = self.process and (
            self.process.version,
            sorted(map(str, self.process.config.items())),
            self.process.stage,
        )
        etcd = self.etcd and (
            sorted((one.address, bool(one.name)) for one in self.etcd.members.values()),
            self.etcd.kept.uid,
            sorted((name, sorted(map(str, node.items()))) for name, node in self.etcd.kept.nodes.items()),
        )
        disk = (self.ca, etcd, self.put_out, self.reset, sorted(self.snapshots), bool(self.aside))
        return {"program": self.program, "disk": disk, "runs": runs, "K3s's units": self.units(files)}


@lru_cache(256)
def _parsed(content: bytes) -> dict[str, Any]:
    return dict(yaml.safe_load(content))


def mesh_address(box: Box) -> str:
    return str(_parsed(box.files[PATH].content)["node-ip"])


@dataclass
class Cluster:
    """All hosts' K3s together. `network`: whether the cluster's network is there, without which no node is ready."""

    boxes: dict[str, Box]
    network: bool = False
    done: Counter[str] = field(default_factory=Counter)

    # Who is there, and who answers whom.

    def at(self, address: str) -> Box | None:
        """The host whose K3s runs under this address of the mesh."""
        return next(
            (box for box in self.boxes.values() if box.k3s.process and box.k3s.process.address == address), None
        )

    def sees(self, one: Box, other: Box | None) -> bool:
        if other is None or one is other:
            return other is not None
        return other.mesh_key in one.peers and one.mesh_key in other.peers

    def is_member(self, box: Box) -> bool:
        return box.k3s.etcd is not None and box.k3s.member in box.k3s.etcd.members

    def lives(self, box: Box | None) -> bool:
        """Whether its etcd runs and is a member."""
        return box is not None and box.k3s.has(Stage.ETCD) and self.is_member(box)

    def quorum(self, box: Box) -> bool:
        """Whether the etcd of this host is in touch with one that a majority is in touch with, and that so may lead."""
        if not self.lives(box):
            return False
        etcd = box.k3s.etcd
        assert etcd is not None
        alive = [other for other in self.boxes.values() if other.k3s.etcd is etcd and self.lives(other)]
        needed = majority(len(etcd.named()))
        return any(
            self.sees(box, leader) and sum(self.sees(leader, other) for other in alive) >= needed for leader in alive
        )

    def serves(self, box: Box | None) -> bool:
        return box is not None and box.k3s.has(Stage.SERVES) and self.quorum(box)

    def nodes(self, etcd: Etcd) -> tuple[Node, ...]:
        return tuple(self._node(name, kept, etcd) for name, kept in sorted(etcd.kept.nodes.items()))

    def _node(self, name: str, kept: dict[str, Any], etcd: Etcd) -> Node:
        box = self.at(kept["address"])
        runs = box is not None and box.k3s.has(Stage.NODE) and box.k3s.ca == etcd.kept.ca
        return Node(
            name=name,
            ready=runs and self.network,
            cordoned=kept["cordoned"],
            labels=dict(kept["labels"]),
            version=kept["version"],
            internal_ip=kept["address"],
        )

    def snapshot(self, box: Box) -> Kept:
        assert box.k3s.etcd is not None
        return deepcopy(box.k3s.etcd.kept)

    # What goes on by itself.

    def moves_on(self, fuse: Callable[[str], None]) -> bool:
        """Each K3s that is on its way comes one step further. Whether any did."""
        moved = [self._told(box, said, fuse) for box in list(self.boxes.values()) if (said := self._next(box))]
        return bool(moved)

    def _told(self, box: Box, said: str, fuse: Callable[[str], None]) -> str:
        fuse(f"K3s of {box.address} {said}")
        return said

    def on_their_way(self) -> list[Box]:
        return [box for box in self.boxes.values() if box.k3s.job or (box.k3s.process and not self._settled(box))]

    def crash(self) -> None:
        """What is on its way ends, and stays down until somebody starts it."""
        for box in self.on_their_way():
            k3s = box.k3s
            k3s.crashes += k3s.job is None  # one that was only asked for is started once all the same
            k3s.failed, k3s.process, k3s.job = True, None, None

    def give_up_learners(self) -> None:
        """What K3s's leader does after five minutes with a new member that never came."""
        for etcd in {id(box.k3s.etcd): box.k3s.etcd for box in self.boxes.values() if box.k3s.etcd}.values():
            for member in [one for one in etcd.members.values() if not one.name]:
                del etcd.members[member.id]
                self.done["members added"] -= 1

    def _settled(self, box: Box) -> bool:
        return box.k3s.has(Stage.NODE) and not self._put_out(box)

    def _put_out(self, box: Box) -> bool:
        return box.k3s.has(Stage.ETCD) and box.k3s.etcd is not None and not self.is_member(box)

    def _next(self, box: Box) -> str | None:
        k3s = box.k3s
        if k3s.job:
            self._begin(box, k3s.job)
            return "begins"
        if k3s.process is None or self._settled(box):
            return None
        if self._put_out(box):
            k3s.put_out = True
            self._begin(box, k3s.process.unit)
            return "was put out of etcd and is started again"
        steps = self._of_agent(box) if k3s.process.unit == AGENT else self._of_server(box)
        return next(steps, None)

    def _begin(self, box: Box, unit: str) -> None:
        k3s = box.k3s
        assert k3s.program and f"/etc/systemd/system/{unit}" in box.files and box.files[TOKEN].mode == 0o600
        assert unit == AGENT or S3_KEYS in box.files
        k3s.process = Process(unit, k3s.program, _parsed(box.files[PATH].content))
        k3s.job, k3s.failed = None, False
        k3s.starts += 1

    def _of_server(self, box: Box) -> Iterator[str]:
        """Yields at most once: what has just been reached."""
        k3s, process = box.k3s, box.k3s.process
        assert process is not None
        if process.stage == Stage.BEGUN:
            yield from self._finds_its_cluster(box, k3s, process)
        elif process.stage == Stage.TRUSTED:
            yield from self._is_added(box, process)
        elif process.stage == Stage.ADDED:
            yield from self._has_etcd(box, k3s, process)
        elif process.stage == Stage.ETCD:
            if self.quorum(box):
                yield self._reached(process, Stage.SERVES, "serves")
        elif process.stage == Stage.SERVES:
            yield from self._is_node(box, box)

    def _finds_its_cluster(self, box: Box, k3s: K3s, process: Process) -> Iterator[str]:
        if k3s.put_out:
            k3s.etcd, k3s.member, k3s.put_out = None, None, False
        k3s.reset = False
        if k3s.etcd is not None:
            if k3s.ca != k3s.etcd.kept.ca:
                k3s.ca = k3s.etcd.kept.ca
            if not self.is_member(box):
                k3s.put_out = True
                self._begin(box, process.unit)
                yield "was put out of etcd and is started again"
            else:
                yield self._reached(process, Stage.ETCD, "has etcd on its disk")
            return
        how = self._how(box)
        if how.get("cluster-init"):
            k3s.ca = k3s.ca or f"ca-{self.done['founded'] + 1}"
            yield self._reached(process, Stage.ADDED, "founds")
        elif via := self._via(box, how):
            assert via.k3s.etcd is not None
            k3s.ca = via.k3s.etcd.kept.ca
            yield self._reached(process, Stage.TRUSTED, "trusts the cluster")

    def _how(self, box: Box) -> dict[str, Any]:
        assert PATH_JOIN in box.files, "K3s would begin a cluster of its own on SQLite"
        return _parsed(box.files[PATH_JOIN].content)

    def _via(self, box: Box, how: dict[str, Any]) -> Box | None:
        """The server that it is told to join through, where that answers and takes its token."""
        via = self.at(urlsplit(how["server"]).hostname or "")
        if via is None or via is box or not self.sees(box, via) or not self.serves(via):
            return None
        assert via.files[TOKEN].content == box.files[TOKEN].content
        return via

    def _is_added(self, box: Box, process: Process) -> Iterator[str]:
        via = self._via(box, self._how(box))
        if via is None or via.k3s.etcd is None:
            return
        etcd = via.k3s.etcd
        mine = [member for member in etcd.members.values() if member.address == process.address]
        if any(member.name for member in mine):
            self.done["refused under a stale member"] += 1
            return
        if not mine:
            if any(not member.name for member in etcd.members.values()):
                return  # etcd takes one that learns at a time
            etcd.add(f"https://{process.address}:2380")
            self.done["members added"] += 1
        yield self._reached(process, Stage.ADDED, "is added to etcd")

    def _has_etcd(self, box: Box, k3s: K3s, process: Process) -> Iterator[str]:
        how = self._how(box)
        if how.get("cluster-init"):
            assert k3s.ca is not None
            self.done["founded"] += 1
            etcd = Etcd(Kept(k3s.ca, f"uid-{self.done['founded']}"))
            etcd.add(f"https://{process.address}:2380")
        elif (via := self._via(box, how)) and via.k3s.etcd:
            etcd = via.k3s.etcd
        else:
            return
        mine = [member for member in etcd.members.values() if member.address == process.address and not member.name]
        if not mine:
            return
        mine[0].name = f"{process.config['node-name']}-{mine[0].id}"
        k3s.etcd, k3s.member = etcd, mine[0].id
        yield self._reached(process, Stage.ETCD, "has etcd on its disk")

    def _of_agent(self, box: Box) -> Iterator[str]:
        process = box.k3s.process
        assert process is not None
        via = self._via(box, self._how(box))
        if via is None or via.k3s.etcd is None:
            return
        if process.stage == Stage.BEGUN:
            box.k3s.ca = via.k3s.etcd.kept.ca
            yield self._reached(process, Stage.TRUSTED, "trusts the cluster")
        else:
            yield from self._is_node(box, via)

    def _is_node(self, box: Box, through: Box) -> Iterator[str]:
        k3s, etcd, process = box.k3s, through.k3s.etcd, box.k3s.process
        assert process is not None
        if etcd is None or not self.serves(through):
            return
        kept, name = etcd.kept, process.config["node-name"]
        if k3s.password is None:
            self.done["passwords born"] += 1
            k3s.password = hashlib.sha256(f"{name} {self.done['passwords born']}".encode()).hexdigest()
        if kept.passwords.setdefault(name, k3s.password) != k3s.password:
            self.done["refused under another password"] += 1
            return
        if name not in kept.nodes:
            self.done["nodes registered"] += 1
            labels = dict(label.split("=", 1) for label in process.config["node-label"])
            labels["kubernetes.io/hostname"] = name
            kept.nodes[name] = {"labels": labels, "cordoned": False, "address": process.address}
        kept.nodes[name]["version"] = process.version
        yield self._reached(process, Stage.NODE, "is a node")

    def _reached(self, process: Process, stage: Stage, said: str) -> str:
        process.stage = stage
        return said
