"""K3s's page of releases: the program and its sums, from a folder, over HTTP on the test network."""

from __future__ import annotations

import hashlib
import http.server
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.cluster import build

COMMAND = Path(__file__).with_name("command.py")


def release(folder: Path, version: str) -> None:
    at = folder / version
    at.mkdir(parents=True)
    filled = {"@VERSION@": version, "@PROGRAMS@": str(build.folder())}
    program = f"#!{sys.executable} -I\n" + COMMAND.read_text()
    for name, value in filled.items():
        program = program.replace(name, value)
    (at / "k3s").write_text(program)
    sum_ = hashlib.sha256(program.encode()).hexdigest()
    for name in ("amd64", "arm64"):
        (at / f"sha256sum-{name}.txt").write_text(f"{sum_}  k3s\n{sum_}  k3s-{name}\n")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path, address: str) -> Iterator[str]:
    """The URL under which the releases of the folder lie."""
    with http.server.ThreadingHTTPServer((address, 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address}:{server.server_port}"
        server.shutdown()
