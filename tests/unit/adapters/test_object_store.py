"""Conditional writes: a real S3 server on the loopback, and the folder that stands in where no S3 is configured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from momentum.adapters.object_store import (
    FolderStore,
    ObjectStore,
    PreconditionFailed,
    S3Store,
    StoreUnreachable,
    check_conditional_writes,
)
from tests.standins.s3 import s3_server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server("momentum") as url:
        yield url


def _s3(endpoint: str, folder: str, bucket: str = "momentum") -> S3Store:
    return S3Store(
        endpoint=endpoint, region="us-east-1", bucket=bucket, folder=folder, access_key="key", secret_key="secret"
    )


@pytest.fixture(params=["s3", "folder"])
def store(request: pytest.FixtureRequest, endpoint: str, tmp_path: Path) -> ObjectStore:
    return _s3(endpoint, request.node.name) if request.param == "s3" else FolderStore(tmp_path / "objects")


def test_what_was_put_is_got_with_its_etag(store: ObjectStore) -> None:
    assert store.get("a/b") is None
    etag = store.put("a/b", b"one")
    assert store.get("a/b") == (b"one", etag)
    assert store.put("a/b", b"two") != etag
    store.delete("a/b")
    store.delete("a/b")
    assert store.get("a/b") is None


def test_an_object_is_created_once(store: ObjectStore) -> None:
    store.put("k", b"first", if_none_match=True)
    with pytest.raises(PreconditionFailed):
        store.put("k", b"second", if_none_match=True)
    assert store.get("k")[0] == b"first"  # type: ignore[index]


def test_an_object_is_replaced_only_as_it_was_seen(store: ObjectStore) -> None:
    seen = store.put("k", b"1")
    store.put("k", b"2", if_match=seen)
    with pytest.raises(PreconditionFailed):
        store.put("k", b"3", if_match=seen)
    with pytest.raises(PreconditionFailed):
        store.put("gone", b"1", if_match=seen)
    assert store.get("k")[0] == b"2"  # type: ignore[index]


def test_keys_are_listed_in_order_under_their_prefix(store: ObjectStore) -> None:
    for key in ("journal/2", "journal/1", "lease", "other/1"):
        store.put(key, b"x")
    assert store.keys("journal/") == ["journal/1", "journal/2"]


def test_age_is_by_the_stores_clock(store: ObjectStore) -> None:
    assert store.age_s("k") is None
    store.put("k", b"1")
    age_s = store.age_s("k")
    assert age_s is not None and -1.5 <= age_s <= 3


def test_objects_are_listed_with_size_and_the_time_of_their_writing(store: ObjectStore) -> None:
    store.put("etcd/.metadata/a", b"{}")
    store.put("etcd/b", b"12345")
    store.put("lease", b"x")
    listed = store.listed("etcd/")
    assert [(one.key, one.size) for one in listed if ".metadata" not in one.key] == [("etcd/b", 5)]
    assert all(abs(one.written_s - time.time()) <= 3 for one in listed)
    assert store.listed("none/") == []
    assert (store.labels("etcd/b"), store.labels("etcd/c")) == ({}, None)


def test_what_a_writer_noted_beside_an_object_is_told(endpoint: str) -> None:
    import boto3

    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    written = {"Bucket": "momentum", "Key": "labels/etcd/one", "Body": b"1", "Metadata": {"K3s-Cluster-Id": "uid-1"}}
    boto3.client("s3", endpoint_url=endpoint, **keys).put_object(**written)
    assert _s3(endpoint, "labels").labels("etcd/one") == {"k3s-cluster-id": "uid-1"}


def test_of_thirty_creations_at_once_one_wins(store: ObjectStore) -> None:
    def create(number: int) -> bool:
        try:
            store.put("k", str(number).encode(), if_none_match=True)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(30) as pool:
        assert sum(pool.map(create, range(30))) == 1


def test_a_store_that_keeps_its_promises_is_told_apart_from_one_that_does_not(store: ObjectStore) -> None:
    conditions = check_conditional_writes(store)
    assert conditions.enforced
    assert store.keys("") == []

    class Careless:
        """As an S3 that has never heard of conditions."""

        def put(self, key: str, data: bytes, **_: Any) -> str:
            return store.put(key, data)

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    careless = check_conditional_writes(Careless())  # type: ignore[arg-type]
    assert (careless.if_none_match, careless.if_match, careless.enforced) == (False, False, False)


def test_a_folder_is_known_to_be_of_one_machine(tmp_path: Path, endpoint: str) -> None:
    assert not FolderStore(tmp_path).shared
    assert _s3(endpoint, "x").shared


def test_a_bucket_that_is_not_there_is_told(endpoint: str) -> None:
    for call in (lambda s: s.get("k"), lambda s: s.put("k", b"1"), lambda s: s.keys(""), lambda s: s.delete("k")):
        with pytest.raises(StoreUnreachable, match="bucket nowhere"):
            call(_s3(endpoint, "x", bucket="nowhere"))


def test_a_store_that_does_not_answer_is_told() -> None:
    with pytest.raises(StoreUnreachable, match="did not answer"):
        _s3("http://127.0.0.1:9", "x").get("k")
