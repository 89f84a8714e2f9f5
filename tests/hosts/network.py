"""A bridge in a namespace of its own, one link of it to this process, and the hosts on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.hosts.machine import TestHost

NEEDED = ("sshd", "ssh-keygen", "wg", "wireguard-go", "nft", "ip", "sudo", "unshare", "nsenter", "ping")
HERE = Path(__file__).parent
NAMESPACES = ("unshare", "-n", "-m", "-p", "-u", "-i", "-f", "--mount-proc")


def reason_to_skip() -> str | None:
    """Why there can be no real hosts here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "real hosts need Linux and root: namespaces are made"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if missing := [name for name in NEEDED if shutil.which(name, path=path) is None]:
        return f"real hosts need {', '.join(missing)} (python -m tests.needs installs them)"
    if not Path("/dev/net/tun").exists():
        return "real hosts need /dev/net/tun, for WireGuard"
    tried = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "true"], capture_output=True, text=True, check=False)
    return f"real hosts need namespaces: {tried.stderr.strip()}" if tried.returncode else None


class Network:
    """Hosts by name, with addresses in 198.18.n.0/24 (kept for tests by RFC 2544), n free on this machine.

    `key` is the path of the private key that every host lets in as the user debian, who may sudo.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.hosts = folder, dict[str, TestHost]()
        self.key = folder / "operator_key"
        self._ending = ExitStack()
        self._switch = 0

    def __enter__(self) -> Self:
        keygen(self.key)
        with ExitStack() as ending:
            holder = subprocess.Popen(
                ["unshare", "-n", "-p", "-f", "sh", "-c", "echo ready; exec cat >/dev/null"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            ending.callback(end, holder)
            assert holder.stdout and holder.stdout.readline() == b"ready\n"
            self._switch = first_child(holder.pid)
            self._in_switch("ip", "link", "add", "bridge", "type", "bridge")
            self._in_switch("ip", "link", "set", "bridge", "up")
            self._number = self._link_here()
            self._in_switch("ip", "link", "set", "here", "master", "bridge", "up")
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ending.close()

    def address(self, number: int) -> str:
        return f"198.18.{self._number}.{number}"

    def add(self, name: str) -> TestHost:
        """A new host, its sshd listening."""
        folder = self.folder / name
        folder.mkdir()
        keygen(folder / "host_key")
        (folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        shutil.copy(self.key.with_suffix(".pub"), folder / "authorized_keys")
        shutil.copy(HERE / "systemctl_standin.py", folder)
        holder = subprocess.Popen(
            [*NAMESPACES, "sh", str(HERE / "host_setup.sh"), name, str(folder), sys.executable],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._ending.callback(end, holder)
        assert holder.stdout and holder.stdout.readline() == b"ready\n", f"{name} did not start"
        number = 10 + len(self.hosts)
        host = TestHost(name, self.address(number), first_child(holder.pid), folder)
        link = f"to{number}"
        self._in_switch("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        self._in_switch("ip", "link", "set", link, "master", "bridge", "up")
        host.run("ip", "addr", "add", f"{host.address}/24", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        host.start_sshd()
        self.hosts[name] = host
        return host

    def _link_here(self) -> int:
        """The link's name is the lock: two test processes never take one network."""
        for number in range(256):
            name = f"momentum{number}"
            command = ["ip", "link", "add", name, "type", "veth", "peer", "name", "here", "netns", str(self._switch)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                subprocess.run(["ip", "addr", "add", f"198.18.{number}.1/24", "dev", name], check=True)
                subprocess.run(["ip", "link", "set", name, "up"], check=True)
                return number
        raise AssertionError("no free network: links momentum0 to momentum255 exist")

    def _in_switch(self, *argv: str) -> None:
        subprocess.run(["nsenter", "-t", str(self._switch), "-n", *argv], check=True)


def keygen(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)], check=True)


def first_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def end(holder: subprocess.Popen[bytes]) -> None:
    """Closing the input ends the first process, and with it every process of its namespace."""
    assert holder.stdin and holder.stdout
    holder.stdin.close()
    holder.stdout.close()
    holder.wait(timeout=20)
