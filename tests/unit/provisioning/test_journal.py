"""The journal: on disk and in the mirror before the effect, whole after a loss, free of secrets."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from momentum.adapters.object_store import StoreUnreachable
from momentum.fleet.facts import OpenOrder
from momentum.fleet.steps import Plan, Price, Step
from momentum.provisioning.journal import Journal
from momentum.provisioning.masking import Masker
from momentum.provisioning.mirror import JournalForked
from tests.standins.objects import MemoryStore

STEP = Step("order", "s1", "no machine", price=Price(10.4, 124.8), wants={"plan": "model3"}, changes=("machines",))
PLAN = Plan("fleet", (STEP,))


def _worked(journal: Journal) -> int:
    journal.approve(PLAN, "ana", {"machines": []})
    entry = journal.begin(PLAN.hash, STEP, epoch=4)
    journal.remember("order", "s1", {"cart_id": "c1", "order_id": 7, "status": "ordered"})
    return entry


def test_an_event_is_in_the_mirror_when_begin_returns(tmp_path: Path) -> None:
    store = MemoryStore()
    journal = Journal(tmp_path / "j.db", store)
    entry = _worked(journal)
    assert entry == 3  # proposed, approved, begun
    assert store.keys("journal/") == [f"journal/{seq:09d}.json" for seq in (1, 2, 3, 4)]
    assert b'"begun"' in store.objects["journal/000000003.json"][0]


def test_it_is_written_through_to_the_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", None)
    assert journal._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert (tmp_path / "j.db").stat().st_mode & 0o777 == 0o600


def test_without_the_mirror_nothing_begins(tmp_path: Path) -> None:
    away = [False]

    def around(_: str) -> None:
        if away[0]:
            raise StoreUnreachable("away")

    store = MemoryStore(around)
    journal = Journal(tmp_path / "j.db", store)
    journal.approve(PLAN, "ana")
    away[0] = True
    with pytest.raises(StoreUnreachable):
        journal.begin(PLAN.hash, STEP)
    journal.close()
    away[0] = False
    again = Journal(tmp_path / "j.db", store)
    assert list(again.open_entries(PLAN.hash).values()) == [STEP.id], "what was not sent is sent at the next opening"
    assert len(store.keys("journal/")) == 3


def test_what_is_known_is_what_was_learnt(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", MemoryStore())
    entry = _worked(journal)
    assert journal.known().orders == (OpenOrder("s1", "c1", 7, "ordered"),)
    journal.done(entry, {"known": {"service": {"s1": "vps-1"}, "order": {"s1": None}}})
    journal.remember("host_key", "s1", "ssh-ed25519 AAAA")
    journal.remember("cluster_id", "", "c-1")
    journal.finish(PLAN.hash, '{"name": "momentum"}')
    known = journal.known()
    assert known.services == {"s1": "vps-1"} and known.orders == ()
    assert known.host_keys == {"s1": "ssh-ed25519 AAAA"}
    assert known.cluster_id == "c-1"
    assert known.applied_fleet == '{"name": "momentum"}'


def test_a_fleet_that_another_followed_is_known_as_an_older_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", None)
    journal.approve(PLAN, "ana")
    for fleet in ("one", "two"):
        journal.finish(PLAN.hash, fleet)
    assert (journal.replaced("two"), journal.replaced("never applied")) == (None, None)
    assert journal.replaced("one") is not None
    journal.finish(PLAN.hash, "one")  # somebody went back on purpose
    assert journal.replaced("one") is None


def test_a_lost_file_is_restored_from_the_mirror_and_told(tmp_path: Path) -> None:
    store, told = MemoryStore(), list[str]()
    before = Journal(tmp_path / "j.db", store)
    before.done(_worked(before), {"known": {"service": {"s1": "vps-1"}}})
    history, known = before.history(), before.known()
    after = Journal(tmp_path / "elsewhere" / "j.db", store, tell=told.append)
    assert (after.history(), after.known()) == (history, known)
    assert told == ["There was no journal here: 5 events restored from the object store."]
    assert after.proposed(PLAN.hash) == PLAN
    assert after.basis(PLAN.hash) == {"machines": []}


def test_an_older_file_is_brought_up_to_the_mirror(tmp_path: Path) -> None:
    store, told = MemoryStore(), list[str]()
    Journal(tmp_path / "a.db", store).approve(PLAN, "ana")
    other = Journal(tmp_path / "b.db", store)
    other.done(other.begin(PLAN.hash, STEP), {})
    assert Journal(tmp_path / "a.db", store, tell=told.append).done_steps(PLAN.hash) == {STEP.id}
    assert told == ["The journal in the object store was newer: 2 events taken over."]


def test_where_two_wrote_the_mirror_rules_and_ours_is_kept_aside(tmp_path: Path) -> None:
    store, told = MemoryStore(), list[str]()
    ours = Journal(tmp_path / "a.db", store)
    ours.approve(PLAN, "ana")
    ours.close()
    alone = Journal(tmp_path / "a.db", None)
    alone.begin(PLAN.hash, STEP)
    alone.close()
    theirs = Journal(tmp_path / "b.db", store)
    theirs.remember("cluster_id", "", "c-9")
    again = Journal(tmp_path / "a.db", store, tell=told.append)
    assert again.known().cluster_id == "c-9"
    assert again.open_entries(PLAN.hash) == {}
    assert "another machine since event 2" in told[0] and "set-aside-3" in told[0]
    assert b'"begun"' in (tmp_path / "a.db.set-aside-3").read_bytes()


def test_a_second_applier_is_found_out_by_its_first_write(tmp_path: Path) -> None:
    store = MemoryStore()
    one = Journal(tmp_path / "a.db", store)
    one.approve(PLAN, "ana")
    two = Journal(tmp_path / "b.db", store)
    one.begin(PLAN.hash, STEP)
    with pytest.raises(JournalForked, match="Somebody else wrote event 3"):
        two.begin(PLAN.hash, STEP)
    two.synchronise()
    assert len(two.open_entries(PLAN.hash)) == 1


def test_a_write_whose_answer_was_lost_is_no_fork(tmp_path: Path) -> None:
    class Lossy(MemoryStore):
        def put(self, key: str, data: bytes, **condition: Any) -> str:
            super().put(key, data, **condition)
            return super().put(key, data, **condition)

    journal = Journal(tmp_path / "j.db", Lossy())
    journal.done(_worked(journal), {})
    assert [row.outcome for row in journal.history()] == ["approved", "done"]


def test_a_hole_in_the_mirror_is_told(tmp_path: Path) -> None:
    store = MemoryStore()
    _worked(Journal(tmp_path / "j.db", store))
    store.delete("journal/000000002.json")
    with pytest.raises(JournalForked, match="Event 2 of the journal is missing"):
        Journal(tmp_path / "other.db", store)


def test_history_tells_who_what_and_how_it_ended(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.db", None)
    journal.failed(_worked(journal), "payment refused")
    journal.done(journal.begin(PLAN.hash, STEP), {})
    journal.begin(PLAN.hash, STEP)
    journal.finish(PLAN.hash, "{}")
    rows = [(row.what, row.outcome, row.detail) for row in journal.history()]
    assert rows == [
        ("plan", "approved", "by ana"),
        ("order", "failed", "payment refused"),
        ("order", "done", "no machine"),
        ("order", "open", "no machine"),
        ("plan", "finished", "nothing left to do"),
    ]
    assert all((row.seconds is None) == (row.outcome not in ("done", "failed")) for row in journal.history())


def test_no_secret_reaches_the_file_or_the_mirror(tmp_path: Path) -> None:
    store, canary = MemoryStore(), "canary-5f3a9c"
    journal = Journal(tmp_path / "j.db", store, masker=Masker([canary]))
    entry = _worked(journal)
    journal.failed(entry, f"curl: token {canary} refused")
    journal.done(journal.begin(PLAN.hash, STEP), {"log": [f"--token={canary}"], canary: {"deep": canary}})
    journal.remember("cluster_id", "", canary)
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"
    journal.failed(journal.begin(PLAN.hash, STEP), f"it said {key} and AGE-SECRET-KEY-1QQQQ")
    assert "refused" in journal.history()[1].detail
    journal.close()
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir()) + b"".join(
        data for data, *_ in store.objects.values()
    )
    for secret in (canary, "OPENSSH", "AGE-SECRET"):
        assert secret.encode() not in everything


def test_a_plan_with_a_secret_in_it_is_not_approved(tmp_path: Path) -> None:
    plan = Plan("fleet", (Step("file", "s1", "differs", wants={"content": "token canary-5f3a9c"}),))
    with pytest.raises(ValueError, match="holds a secret"):
        Journal(tmp_path / "j.db", None, masker=Masker(["canary-5f3a9c"])).approve(plan, "ana")


def test_the_file_is_one_table_that_anyone_can_read(tmp_path: Path) -> None:
    _worked(Journal(tmp_path / "j.db", None))
    rows = sqlite3.connect(tmp_path / "j.db").execute("SELECT event ->> '$.what' FROM events ORDER BY seq").fetchall()
    assert rows == [("proposed",), ("approved",), ("begun",), ("remembered",)]
