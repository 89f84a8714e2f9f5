"""One host: what a test may look at and break on it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TestHost:
    """`pid` is its first process as this process sees it; `address` is where its sshd listens, at `port`."""

    __test__ = False
    name: str
    address: str
    pid: int
    folder: Path
    port: int = 22

    def run(self, *argv: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """As root on the host, past SSH: how a test looks at what is really there."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-n", "-m", "-p", "-u", "-i", *argv],
            capture_output=True,
            text=True,
            check=check,
            input=stdin,
        )

    def sh(self, script: str, check: bool = True) -> str:
        return self.run("sh", "-c", script, check=check).stdout

    @property
    def host_key(self) -> str:
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    def start_sshd(self) -> None:
        self.run("/usr/sbin/sshd", "-f", "/etc/ssh/test_sshd_config", "-p", str(self.port), "-E", "/run/sshd.log")
        self.until(lambda: f":{self.port} " in self.sh("ss -ltn"))

    def stop_sshd(self, *, sessions: bool = True) -> None:
        """Sessions are ended hard, as when a cable is cut: nobody says goodbye."""
        every = 'for at in /proc/[0-9]*; do [ "$(cat $at/comm 2>/dev/null)" != sshd ] || kill -KILL ${at#/proc/}; done'
        self.sh(every if sessions else "kill $(cat /run/sshd.pid)", check=False)

    def new_host_key(self) -> None:
        (self.folder / "host_key").unlink()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "host_key")], check=True)
        self.run("cp", str(self.folder / "host_key"), "/etc/ssh/test_host_key")
        self.stop_sshd()
        self.start_sshd()

    def refuse_sudo(self) -> None:
        self.sh("rm -f /etc/sudoers.d/momentum-test")

    def small_disk(self, path: str, kilobytes: int) -> None:
        """From now on `path` lies on a disk of that size, with what was in it."""
        self.sh(
            f"mkdir -p {path} /run/aside; cp -a {path}/. /run/aside/; "
            f"mount -t tmpfs -o size={kilobytes}k,mode=755 tmpfs {path}; cp -a /run/aside/. {path}/; rm -r /run/aside"
        )

    def fill(self, path: str) -> None:
        """No byte more goes onto the disk of `path`, until `make_room`."""
        self.sh(f"cat /dev/zero >{path}/filling 2>/dev/null", check=False)

    def make_room(self, path: str) -> None:
        self.sh(f"rm {path}/filling")

    def wrong_clock(self, seconds: int) -> None:
        """`date` of this host is off by that much (the clock itself belongs to the machine)."""
        self.sh(
            "printf '#!/bin/sh\\nexec faketime -f %+ds /bin/date \"$@\"\\n' "
            f"{seconds} >/usr/local/bin/date; chmod 755 /usr/local/bin/date"
        )

    def cut(self) -> None:
        """The host's link goes down."""
        self.run("ip", "link", "set", "eth0", "down")

    def mend(self) -> None:
        self.run("ip", "link", "set", "eth0", "up")

    def serve(self, port: int) -> None:
        """Something that takes connections at this port, until the host ends."""
        script = f"import socket as s, time; l = s.create_server(('', {port})); print(flush=True); time.sleep(1e6)"
        self.sh(f'setsid {sys.executable} -I -S -c "{script}" >/run/serve{port} 2>&1 </dev/null &')
        self.until(lambda: self.sh(f"cat /run/serve{port}") != "")

    def answers(self, port: int) -> bool:
        """Whether this process gets a connection to it from outside."""
        try:
            socket.create_connection((self.address, port), timeout=1.5).close()
        except OSError:
            return False
        return True

    def reaches(self, address: str, port: int) -> bool:
        """Whether the host itself gets a connection there."""
        script = f"import socket; socket.create_connection(('{address}', {port}), timeout=15)"
        return self.run(sys.executable, "-I", "-S", "-c", script, check=False).returncode == 0

    def until(self, true: Callable[[], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"{self.name}: not in {seconds:g} s"
            time.sleep(0.05)

    def started_units(self) -> list[str]:
        return self.sh("cat /run/systemctl-standin/started 2>/dev/null", check=False).split()
