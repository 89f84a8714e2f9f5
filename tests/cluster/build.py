"""Kubernetes' control plane, etcd and kwok, built once from what go.mod pins: `python -m tests.cluster.build`.

They go to a cache outside the repository, named after go.mod and go.sum: another pin is another folder. A program is
moved there when it is whole, and the folder is taken for ready by its programs alone, so a build that was killed is
finished by the next one. Where the modules come from is Go's own setting (GOPROXY).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
VERSION = "v1.36.3"
PROGRAMS = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "etcdctl": "go.etcd.io/etcd/etcdctl/v3",
    "etcdutl": "go.etcd.io/etcd/etcdutl/v3",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
}
LONGEST_S = 1800


class NotBuilt(Exception):
    """Why there are no programs; for the reason of a skip."""


def folder() -> Path:
    """Where the programs of these pins are, or will be."""
    pins = b"".join((HERE / name).read_bytes() for name in ("go.mod", "go.sum")) + repr(PROGRAMS).encode()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "momentum-tests" / hashlib.sha256(pins).hexdigest()[:16]


def missing(*names: str) -> list[str]:
    """Names of the programs that are not built yet, of these or of all."""
    return [name for name in names or PROGRAMS if not (folder() / name).exists()]


def why_skipped(*names: str) -> str:
    """Why tests on the real programs are skipped; empty when all are there. Builds nothing."""
    if not (lacking := missing(*names)):
        return ""
    if shutil.which("go") is None:
        return "Go is missing, from which the control plane is built (install Go, then `python -m tests.needs`)"
    return f"not built: {', '.join(lacking)} (`python -m tests.cluster.build`, about five minutes)"


def build() -> Path:
    """The folder with all programs, built where they are missing. Raises NotBuilt with the reason."""
    if not missing():
        return folder()
    if (go := shutil.which("go")) is None:
        raise NotBuilt("Go is missing")
    folder().mkdir(parents=True, exist_ok=True)
    with _alone(folder() / "lock"):
        for name in missing():  # asked again: who had the lock before may have built them
            began = time.monotonic()
            _build_one(go, name)
            print(f"built {name} in {time.monotonic() - began:.0f} s", flush=True)
    return folder()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One builder at a time; the kernel gives the lock back when its holder dies."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_one(go: str, name: str) -> None:
    major, minor, _ = VERSION.removeprefix("v").split(".")
    version = "k8s.io/component-base/version"
    flags = f"-s -w -X {version}.gitVersion={VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    with tempfile.TemporaryDirectory(dir=folder()) as scratch:
        made = Path(scratch) / name
        command = [go, "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(made), PROGRAMS[name]]
        environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
        try:
            done = subprocess.run(
                ["nice", "-n", "15", *command],
                cwd=HERE,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_S,
            )
        except subprocess.TimeoutExpired as error:
            raise NotBuilt(f"{name}: not built in {LONGEST_S} s") from error
        if done.returncode:
            raise NotBuilt(f"{name}: {done.stderr.strip()[-400:]}")
        made.replace(folder() / name)


def main() -> int:
    try:
        print(build())
    except NotBuilt as error:
        print(f"tests on a real control plane will be skipped: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
