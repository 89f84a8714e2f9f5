"""etcd through its own command, run on a host or here: members, health, removal. Snapshots are K3s's own matter.

It prints JSON; a number that etcd keeps as 64 bits comes as a decimal there and as hexadecimal everywhere else, so an
id here is always hexadecimal, as the commands want it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from momentum.errors import MomentumError
from momentum.fleet.facts import EtcdMember


class Ran(Protocol):
    """What a command came to: its exit code, what it printed, and what it printed to the error stream."""

    @property
    def exit(self) -> int: ...
    @property
    def out(self) -> str: ...
    @property
    def err(self) -> str: ...


class Run(Protocol):
    """Runs a command where etcd's commands and certificates are."""

    def __call__(self, argv: Sequence[str], *, timeout_s: float) -> Ran: ...


class EtcdError(MomentumError):
    """etcd refused, or did not answer."""


class NoQuorum(EtcdError):
    """etcd answers, and its majority does not."""


@dataclass(frozen=True)
class Etcd:
    """`endpoints` are client URLs; `certificates` etcdctl's flags --cacert, --cert, --key with their files."""

    run: Run
    endpoints: tuple[str, ...]
    certificates: Mapping[str, str]
    ctl: str = "etcdctl"
    timeout_s: float = 10

    def members(self) -> tuple[EtcdMember, ...]:
        """Every member that etcd counts, with its health as the member itself tells it.

        Read from the memory of one member where there is no majority, so that it can still be told who is missing.
        Raises EtcdError where no endpoint answers at all.
        """
        listed = self._json(["member", "list", "--consistency=s"])["members"]
        return tuple(
            EtcdMember(
                id=f"{int(one['ID']):x}",
                name=one.get("name", ""),
                peer_url=next(iter(one.get("peerURLs", ())), ""),
                started=bool(one.get("clientURLs")),
                # a learner has no vote yet
                healthy=bool(one.get("clientURLs")) and not one.get("isLearner") and self._healthy(one["clientURLs"]),
            )
            for one in sorted(listed, key=lambda one: (one.get("name", ""), one["ID"]))
        )

    def has_quorum(self) -> bool:
        """Whether a write would be taken: a key is read through the majority."""
        return self._ctl(["get", "health", "--consistency=l"], self.endpoints).exit == 0

    def remove(self, member_id: str) -> bool:
        """Whether it was there. Raises NoQuorum, EtcdError."""
        if member_id not in {member.id for member in self.members()}:
            return False
        self._checked(["member", "remove", member_id])
        return True

    def _healthy(self, urls: Sequence[str]) -> bool:
        """Its own endpoint knows a leader. It need not be able to write alone: that is what quorum is."""
        ran = self._ctl(["endpoint", "status", "--write-out=json"], tuple(urls))
        if ran.exit:
            return False
        return any(
            int(one["Status"].get("leader", 0)) and not one["Status"].get("errors") for one in json.loads(ran.out)
        )

    def _json(self, command: Sequence[str]) -> Any:
        return json.loads(self._checked([*command, "--write-out=json"]))

    def _checked(self, command: Sequence[str]) -> str:
        ran = self._ctl(command, self.endpoints)
        if ran.exit == 0:
            return ran.out
        asked = " ".join(command[:2])
        if not self.has_quorum():
            raise NoQuorum(f"etcd has no quorum: `{asked}` was refused ({_last(ran)})")
        raise EtcdError(f"etcd: `{asked}` was refused: {_last(ran)}")

    def _ctl(self, command: Sequence[str], endpoints: Sequence[str]) -> Ran:
        argv = [self.ctl, f"--endpoints={','.join(endpoints)}", f"--command-timeout={self.timeout_s:g}s"]
        argv += ["--dial-timeout=2s", *(f"{flag}={file}" for flag, file in self.certificates.items()), *command]
        return self.run(argv, timeout_s=self.timeout_s + 5)


def _last(ran: Ran) -> str:
    """The last line of what was said, which is etcd's reason."""
    said = (ran.err.strip() or ran.out.strip()).splitlines()
    return said[-1][-300:] if said else f"exit code {ran.exit}"
