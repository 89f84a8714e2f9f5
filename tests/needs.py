"""What tests need beyond Python, installed where the system allows it: `python -m tests.needs`.

A test whose need could not be met is skipped and says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Path of a Chromium, or None."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def main() -> None:
    """Installs Chromium by the system's packages if it is missing, we may, and there is a way."""
    if chromium() is not None:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print("no Chromium: the browser tests will be skipped (install the package chromium to run them)")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=900)
        if done.returncode:
            print(f"{' '.join(command)} failed: the browser tests will be skipped")
            return


if __name__ == "__main__":
    main()
