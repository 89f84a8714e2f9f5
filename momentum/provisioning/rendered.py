"""The files of a host with what was read of the world in them, and what of them differs there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from momentum.adapters.ssh import File
from momentum.errors import MomentumError
from momentum.provisioning.managed import NO_ADDRESS, NO_KEY, Managed, managed

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts
    from momentum.fleet.facts import Host
    from momentum.fleet.render import RenderedFile
    from momentum.fleet.schema import Fleet, Server
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Outside, Progress

HAVE = """command -v %(program)s >/dev/null || {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update && apt-get -q -y install --no-install-recommends %(package)s
} >&2
"""


def server_of(fleet: Fleet, name: str) -> Server:
    return next(server for server in fleet.servers if server.name == name)


def host_of(outside: Outside, server: str) -> Host:
    if (host := outside.facts.hosts.get(server)) is None:
        raise MomentumError(outside.facts.unread.get(f"host:{server}", f"{server}: it was not read"))
    return host


def rendered(outside: Outside, step: Step) -> Managed:
    """The files of the target, with addresses and keys as they were read just before."""
    from momentum.fleet.outgoing import with_named
    from momentum.fleet.render import Addresses, addresses_of, host_files

    peers = (*step.wants.get("peers", ()), *step.wants.get("servers", ()))
    tunnels = with_named(outside.fleet, peers, outside.facts, outside.known)
    read = addresses_of(tunnels, outside.facts, outside.known)
    names = [server.name for server in tunnels.servers]
    addresses = Addresses(
        public_ipv4={**dict.fromkeys(names, NO_ADDRESS), **read.public_ipv4},
        mesh_public_keys={**dict.fromkeys(names, NO_KEY), **read.mesh_public_keys},
    )
    server = server_of(outside.fleet, step.target)
    founding, join_via = step.wants.get("founding", False), step.wants.get("join_via")
    files = host_files(outside.fleet, server, addresses, founding=founding, join_via=join_via, tunnels=tunnels)
    return managed(files)


def differing(outside: Outside, server: str, files: Iterable[RenderedFile]) -> list[RenderedFile]:
    from momentum.fleet.render import compare

    return [file for file, _ in compare.differing(host_of(outside, server), files)]


def write(outside: Outside, server: str, files: Iterable[RenderedFile], say: Progress) -> list[str]:
    unlike = differing(outside, server, files)
    if unlike:
        put(outside.hosts, server, unlike)
        say(f"wrote {', '.join(file.path for file in unlike)}")
    return [file.path for file in unlike]


def put(hosts: Hosts, server: str, files: Sequence[RenderedFile], more: Iterable[File] = ()) -> None:
    """Raises MomentumError for a file in which something is still unknown."""
    refuse_unknown(server, files)
    ready = [File(file.path, file.content.encode(), file.owner, file.group, file.mode) for file in files]
    hosts.put_all(server, [*ready, *more])


def refuse_unknown(server: str, files: Iterable[RenderedFile]) -> None:
    for file in files:
        for stands_for, what in ((NO_KEY, "mesh key"), (NO_ADDRESS, "public address")):
            if re.search(rf"(?<![0-9A-Za-z.]){re.escape(stands_for)}(?![0-9])", file.content):
                raise MomentumError(f"{server}: {file.path} needs the {what} of a server that has none yet")


def enabled_unit(file: RenderedFile) -> str | None:
    """The unit's name, if a file is one that a boot starts."""
    of_systemd = file.path.startswith("/etc/systemd/system/") and "[Install]" in file.content
    return file.path.rpartition("/")[2] if of_systemd else None


def enable(hosts: Hosts, server: str, units: Sequence[str], *options: str) -> None:
    if units:
        script = 'systemctl daemon-reload && exec systemctl enable --quiet "$@"'
        hosts.check(server, ["sh", "-c", script, "enable", *options, *units], sudo=True, timeout_s=120)
