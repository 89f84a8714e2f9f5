"""What benchmarks share: the clock, a process of its own for a side, and where it was measured."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
MOMENTUM = (sys.executable, "-m", "momentum_dagster.cli.main")


def measured(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Wall and processor seconds (all threads) of the work, and its answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}, answer


def peak_mb() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def side(module: str, *arguments: str | int | Path) -> dict[str, Any]:
    """What a benchmark's module prints as JSON when run with these arguments in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=REPOSITORY)
    return json.loads(done.stdout)


def run(command: Sequence[str | Path], **environment: str) -> tuple[dict[str, float], bytes]:
    """Wall and processor seconds and peak memory of a command from start to exit, and what it printed.

    Raises subprocess.CalledProcessError where it fails.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env=os.environ | environment,
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(map(str, command)), printed)
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }, printed


def where(*packages: str) -> dict[str, str]:
    """The machine, and the versions of Python and of what was measured."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def median_ms(rounds: int, work: Callable[[], object]) -> float:
    """Milliseconds that `work` takes, the median of some rounds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
