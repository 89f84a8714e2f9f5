"""Which snapshot is restored, from where, and with which options of K3s."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from momentum.adapters.kubernetes import ClusterError
from momentum.adapters.ssh import Result
from momentum.errors import MomentumError
from momentum.fleet.facts import Facts, Snapshot
from momentum.fleet.membership import RESTORED
from momentum.fleet.steps import Step
from momentum.provisioning.execute.k3s_restore import SNAPSHOTS, restore
from momentum.provisioning.observe.snapshots import newest_stored
from momentum.provisioning.outside import Outside
from tests.standins.objects import MemoryStore
from tests.unit.fleet.cluster_cases import EMPTY, FLEET, KNOWN, host, hosts_with, well
from tests.unit.fleet.test_fleet_drift import MACHINES

NOW = int(time.time())
AGE = r"[12]\.\d hours old, "  # an hour, and the time since this module was read
OLD, NEW = f"etcd-snapshot-s2-{NOW - 7200}", f"etcd-snapshot-s1-{NOW - 3600}"
SECRETS = {"k3s_token": "t", "s3_access_key": "a", "s3_secret_key": "s"}


@dataclass
class Hosts:
    """Hosts on which every script does what it should; K3s's own word is kept."""

    restored: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)
    answers: bool = False
    started: bool = False

    def run(self, server: str, argv: Sequence[str], **_: Any) -> Result:
        name = argv[3] if len(argv) > 3 else ""
        if name == "stop K3s":
            self.stopped.append(server)
        if name == "restore":
            self.marks[RESTORED] = argv[4].encode()
            self.restored.append((server, tuple(argv[5:])))
        self.started |= name == "start"
        if argv[0] == "rm":
            self.marks.pop(argv[-1], None)
        return Result(0, "reset" if name == "restore" else "", "")

    def check(self, server: str, argv: Sequence[str], **options: Any) -> str:
        return self.run(server, argv, **options).out

    def read(self, _: str, path: str) -> bytes | None:
        return self.marks.get(path)

    def put_all(self, *_: Any, **__: Any) -> None:
        pass

    def through(self, servers: Sequence[str]) -> Hosts:
        if not self.restored and not (self.answers and self.started):
            raise ClusterError("nobody answers")
        return self

    def cluster_id(self) -> str:
        return "uid-1"


def lost(*on_disk: str) -> Facts:
    """Of three servers the second alone has etcd, with these snapshots of an hour's name."""
    snapshots = tuple(Snapshot(name, int(name.rpartition("-")[2])) for name in on_disk)
    facts = replace(well(), cluster=None, machines=dict(MACHINES))
    return hosts_with(facts, s1=EMPTY, s3=EMPTY, s2=host(snapshots=snapshots))


def stored(**objects: bytes) -> MemoryStore:
    store = MemoryStore()
    for name, data in objects.items():
        store.put(f"etcd/{name}", data)
    return store


def do(
    facts: Facts, store: MemoryStore | None, wanted: str = "newest", hosts: Hosts | None = None
) -> tuple[Hosts, Any, list[str]]:
    hosts, said = hosts or Hosts(), list[str]()
    services = dict(zip([one.name for one in FLEET.servers], MACHINES, strict=True))

    class Journal:
        def known(self) -> Any:
            return replace(KNOWN, services=services)

    outside = Outside(FLEET, None, hosts, hosts, Journal(), facts, SECRETS, store)  # type: ignore[arg-type]
    step = Step("k3s.restore", "s2", "lost", wants={"version": FLEET.k3s.version, "snapshot": wanted})
    return hosts, restore(step, outside, said.append), said


def test_one_of_its_own_disk_is_taken_by_its_path_past_the_store() -> None:
    hosts, result, said = do(lost(OLD, NEW), stored(**{OLD: b"1"}))
    [(server, options)] = hosts.restored
    assert server == "s2"
    assert set(options) == {"--etcd-s3=false", f"--cluster-reset-restore-path={SNAPSHOTS}/{NEW}"}
    assert result == {"restored": NEW}
    assert hosts.stopped == ["s1", "s2", "s3"]
    assert any(NEW in line and re.search(AGE + "from its own disk", line) for line in said)


def test_a_newer_one_of_the_store_is_fetched_by_k3s_under_its_bare_name() -> None:
    hosts, result, said = do(lost(OLD), stored(**{NEW: b"1", OLD: b"1"}))
    assert hosts.restored == [("s2", (f"--cluster-reset-restore-path={NEW}",))]
    assert result == {"restored": NEW}
    assert any(re.search(AGE + "from the object store", line) for line in said)


# ids: the names hold the time of this very process, and pytest-xdist wants the same tests of each
@pytest.mark.parametrize("mark", [NEW, OLD], ids=["this one", "an older one"])
def test_killed_after_the_reset_the_same_is_not_restored_again_and_nothing_is_stopped(mark: str) -> None:
    """Its K3s may have run for a while and ended: what was written there since would be gone."""
    again = Hosts(marks={RESTORED: mark.encode()}, answers=True)
    do(lost(NEW), None, NEW, again)
    assert bool(again.restored) == bool(again.stopped) == (mark == OLD)
    assert again.marks == {}, "a restore of a later day is not that one"


def test_the_one_that_was_said_yes_to_is_taken_though_a_newer_one_came() -> None:
    assert do(lost(OLD), stored(**{NEW: b"1"}), OLD)[1] == {"restored": OLD}


@pytest.mark.parametrize(
    ("store", "wanted", "told"),
    [
        (stored(), "newest", "no snapshot of etcd in .* none of this cluster in momentum/etcd of the bucket momentum"),
        (None, "newest", "no snapshot of etcd in .* the object store's keys are not set"),
        (stored(**{NEW: b"1"}), OLD, f"{OLD} is gone, and the newest in the object store is {NEW}"),
        (stored(), OLD, f"there is no {OLD}"),
    ],
    ids=["none", "no store", "gone, and a newer one", "gone"],
)
def test_without_one_nothing_is_stopped_and_the_way_out_is_told(
    store: MemoryStore | None, wanted: str, told: str
) -> None:
    with pytest.raises(MomentumError, match=rf"s2: .*{told}.*[Pp]lan again"):
        do(lost(), store, wanted, hosts := Hosts())
    assert (hosts.stopped, hosts.restored) == ([], [])


def test_only_whole_snapshots_of_this_cluster_count_in_the_store() -> None:
    store = stored(**{OLD: b"1", f".metadata/{NEW}": b"{}", f"before/{NEW}": b"1", f"{NEW}.part.minio": b"1"})
    store.put(f"etcd/etcd-snapshot-s3-{NOW}", b"")
    store.put(f"etcd/another-{NOW}.zip", b"1")
    store.noted[f"etcd/another-{NOW}.zip"] = {"k3s-cluster-id": "uid-2"}
    store.noted[f"etcd/{OLD}"] = {"k3s-cluster-id": "uid-1"}
    assert newest_stored(store, "uid-1") == Snapshot(OLD, NOW - 7200)
    assert newest_stored(store, "uid-2") == Snapshot(f"another-{NOW}.zip", NOW)
    assert newest_stored(None, "uid-1") is None
