"""Programs started on loopback with ports of their own, ended by their process and never by a name."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until the last is found, so they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


@dataclass
class Processes:
    """Their output goes to `<folder>/<name>.log`."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, argv: Sequence[str | Path], **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                list(map(str, argv)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | environment,
            )
        self.running[name] = process
        return process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """As a machine that lost its power."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)

    def end(self) -> None:
        for process in reversed(self.running.values()):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running.values()):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.running.clear()

    def wait(self, name: str, ready: Callable[[], bool], within_s: float = 60) -> float:
        """Seconds until it was ready. Raises AssertionError with the end of its log."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if ready():
                return time.monotonic() - began
            code = self.running[name].poll()
            assert code is None, f"{name} ended with {code}: {self.log(name)[-1500:]}"
            time.sleep(0.05)
        raise AssertionError(f"{name} not ready in {within_s} s: {self.log(name)[-1500:]}")
