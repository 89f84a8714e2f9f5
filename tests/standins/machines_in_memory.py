"""Hosts in memory behind the methods of `momentum.adapters.ssh.Hosts`: the executors' own scripts, by their names.

Each command that changes something is a boundary. A change that must be confirmed is taken back when the operator dies
before he has confirmed it, as the host itself does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from momentum.adapters.ssh import Endpoint, File
from momentum.fleet.facts import FileFact, Host, PeerFact, Snapshot
from momentum.fleet.membership import BEGUN, RESTORED
from momentum.fleet.operations.etcdctl import PROGRAM as ETCDCTL
from momentum.fleet.render import RenderedFile
from momentum.fleet.schema import Fleet
from momentum.provisioning.execute.access import CANDIDATE
from momentum.provisioning.execute.k3s import DB
from momentum.provisioning.execute.k3s_host import RESTART
from momentum.provisioning.fencing import REFUSED
from momentum.provisioning.managed import expected, managed
from momentum.provisioning.observe.host_script import FIREWALL_LOADED
from momentum.provisioning.rendered import server_of
from tests.standins.k3s_in_memory import Cluster, K3s
from tests.standins.k3s_scripts import K3sScripts
from tests.standins.world import Answer

_PEER = re.compile(r"^PublicKey = (\S+)\nEndpoint = (\S+)$", re.MULTILINE)


@dataclass
class Box:
    """One host. `undo` is what it goes back to unless it hears that all is well; `births` counts keys of the mesh."""

    address: str
    files: dict[str, File] = field(default_factory=dict)
    sysctl: dict[str, str] = field(default_factory=dict)
    mesh_key: str | None = None
    peers: dict[str, set[str]] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    rules: bytes | None = None
    keys: tuple[str, ...] = ()
    units: dict[str, str] = field(default_factory=dict)
    etcdctl: str | None = None
    epoch: int = 0
    undo: dict[str, Any] | None = None
    births: int = 0
    k3s: K3s = field(default_factory=K3s)

    def state(self) -> dict[str, Any]:
        others = {name: value for name, value in vars(self).items() if name not in ("epoch", "undo", "k3s")}
        return others | self.k3s.state(self.files)


class MemoryHosts(K3sScripts):
    """The cluster's `boxes` by address outlive the operators; `fuse` is called around every change."""

    def __init__(self, fleet: Fleet, cluster: Cluster, fuse: Callable[[str], None]) -> None:
        self.fleet, self.cluster, self.boxes, self.fuse = fleet, cluster, cluster.boxes, fuse
        self.endpoints: dict[str, Endpoint] = {}

    def shown_host_key(self, host: str) -> str:
        return f"ssh-ed25519 {self.endpoints[host].address}"

    def pin(self, host: str, host_key: str) -> None:
        self.endpoints[host] = replace(self.endpoints[host], host_key=host_key)

    def forget_connection(self, host: str) -> None:
        pass

    def read(self, host: str, path: str) -> bytes | None:
        there = self.box(host).files.get(path)
        return there.content if there else None

    def put(self, host: str, path: str, content: bytes | str, **owner: Any) -> None:
        self.put_all(host, [File(path, content.encode() if isinstance(content, str) else content, **owner)])

    def put_all(self, host: str, files: Sequence[File], **_: Any) -> None:
        self._change("put", lambda: self.box(host).files.update({file.path: file for file in files}))

    def check(self, host: str, argv: Sequence[str], **options: Any) -> str:
        answer = self.run(host, argv, **options)
        assert answer.exit == 0, answer
        return answer.out

    def run(self, host: str, argv: Sequence[str], **_: Any) -> Answer:
        did = self._did(self.box(host), argv)
        return did if isinstance(did, Answer) else Answer(0, did or "")

    def _did(self, box: Box, argv: Sequence[str]) -> Answer | str | None:
        did: Answer | str | None = None
        match argv:
            case ["sysctl", "-n", *keys]:
                did = "".join(f"{box.sysctl[key]}\n" for key in keys)
            case ["k3s", "etcd-snapshot", "save", name]:
                did = self._snapshot(box, name.removeprefix("--name="))
            case ["test", "-e", path]:
                did = Answer(int(path not in box.k3s.aside))
            case ["test", "-d", path]:
                did = Answer(int(path != f"{DB}/etcd/member" or box.k3s.etcd is None))
            case ["rm", "-f", *paths]:
                self._change("remove files", lambda: [box.files.pop(path, None) for path in paths])
            case [program, *_] if program == ETCDCTL:
                did = self._etcdctl(box, argv)
            case ["sh", "-c", script]:
                (self._due if RESTART in script else self._checked)(box)
            case ["sh", "-c", _, "fence", epoch]:
                did = self._fence(box, int(epoch))
            case ["sh", "-c", _, name, *words]:
                did = getattr(self, "_" + name.replace(" ", "_").lower())(box, *words)
            case _:
                raise AssertionError(argv)
        return did

    def box(self, host: str) -> Box:
        address = self.endpoints[host].address
        return self.boxes.setdefault(address, Box(address))

    # The scripts, by the word that follows each.

    def _fence(self, box: Box, epoch: int) -> Answer:
        if epoch < box.epoch:
            return Answer(REFUSED, err=str(box.epoch))
        box.epoch = epoch
        return Answer(0)

    def _checked(self, box: Box, *_: str) -> None:
        """nft's check of the candidate."""
        assert CANDIDATE in box.files

    def _home(self, box: Box, user: str) -> str:
        return f"/home/{user}\n"

    def _load(self, box: Box, *paths: str) -> None:
        def change() -> None:
            for path in paths:
                text = box.files[path].content.decode()
                box.sysctl |= managed([RenderedFile(path, text, "sysctl")]).sysctls

        self._change("sysctl", change)

    def _enable(self, box: Box, *words: str) -> None:
        units = [word for word in words if not word.startswith("--")]
        self._change("enable", lambda: box.units.update(dict.fromkeys(units, "active")))

    def _install_etcdctl(self, box: Box, base: str, version: str, *_: str) -> str:
        if box.etcdctl == version:
            return "there"
        self._change("etcdctl", lambda: setattr(box, "etcdctl", version))
        return "installed"

    def _born(self, box: Box, path: str) -> str:
        def change() -> str:
            assert box.mesh_key is None, "a key is born once"
            box.births += 1
            box.mesh_key = f"{hashlib.sha256(f'{box.address} {box.births}'.encode()).hexdigest()[:43]}="
            return box.mesh_key

        return str(self._change("mesh key", change))

    def _mesh(self, box: Box, interface: str, _: str) -> None:
        def change() -> None:
            path = f"/etc/wireguard/{interface}.conf"
            text = box.files[path].content.decode()
            box.peers = managed([RenderedFile(path, text, "mesh")]).peers
            box.endpoints = dict(_PEER.findall(text))
            box.units[f"wg-quick@{interface}.service"] = "active"

        self._change("mesh", change)

    def _begin(self, box: Box, folder: str, what: str, *_: str) -> None:
        def change() -> None:
            if what == "firewall":
                box.undo = {"rules": box.rules}
                clean, _, rules = box.files[CANDIDATE].content.partition(b"\ndelete table inet momentum\n")
                assert clean.startswith(b"table ")
                box.rules = rules
            else:
                box.undo = {"keys": box.keys}
                box.keys = tuple(sorted(" ".join(key.public_key.split()[:2]) for key in self.fleet.ssh.keys))

        self._change(what, change)

    def _keep(self, box: Box, folder: str, what: str, *_: str) -> str:
        def change() -> str:
            assert box.undo is not None, "there is nothing to keep"
            box.undo = None
            return "listed"

        return str(self._change(f"keep {what}", change))


