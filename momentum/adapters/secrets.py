"""The operator's secrets: one age-encrypted file outside git, opened with an identity that lies elsewhere.

What must be at hand before there is a cluster to keep it: the provider's and the object store's keys, the
token of K3s. A value is never printed: it shows itself as stars, and leaves by `reveal` alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from momentum.errors import MomentumError

# Every name there is, and what it opens.
NAMES: Mapping[str, str] = {
    "ovh_application_key": "OVHcloud: which application asks (eu.api.ovh.com/createToken)",
    "ovh_application_secret": "OVHcloud: signs each request",
    "ovh_consumer_key": "OVHcloud: on whose behalf, with which rights",
    "s3_access_key": "object storage: journal, lease and etcd snapshots",
    "s3_secret_key": "object storage: signs each request",
    "k3s_token": "K3s: lets a server join, and opens a restored snapshot",
}
_OTHERS = 0o077


class SecretsError(MomentumError):
    """The secrets cannot be read or written; the message says what to do and holds no value."""


def read_secrets(path: Path, identity: Path | None) -> dict[str, SecretStr]:
    """The secrets by name; none where there is no file yet.

    Raises SecretsError where the file is there and the identity does not open it.
    """
    if not path.exists():
        return {}
    import pyrage

    opened = _identity(identity)
    try:
        text = pyrage.decrypt(path.read_bytes(), [opened])
    except pyrage.DecryptError as error:
        raise SecretsError(
            f"{path} cannot be opened with the identity in {identity}; MOMENTUM_AGE_IDENTITY names the file with the "
            "identity it was written for"
        ) from error
    return {name: SecretStr(value) for name, value in json.loads(text).items()}


def set_secret(path: Path, identity: Path | None, name: str, value: str) -> None:
    """Puts one secret into the file, which is made if missing. Raises SecretsError for a name nobody uses."""
    if name not in NAMES:
        raise SecretsError(f"no secret is called {name!r}; there are {', '.join(NAMES)}")
    if not value or value != value.strip() or "\n" in value:
        raise SecretsError(f"{name}: empty, or with space or line breaks around it; nothing was changed")
    import pyrage

    recipient = _identity(identity).to_public()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(path):
        kept = {known: secret.get_secret_value() for known, secret in read_secrets(path, identity).items()}
        text = json.dumps(kept | {name: value}).encode()
        _replace(path, pyrage.encrypt(text, [recipient]))


def make_identity(path: Path) -> str:
    """Writes a new identity, for its owner alone, and gives its public half. Never overwrites one."""
    import pyrage

    made = pyrage.x25519.Identity.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"# public key: {made.to_public()}\n{made}\n")
    except FileExistsError as error:
        raise SecretsError(f"{path} is there already; an identity that is gone takes all it opens with it") from error
    return str(made.to_public())


def _identity(path: Path | None):  # type: ignore[no-untyped-def]  # pyrage has no types
    import pyrage

    if path is None:
        raise SecretsError(
            "MOMENTUM_AGE_IDENTITY names no file with your age identity; `momentum infra secrets key` makes one"
        )
    try:
        if path.stat().st_mode & _OTHERS:
            raise SecretsError(f"{path} can be read by others: `chmod 600 {path}`")
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise SecretsError(f"{path}, which MOMENTUM_AGE_IDENTITY names, is not there") from error
    found = [line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")]
    if len(found) != 1:
        raise SecretsError(f"{path} holds {len(found) or 'no'} age identities; one is needed")
    try:
        return pyrage.x25519.Identity.from_str(found[0])
    except pyrage.IdentityError as error:
        raise SecretsError(f"{path} holds no valid age identity") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two commands at once would each write the file without the other's secret."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made for its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
