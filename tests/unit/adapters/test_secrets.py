"""The operator's secrets: encrypted, for one identity, never shown."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from momentum.adapters.secrets import NAMES, SecretsError, make_identity, read_secrets, set_secret

CANARY = "canary-3f9c1e"


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    make_identity(tmp_path / "keys" / "age.txt")
    return tmp_path / "keys" / "age.txt"


def test_what_was_set_is_read_and_what_was_there_stays(tmp_path: Path, identity: Path) -> None:
    path = tmp_path / "infra" / "secrets.age"
    assert read_secrets(path, None) == {}, "no file, no identity needed"
    set_secret(path, identity, "k3s_token", CANARY)
    set_secret(path, identity, "s3_access_key", "other")
    set_secret(path, identity, "s3_access_key", "newer")
    found = read_secrets(path, identity)
    assert {name: value.get_secret_value() for name, value in found.items()} == {
        "k3s_token": CANARY,
        "s3_access_key": "newer",
    }


def test_no_value_stands_in_a_file_or_shows_itself(tmp_path: Path, identity: Path) -> None:
    path = tmp_path / "infra" / "secrets.age"
    set_secret(path, identity, "k3s_token", CANARY)
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert path in files
    assert not [one for one in files if CANARY.encode() in one.read_bytes()]
    assert CANARY not in f"{read_secrets(path, identity)} {read_secrets(path, identity)!r}"
    assert path.stat().st_mode & 0o777 == 0o600
    assert identity.stat().st_mode & 0o777 == 0o600


def test_another_identity_does_not_open_it_and_says_what_to_do(tmp_path: Path, identity: Path) -> None:
    path = tmp_path / "secrets.age"
    set_secret(path, identity, "k3s_token", CANARY)
    make_identity(tmp_path / "other.txt")
    with pytest.raises(SecretsError, match="MOMENTUM_AGE_IDENTITY"):
        read_secrets(path, tmp_path / "other.txt")
    with pytest.raises(SecretsError, match="infra secrets key"):
        read_secrets(path, None)
    with pytest.raises(SecretsError, match="is not there"):
        read_secrets(path, tmp_path / "gone.txt")


def test_a_damaged_file_is_told(tmp_path: Path, identity: Path) -> None:
    path = tmp_path / "secrets.age"
    set_secret(path, identity, "k3s_token", CANARY)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(SecretsError, match="cannot be opened"):
        read_secrets(path, identity)


@pytest.mark.parametrize(("content", "told"), [("", "no age identities"), ("AGE-SECRET-KEY-1X\n", "no valid")])
def test_an_identity_that_is_none(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "age.txt"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SecretsError, match=told):
        set_secret(tmp_path / "secrets.age", path, "k3s_token", CANARY)


def test_an_identity_that_others_may_read_is_refused(tmp_path: Path, identity: Path) -> None:
    identity.chmod(0o640)
    with pytest.raises(SecretsError, match="chmod 600"):
        set_secret(tmp_path / "secrets.age", identity, "k3s_token", CANARY)


def test_an_identity_is_never_overwritten(identity: Path) -> None:
    before = identity.read_text()
    with pytest.raises(SecretsError, match="there already"):
        make_identity(identity)
    assert identity.read_text() == before


@pytest.mark.parametrize(("name", "value"), [("no_such", "x"), ("k3s_token", ""), ("k3s_token", "a\nb")])
def test_what_nobody_could_use_is_not_written(tmp_path: Path, identity: Path, name: str, value: str) -> None:
    with pytest.raises(SecretsError):
        set_secret(tmp_path / "secrets.age", identity, name, value)
    assert not (tmp_path / "secrets.age").exists()


def test_commands_at_the_same_time_lose_no_secret(tmp_path: Path, identity: Path) -> None:
    path = tmp_path / "secrets.age"
    threads = [threading.Thread(target=set_secret, args=(path, identity, name, name)) for name in NAMES]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {name: value.get_secret_value() for name, value in read_secrets(path, identity).items()} == {
        name: name for name in NAMES
    }
