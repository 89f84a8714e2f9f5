"""etcd's page of releases: archive and sums from a folder, as its publisher lays them out, with the built etcdctl."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from tests.cluster import build


def release(folder: Path, version: str) -> Path:
    """The folder of the version, to be served beneath `momentum.provisioning.execute.etcdctl.RELEASES`.

    The archive holds the server and etcdutl as names with nothing in them, so that a test sees what was taken out.
    """
    at = folder / version
    at.mkdir(parents=True)
    lines = []
    for processor in ("amd64", "arm64"):
        name = f"etcd-{version}-linux-{processor}"
        with tarfile.open(at / f"{name}.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(build.folder() / "etcdctl", f"{name}/etcdctl")
            for other in ("README.md", "etcd", "etcdutl"):
                archive.addfile(tarfile.TarInfo(f"{name}/{other}"), io.BytesIO())
        sum_ = hashlib.sha256((at / f"{name}.tar.gz").read_bytes()).hexdigest()
        lines.append(f"{sum_}  {name}.tar.gz\n")
    (at / "SHA256SUMS").write_text("".join(lines))
    return at