def operator_gone(boxes: dict[str, Box]) -> None:
    """What hosts do by themselves: changes that nobody confirmed are taken back."""
    for box in boxes.values():
        vars(box).update(box.undo or {})
        box.undo = None


def read_hosts(hosts: MemoryHosts, names: Collection[str]) -> tuple[dict[str, Host], dict[str, str]]:
    return {name: _seen(hosts, name) for name in names}, {}


_PATHS: dict[str, frozenset[str]] = {}


def _paths(fleet: Fleet, name: str) -> frozenset[str]:
    """Where the files of a host are; those of one role are in the same places."""
    server = server_of(fleet, name)
    if server.role not in _PATHS:
        _PATHS[server.role] = frozenset(
            {file.path for file in expected(fleet, server).files} | {*BEGUN.values(), RESTORED}
        )
    return _PATHS[server.role]


def _seen(hosts: MemoryHosts, name: str) -> Host:
    box = hosts.box(name)
    loaded = box.files.get(FIREWALL_LOADED)
    ours = _paths(hosts.fleet, name)
    rules = hashlib.sha256(box.rules).hexdigest() if box.rules is not None else None
    if rules is not None and (loaded is None or loaded.content.decode().split()[0] != rules):
        rules = "changed by hand: listed"
    return Host(
        host_key=hosts.endpoints[name].host_key or "",
        files={
            path: FileFact(hashlib.sha256(file.content).hexdigest(), file.owner, file.mode)
            for path, file in box.files.items()
            if path in ours
        },
        sysctl=dict(box.sysctl),
        mesh_public_key=box.mesh_key,
        mesh_peers=tuple(
            PeerFact(key, box.endpoints[key], tuple(sorted(nets)), True) for key, nets in sorted(box.peers.items())
        ),
        firewall=rules,
        authorized_keys=box.keys,
        units=box.units | box.k3s.units(box.files),
        k3s_version=box.k3s.program,
        etcd_on_disk=box.k3s.etcd is not None,
        cluster_id=box.k3s.ca,
        snapshots=tuple(sorted((Snapshot(name, 0) for name in box.k3s.snapshots), key=lambda one: one.name)),
        reboot_needed=False,
        clock_offset_s=0.0,
        etcdctl_version=box.etcdctl,
    )
