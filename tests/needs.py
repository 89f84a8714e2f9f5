"""What tests need beyond Python, installed where the system allows it: `python -m tests.needs`.

A test whose need could not be met is skipped and says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.cluster import build

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# Programs of which one is enough, the package that has them, and what is skipped without.
NEEDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (CHROMIUM, "chromium", "the browser tests"),
    (("sshd",), "openssh-server", "tests on real hosts"),
    (("ip",), "iproute2", "tests on real hosts"),
    (("nft",), "nftables", "tests of the firewall and on real hosts"),
    (("wg",), "wireguard-tools", "tests of the mesh and on real hosts"),
    (("wireguard-go",), "wireguard-go", "tests on real hosts"),
    (("sudo",), "sudo", "tests on real hosts"),
    (("ping",), "iputils-ping", "tests on real hosts"),
    (("faketime",), "faketime", "tests of a wrong clock"),
)
SYSTEM_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def program(*names: str) -> str | None:
    """Path of the first of these programs that is here, also where only root looks, or None."""
    return next((path for name in names if (path := shutil.which(name, path=SYSTEM_PATH))), None)


def chromium() -> str | None:
    """Path of a Chromium, or None."""
    return program(*CHROMIUM)


def missing() -> dict[str, str]:
    """Packages that are missing, each with what will be skipped."""
    return {package: skipped for programs, package, skipped in NEEDS if program(*programs) is None}


def main() -> None:
    """Installs what is missing by the system's packages, if we may and there is a way."""
    install(missing())
    build.main()


def install(lacking: dict[str, str]) -> None:
    """By the system's packages."""
    if not lacking:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        for package, skipped in lacking.items():
            print(f"no {package}: {skipped} will be skipped (install the package {package} to run them)")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt_get(["update", "-qq"], environment)
    # One by one: what one system does not have must not keep the others away.
    for package, skipped in lacking.items():
        # A browser wants its fonts; nftables would bring a firewall of its own.
        alone = [] if package == "chromium" else ["--no-install-recommends"]
        if not apt_get(["install", "-y", "-qq", *alone, package], environment):
            print(f"installing {package} failed: {skipped} will be skipped")


def apt_get(arguments: list[str], environment: dict[str, str]) -> bool:
    command = ["apt-get", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=900)
    return done.returncode == 0


if __name__ == "__main__":
    main()
