"""The executors' own scripts around K3s, by the word that follows each, on hosts in memory.

A script runs to its end whatever becomes of the operator, as sshd lets it; where one changes several things, a host
may still be cut off between them, and each is a boundary.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from momentum.adapters.ssh import File
from momentum.fleet.membership import RESTORED
from momentum.fleet.render.k3s import PATH_JOIN
from momentum.provisioning.execute.k3s import DB, REJOINING
from momentum.provisioning.execute.k3s_host import RESTART
from tests.standins.k3s_in_memory import AGENT, Cluster, Etcd, K3s, Member, mesh_address
from tests.standins.world import Answer

if TYPE_CHECKING:
    from tests.standins.machines_in_memory import Box

WAITED_LONG = 30


class K3sScripts:
    """Mixed into the hosts. `cluster` outlives the operators, as the hosts do."""

    cluster: Cluster
    fuse: Callable[[str], None]
    waited: int = 0

    def _change(self, name: str, change: Callable[[], Any]) -> Any:
        self.fuse(f"before {name}")
        result = change()
        self.fuse(f"after {name}")
        return result

    def _install_k3s(self, box: Box, _: str, version: str, *__: str) -> str:
        if box.k3s.program == version:
            return "there"
        self._due(box)
        self._change("install K3s", lambda: setattr(box.k3s, "program", version))
        return "installed"

    def _due(self, box: Box) -> None:
        self._change("restart due", lambda: box.files.update({RESTART: File(RESTART, b"")}))

    def _secrets(self, box: Box, *paths: str) -> str:
        there = (box.files[path] for path in paths if path in box.files)
        return "".join(f"{file.owner}:{file.group} {file.mode:o} {file.path}\n" for file in there)

    def _start(self, box: Box, unit: str) -> str:
        """Asked again and again by one who waits: time passes."""
        self.waited = 0 if self.cluster.moves_on(self.fuse) else self.waited + 1
        assert self.waited < WAITED_LONG, f"nothing goes on any more: {self.cluster.on_their_way()}"
        k3s = box.k3s
        state = k3s.unit_state(unit)
        due = state == "active" and RESTART in box.files
        if not due and state not in ("inactive", "failed"):
            assert unit in k3s.enabled
            return ""

        def change() -> str:
            box.files.pop(RESTART, None)
            k3s.enabled.add(unit)
            k3s.job = unit
            return "restarted" if due else "started"

        return str(self._change("start K3s", change))

    def _move(self, box: Box, unit: str) -> str:
        k3s = box.k3s
        if REJOINING not in box.files:
            to = f"{DB}.before.{len(k3s.aside)}"
            self._change("mark of rejoining", lambda: box.files.update({REJOINING: File(REJOINING, to.encode())}))
        to = box.files[REJOINING].content.decode()
        if to in k3s.aside:
            return ""
        self._change("stop K3s", lambda: _stop(k3s))

        def change() -> None:
            k3s.aside.append(to)
            k3s.etcd, k3s.member, k3s.snapshots = None, None, {}

        self._change("move etcd", change)
        return to

    def _saved(self, box: Box, name: str) -> str:
        return next((f"{DB}/snapshots/{one}" for one in box.k3s.snapshots if one.startswith(name)), "")

    def _snapshot(self, box: Box, name: str) -> Answer:
        if not self.cluster.quorum(box):
            return Answer(1, err="etcd does not answer")

        self._change("snapshot", lambda: box.k3s.snapshots.update({name: self.cluster.snapshot(box)}))
        return Answer(0)

    def _stop_k3s(self, box: Box) -> None:
        if box.k3s.process or box.k3s.job:
            self._change("stop K3s", lambda: _stop(box.k3s))

    def _leave(self, box: Box) -> None:
        if box.k3s.process or box.k3s.job or box.k3s.enabled:
            self._change("stop K3s for good", lambda: _leave(box.k3s))

    def _restore(self, box: Box, chosen: str, *options: str) -> str:
        k3s = box.k3s
        if k3s.reset:
            self._note_restored(box, chosen)
            return ""
        _, path = next(option for option in options if "restore-path" in option).split("=")
        snapshot = k3s.snapshots[path.removeprefix(f"{DB}/snapshots/")]
        servers = (other.k3s for other in self.cluster.boxes.values() if other.k3s.unit_state(AGENT) != "active")
        assert not any(other.process or other.job for other in servers)
        if k3s.etcd:
            self._change("copy etcd", lambda: k3s.aside.append(f"{DB}.before.{len(k3s.aside)}"))
        self._change("forget how to join", lambda: box.files.pop(PATH_JOIN, None))

        def change() -> None:
            self.cluster.done["restored"] += 1
            k3s.etcd = Etcd(deepcopy(snapshot))
            member = k3s.etcd.add(f"https://{mesh_address(box)}:2380")
            member.name, k3s.member, k3s.reset, k3s.put_out = f"restored-{member.id}", member.id, True, False
            k3s.ca = snapshot.ca

        self._change("reset", change)
        self._note_restored(box, chosen)
        return "reset"

    def _note_restored(self, box: Box, chosen: str) -> None:
        self._change("restored", lambda: box.files.update({RESTORED: File(RESTORED, chosen.encode())}))

    def _etcdctl(self, box: Box, argv: Sequence[str]) -> Answer:
        assert box.etcdctl is not None
        if not self.cluster.lives(box) or box.k3s.etcd is None:
            return Answer(1, err="connection refused")
        members, quorum = box.k3s.etcd.members, self.cluster.quorum(box)
        answer = Answer(0) if quorum else Answer(1, err="etcdserver: no leader")
        match [word for word in argv[1:] if not word.startswith("--")]:
            case ["member", "list"]:
                answer = Answer(0, json.dumps({"members": [_listed(one) for one in members.values()]}))
            case ["member", "remove", member] if quorum:
                self._change("remove member", lambda: members.pop(member))
            case ["endpoint", "status"]:
                asked = next(word for word in argv if word.startswith("--endpoints=https://"))
                answer = self._status(box, asked.removeprefix("--endpoints=https://").partition(":")[0])
        return answer

    def _status(self, box: Box, address: str) -> Answer:
        other = self.cluster.at(address)
        if other is None or not self.cluster.lives(other) or not self.cluster.sees(box, other):
            return Answer(1, err="connection refused")
        return Answer(0, json.dumps([{"Status": {"leader": int(self.cluster.quorum(other))}}]))


def _stop(k3s: K3s) -> None:
    k3s.process, k3s.job = None, None


def _leave(k3s: K3s) -> None:
    _stop(k3s)
    k3s.enabled.clear()


def _listed(member: Member) -> dict[str, Any]:
    urls = [f"https://{member.address}:2379"] if member.name else []
    return {"ID": int(member.id, 16), "name": member.name, "peerURLs": [member.peer_url], "clientURLs": urls}
