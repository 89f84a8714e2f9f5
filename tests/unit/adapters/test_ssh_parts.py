"""Output without secrets, paths that are written, fingerprints as OpenSSH shows them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum.adapters.ssh import File, own_public_keys
from momentum.adapters.ssh.errors import fingerprint
from momentum.adapters.ssh.files import put_argv
from momentum.adapters.ssh.output import Lines

SECRET = "canary-7f3a9é"


@given(st.lists(st.integers(1, 12), max_size=30))
def test_a_secret_is_masked_wherever_the_output_is_cut(cuts: list[int]) -> None:
    lines, data = list[str](), f"first\ntoken {SECRET}\r\nno end {SECRET}".encode()
    output = Lines(lambda text: text.replace(SECRET, "***"), lines.append)
    for length in cuts:
        output.feed(data[:length])
        data = data[length:]
    output.feed(data)
    output.end()
    assert lines == ["first", "token ***", "no end ***"]


@pytest.mark.parametrize("path", ["etc/x", "/etc/../var/x", "/etc/a b", "/etc/$(id)", "/etc/x\n"])
def test_a_path_that_no_managed_file_has_is_not_written(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        put_argv([File(path, b"")])


def test_the_content_of_a_file_is_not_shown() -> None:
    assert SECRET not in repr(File("/etc/x", SECRET.encode()))
    assert not any(SECRET in word for word in put_argv([File("/etc/x", SECRET.encode())]))


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    # SHA-256 over the 51 bytes of the key's blob, in base64 without padding, by `ssh-keygen -l`.
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl comment"
    assert fingerprint(key) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    assert fingerprint("nonsense") == "(unreadable)"


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no ssh-agent on this machine")
def test_own_keys_are_those_that_a_login_would_offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".ssh"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert own_public_keys() == frozenset()
    made = {}
    for name, passphrase in (("id_ed25519", ""), ("id_ecdsa", "closed"), ("of_the_office", "")):
        kind = "ecdsa" if "ecdsa" in name else "ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", folder / name], check=True)
        made[name] = (folder / f"{name}.pub").read_text().split()[1]
    (folder / "id_rsa").write_text("no key")
    assert own_public_keys() == {made["id_ed25519"]}
    with agent_with(folder / "of_the_office", tmp_path / "agent.sock", monkeypatch):
        assert own_public_keys() == {made["id_ed25519"], made["of_the_office"]}


@contextmanager
def agent_with(key: Path, socket: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        subprocess.run(["ssh-add", "-q", key], check=True)
        yield
    finally:
        agent.terminate()
        agent.wait()
