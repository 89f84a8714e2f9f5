"""etcdctl out of etcd's own release; the server itself and etcdutl, which are in it too, stay out: K3s has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.fleet.operations.etcdctl import PROGRAM
from momentum.provisioning.execute.download import Release, installed

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

RELEASES = "https://github.com/etcd-io/etcd/releases/download"
_SUMS = "SHA256SUMS"
_UNPACK = """tar -xzOf "$new" "${name%.tar.gz}/etcdctl" >"$new.one"
mv -f "$new.one" "$new\""""


def install(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    version = step.wants["version"]
    release = Release(
        "etcdctl",
        version,
        RELEASES,
        PROGRAM,
        "version",
        amd64=(f"etcd-{version}-linux-amd64.tar.gz", _SUMS),
        arm64=(f"etcd-{version}-linux-arm64.tar.gz", _SUMS),
        unpack=_UNPACK,
    )
    return {"installed": installed(outside.hosts, step.target, release, say)}


KINDS: Mapping[str, Execute] = {"install_etcdctl": install}
