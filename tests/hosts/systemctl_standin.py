"""A stand-in for systemctl inside a test host: runs unit files simply, remembers what is enabled and active.

Covers show, start, stop, restart, reload, enable, disable, is-active, is-enabled, daemon-reload, reboot, with --now,
--quiet and --no-block. Differs from the real one: no dependencies, no restarts, no journal, no notify protocol
(such a unit is active while its process lives). A reboot ends the processes of the host, forgets what does not
outlive one (links, rules, sysctl are loaded again by enabled units) and starts sshd a moment later.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

STATE = Path("/run/systemctl-standin")
ENABLED = Path("/etc/systemd/enabled-in-standin")
FOLDERS = (Path("/etc/systemd/system"), Path("/lib/systemd/system"))


def unit_file(unit: str) -> Path | None:
    names = [unit, re.sub(r"@[^.]+\.", "@.", unit)]
    return next((folder / name for name in names for folder in FOLDERS if (folder / name).is_file()), None)


def read(unit: str) -> dict[str, list[str]] | None:
    path = unit_file(unit)
    if path is None:
        return None
    instance = unit.partition("@")[2].rpartition(".")[0]
    found: dict[str, list[str]] = {}
    for line in path.read_text().replace("\\\n", " ").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            found.setdefault(key.strip(), []).append(value.strip().replace("%i", instance).replace("%I", instance))
    return found


def command(line: str) -> tuple[list[str], bool]:
    forgiving = line.startswith("-")
    return shlex.split(line.lstrip("-+!@:")), forgiving


def environment(values: dict[str, list[str]]) -> dict[str, str]:
    pairs = [pair for line in values.get("Environment", []) for pair in shlex.split(line)]
    for name in values.get("EnvironmentFile", []):
        path = Path(name.lstrip("-"))
        if path.is_file():
            pairs += [line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(os.environ) | dict(pair.split("=", 1) for pair in pairs)


def run_all(values: dict[str, list[str]], key: str) -> int:
    for line in values.get(key, []):
        argv, forgiving = command(line)
        if forgiving and not Path(argv[0]).exists():
            continue
        done = subprocess.run(argv, env=environment(values), stdin=subprocess.DEVNULL, check=False)
        if done.returncode and not forgiving:
            return done.returncode
    return 0


def is_oneshot(values: dict[str, list[str]]) -> bool:
    return values.get("Type", ["simple"])[-1] == "oneshot"


def alive(unit: str) -> bool:
    try:
        state = (STATE / unit).read_text()
        return state == "done" or Path(f"/proc/{int(state)}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, ValueError):
        return False


def start(unit: str) -> int:
    if alive(unit):
        return 0
    values = read(unit)
    if values is None:
        print(f"Failed to start {unit}: Unit {unit} not found.", file=sys.stderr)
        return 5
    with (STATE / "started").open("a") as log:
        log.write(f"{unit}\n")
    if run_all(values, "ExecStartPre"):
        return 1
    if is_oneshot(values):
        if run_all(values, "ExecStart"):
            return 1
        if values.get("RemainAfterExit", ["no"])[-1] in ("yes", "true"):
            (STATE / unit).write_text("done")
        return 0
    argv, _ = command(values["ExecStart"][-1])
    with (STATE / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            argv, env=environment(values), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (STATE / unit).write_text(str(process.pid))
    time.sleep(0.1)
    return 0 if process.poll() is None else 1


def stop(unit: str) -> int:
    values = read(unit) or {}
    if alive(unit):
        run_all(values, "ExecStop")
        state = (STATE / unit).read_text()
        if state != "done":
            os.kill(int(state), signal.SIGTERM)
            for _ in range(100):
                if not alive(unit):
                    break
                time.sleep(0.05)
            else:
                os.kill(int(state), signal.SIGKILL)
    (STATE / unit).unlink(missing_ok=True)
    return 0


def reload(unit: str) -> int:
    return run_all(read(unit) or {}, "ExecReload") if alive(unit) else 1


def restart(unit: str) -> int:
    return stop(unit) or start(unit)


def enable(unit: str) -> int:
    if unit_file(unit) is None:
        print(f"Failed to enable unit: Unit file {unit} does not exist.", file=sys.stderr)
        return 1
    ENABLED.mkdir(parents=True, exist_ok=True)
    (ENABLED / unit).touch()
    return 0


def disable(unit: str) -> int:
    (ENABLED / unit).unlink(missing_ok=True)
    return 0


def is_active(unit: str) -> int:
    print("active" if alive(unit) else "inactive")
    return 0 if alive(unit) else 3


def is_enabled(unit: str) -> int:
    there = (ENABLED / unit).exists()
    print("enabled" if there else "disabled" if unit_file(unit) else "not-found")
    return 0 if there else 1


def show(units: list[str]) -> int:
    """The properties that are asked for here, whatever -p says."""
    blocks = []
    for unit in units:
        load, state = ("loaded" if unit_file(unit) else "not-found"), ("active" if alive(unit) else "inactive")
        enabled = "" if load == "not-found" else "enabled" if (ENABLED / unit).exists() else "disabled"
        blocks.append(f"Id={unit}\nLoadState={load}\nActiveState={state}\nUnitFileState={enabled}\n")
    print("\n".join(blocks), end="")
    return 0


def reboot() -> int:
    """In a session of its own, so that the one who asks still gets the answer."""
    if os.fork():
        return 0
    os.setsid()
    log = os.open("/run/reboot.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (0, 1, 2):
        os.dup2(log, stream)  # those of the connection end with it
    time.sleep(0.3)
    if Path("/proc/sys/kernel").stat().st_dev == Path("/proc").stat().st_dev or os.getppid() > 1:
        sys.exit("this is no test host")  # every process that can be seen would be ended
    mine = {1, os.getpid()}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) not in mine:
            os.kill(int(process.name), signal.SIGKILL)
    for file in STATE.iterdir():
        if file.name != "started":
            file.unlink()
    subprocess.run(["nft", "flush", "ruleset"], check=False)
    for name in ("wireguard", "momentum", "reboot-required"):
        subprocess.run(["rm", "-rf", f"/run/{name}"], check=False)
    Path("/proc/sys/kernel/random/boot_id").write_text(f"{uuid.uuid4()}\n")
    time.sleep(0.5)
    for unit in sorted(ENABLED.iterdir()) if ENABLED.is_dir() else []:
        start(unit.name)
    os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-f", "/etc/ssh/test_sshd_config", "-E", "/run/sshd.log"])


VERBS = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "try-restart": lambda unit: restart(unit) if alive(unit) else 0,
    "reload": reload,
    "reload-or-restart": lambda unit: reload(unit) and restart(unit),
    "enable": enable,
    "disable": disable,
    "is-active": is_active,
    "is-enabled": is_enabled,
    "reset-failed": lambda unit: 0,
}


def main(arguments: list[str]) -> int:
    STATE.mkdir(parents=True, exist_ok=True)
    options = {one for one in arguments if one.startswith("-")}
    verb, *units = [one for one in arguments if not one.startswith("-")]
    if "--quiet" in options or "-q" in options:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if verb == "daemon-reload":
        return 0
    if verb == "reboot":
        return reboot()
    if verb == "show":
        return show([one for one in units if one.endswith((".service", ".timer"))])
    worst = 0
    for unit in units:
        name = unit if "." in unit else f"{unit}.service"
        worst = VERBS[verb](name) or worst
        if "--now" in options:
            worst = {"enable": start, "disable": stop}[verb](name) or worst
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
