"""Steps on one host: files, kernel settings, reboot; mesh and access have modules of their own.

`target` is the server; `wants` names the part of the rendered files where one is meant.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.adapters.ssh import SshError
from momentum.errors import MomentumError
from momentum.provisioning.rendered import enable, enabled_unit, host_of, rendered, write

if TYPE_CHECKING:
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

REBOOT_TAKES_S = 600

_SYSCTL = """set -eu
for file; do sysctl -q -p "$file"; done
"""

_BOOT_ID = ["cat", "/proc/sys/kernel/random/boot_id"]


def write_files(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Files of `wants["part"]` that are not as rendered; units among them are enabled, timers started.

    Nothing else is started or restarted. Returns the paths written.
    """
    files = rendered(outside, step).of(step.wants["part"])
    written = write(outside, step.target, files, say)
    units = [name for file in files if file.path in written and (name := enabled_unit(file))]
    enable(outside.hosts, step.target, [name for name in units if name.endswith(".service")])
    enable(outside.hosts, step.target, [name for name in units if name.endswith(".timer")], "--now")
    return {"written": written}


def load_sysctl(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Writes the file, loads it, and reads back what the kernel made of it."""
    ours = rendered(outside, step)
    written = write(outside, step.target, ours.of("sysctl"), say)
    if not written and not _unlike(host_of(outside, step.target).sysctl, ours.sysctls):
        return {"written": [], "loaded": False}
    hosts = outside.hosts
    hosts.check(step.target, ["sh", "-c", _SYSCTL, "load", *(file.path for file in ours.of("sysctl"))], sudo=True)
    keys = list(ours.sysctls)
    values = hosts.check(step.target, ["sysctl", "-n", *keys], sudo=True).splitlines()
    there = {key: " ".join(value.split()) for key, value in zip(keys, values, strict=True)}
    if unlike := _unlike(there, ours.sysctls):
        raise MomentumError(f"{step.target}: the kernel did not take {', '.join(unlike)}")
    say(f"{len(keys)} kernel settings loaded")
    return {"written": written, "loaded": True}


def reboot(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Only where a reboot is needed; waits until the host is up again with another boot id."""
    hosts, server = outside.hosts, step.target
    if not host_of(outside, server).reboot_needed:
        return {"rebooted": False}
    before = hosts.check(server, _BOOT_ID)
    begun = time.monotonic()
    try:
        hosts.run(server, ["systemctl", "reboot"], sudo=True, timeout_s=20)
    except SshError as error:
        say(f"the connection ended: {error}")
    while time.monotonic() - begun < REBOOT_TAKES_S:
        hosts.forget_connection(server)
        try:
            if hosts.check(server, _BOOT_ID, timeout_s=10) != before:
                say(f"up again after {time.monotonic() - begun:.0f} s")
                return {"rebooted": True}
        except SshError:
            pass  # it is down, that is what we wait through
        time.sleep(1)
    raise MomentumError(
        f"{server}: not back {REBOOT_TAKES_S} s after its reboot; look at its console at the provider, then apply again"
    )


def _unlike(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [f"{key} = {value} (it is {there.get(key)})" for key, value in wanted.items() if there.get(key) != value]


KINDS: Mapping[str, Execute] = {"write_files": write_files, "load_sysctl": load_sysctl, "reboot": reboot}
