"""Objects under keys with conditional writes: an S3 bucket, or a folder where no S3 is configured.

Ages are told by the store's own clock: two operators' clocks may differ by minutes, the store has one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol

from momentum.errors import MomentumError


class StoreUnreachable(MomentumError):
    """The store did not answer, or refused: nothing is known about what was asked last."""


class PreconditionFailed(Exception):
    """The object is not as the condition of the write demands. After a lost answer it may be one's own write."""


@dataclass(frozen=True)
class Conditions:
    """Whether the store keeps what a conditional write promises."""

    if_none_match: bool
    if_match: bool

    @property
    def enforced(self) -> bool:
        return self.if_none_match and self.if_match


@dataclass(frozen=True)
class Stored:
    """An object as a listing tells it: `size` in bytes, `written_s` in Unix time by the store's clock."""

    key: str
    size: int
    written_s: float


class ObjectStore(Protocol):
    """`etag` is opaque. All methods raise StoreUnreachable."""

    shared: bool  # whether operators on several machines see the same objects

    def get(self, key: str) -> tuple[bytes, str] | None: ...

    def age_s(self, key: str) -> float | None:
        """Seconds since the last write, by the store's clock, to a second; None: no such object."""

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_none_match: bool = False) -> str:
        """Returns the new etag. Raises PreconditionFailed."""

    def keys(self, prefix: str) -> list[str]: ...

    def listed(self, prefix: str) -> list[Stored]:
        """What `keys` names, in the same order."""

    def labels(self, key: str) -> dict[str, str] | None:
        """What its writer noted beside the data, by names in small letters; None: no such object."""

    def delete(self, key: str) -> None: ...


def check_conditional_writes(store: ObjectStore) -> Conditions:
    """Try both conditions on an object of this call's own, which is gone afterwards."""
    key = f"probe-{secrets.token_hex(8)}"
    first = store.put(key, b"1")
    try:
        none_match = _refused(store, key, if_none_match=True)
        store.put(key, b"2")
        return Conditions(if_none_match=none_match, if_match=_refused(store, key, if_match=first))
    finally:
        store.delete(key)


def _refused(store: ObjectStore, key: str, **condition: Any) -> bool:
    try:
        store.put(key, b"must not be written", **condition)
    except PreconditionFailed:
        return True
    return False


class S3Store:
    """One folder of a bucket. Keys are handed in and kept in the client only."""

    shared = True

    def __init__(
        self, *, endpoint: str, region: str, bucket: str, folder: str, access_key: str, secret_key: str
    ) -> None:
        import boto3
        from botocore.config import Config

        # Checksums only where S3 demands them: stores that are not Amazon's refuse the newer ones.
        config = Config(
            retries={"mode": "standard", "max_attempts": 4},
            connect_timeout=5,
            read_timeout=20,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        )
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint if "://" in endpoint else f"https://{endpoint}",
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
        self._bucket, self._folder = bucket, folder.strip("/")

    def get(self, key: str) -> tuple[bytes, str] | None:
        with self._told(key, missing_is_none=True):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(key))
            return answer["Body"].read(), answer["ETag"]
        return None

    def age_s(self, key: str) -> float | None:
        with self._told(key, missing_is_none=True):
            answer = self._client.head_object(Bucket=self._bucket, Key=self._key(key))
            now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            return (now - answer["LastModified"]).total_seconds()
        return None

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_none_match: bool = False) -> str:
        condition: dict[str, str] = {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        if if_none_match:
            condition["IfNoneMatch"] = "*"
        with self._told(key):
            return self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=data, **condition)["ETag"]

    def keys(self, prefix: str) -> list[str]:
        return [stored.key for stored in self.listed(prefix)]

    def listed(self, prefix: str) -> list[Stored]:
        found = []
        with self._told(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._key(prefix)
            )
            for page in pages:
                found += [
                    Stored(item["Key"].removeprefix(f"{self._folder}/"), item["Size"], item["LastModified"].timestamp())
                    for item in page.get("Contents", [])
                ]
        return sorted(found, key=lambda stored: stored.key)

    def labels(self, key: str) -> dict[str, str] | None:
        with self._told(key, missing_is_none=True):
            answer = self._client.head_object(Bucket=self._bucket, Key=self._key(key))
            return {name.lower(): value for name, value in answer["Metadata"].items()}
        return None

    def delete(self, key: str) -> None:
        with self._told(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))

    def _key(self, key: str) -> str:
        return f"{self._folder}/{key}" if self._folder else key

    @contextlib.contextmanager
    def _told(self, key: str, missing_is_none: bool = False) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as problem:
            status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = problem.response.get("Error", {}).get("Code", "")
            if status == 404 and missing_is_none and code != "NoSuchBucket":
                return
            # 409: another conditional write was at work at that moment; 404 with If-Match: the object is gone.
            if status in (409, 412) or (status == 404 and code == "NoSuchKey"):
                raise PreconditionFailed(key) from problem
            raise StoreUnreachable(
                f"The object store refused {problem.operation_name} of {key} in bucket {self._bucket}: "
                f"{status} {code}. Are the bucket and its keys those of the fleet file and the secrets file?"
            ) from problem
        except BotoCoreError as problem:
            raise StoreUnreachable(
                f"The object store did not answer for {key}: {problem}. Try again; nothing is lost."
            ) from problem


class FolderStore:
    """The same on one machine: conditions hold between its processes, other machines see nothing of it."""

    shared = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> tuple[bytes, str] | None:
        try:
            data = (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        return data, hashlib.sha256(data).hexdigest()

    def age_s(self, key: str) -> float | None:
        try:
            return time.time() - (self._folder / key).stat().st_mtime
        except FileNotFoundError:
            return None

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_none_match: bool = False) -> str:
        with self._locked():
            there = self.get(key) if if_none_match or if_match is not None else None
            if (if_none_match and there) or (if_match is not None and (there is None or there[1] != if_match)):
                raise PreconditionFailed(key)
            path = self._folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # or the new name may be lost with the power
            finally:
                os.close(folder)
        return hashlib.sha256(data).hexdigest()

    def keys(self, prefix: str) -> list[str]:
        found = (path for path in self._folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        names = (path.relative_to(self._folder).as_posix() for path in found)
        return sorted(name for name in names if name.startswith(prefix))

    def listed(self, prefix: str) -> list[Stored]:
        about = ((key, (self._folder / key).stat()) for key in self.keys(prefix))
        return [Stored(key, one.st_size, one.st_mtime) for key, one in about]

    def labels(self, key: str) -> dict[str, str] | None:
        return {} if (self._folder / key).exists() else None

    def delete(self, key: str) -> None:
        (self._folder / key).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
