"""What every host needs before the mesh: kernel settings, and a system that does not reboot by itself."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import unseen
from momentum.fleet.render.compare import differing
from momentum.fleet.render.kernel import SETTINGS, sysctl_files, unit_files
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step

CLOCK_TOLERANCE_S = 30
"""A clock further off than this has certificates and WireGuard's handshakes refused."""


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        if unseen(server.name, fleet, facts, known):
            continue
        host, files = facts.hosts.get(server.name), f"host:{server.name}:files"
        told = [f"{path} is {found}" for path, found in _files(host, "sysctl")]
        told += [f"{key} is {found}, not {SETTINGS[key]}" for key, found in _settings(host)]
        if told:
            yield Step(
                kind="load_sysctl",
                target=server.name,
                reason="; ".join(told) if host else "a new host: kernel settings that the kubelet demands",
                wants={"part": "sysctl", "settings": SETTINGS},
                rests_on=rests_on(facts, known, files, f"host:{server.name}:sysctl"),
                changes=(files, f"host:{server.name}:sysctl"),
            )
        if told := [f"{path} is {found}" for path, found in _files(host, "units")]:
            yield Step(
                kind="write_files",
                target=server.name,
                reason="; ".join(told) if host else "a new host: it shall not reboot by itself",
                wants={"part": "units"},
                rests_on=rests_on(facts, known, files),
                changes=(files,),
            )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    for server in fleet.servers:
        if (host := facts.hosts.get(server.name)) is None:
            continue
        for key, found in _settings(host):
            yield server.name, "sysctl", key, SETTINGS[key], found
        if abs(offset_s := host.clock_offset_s) > CLOCK_TOLERANCE_S:
            found = f"{abs(offset_s):g} s {'ahead of' if offset_s > 0 else 'behind'} this machine's"
            yield server.name, "clock", "time", f"within {CLOCK_TOLERANCE_S} s", found
        for part in ("sysctl", "units"):
            for path, found in _files(host, part):
                yield server.name, part, path, "as rendered", found


def _files(host: Host | None, part: str) -> list[tuple[str, str]]:
    files = sysctl_files() if part == "sysctl" else unit_files()
    return [(file.path, found) for file, found in differing(host, files)]


def _settings(host: Host | None) -> list[tuple[str, str]]:
    there = host.sysctl if host else {}
    return [(key, there.get(key, "unset")) for key, value in SETTINGS.items() if there.get(key) != value]
