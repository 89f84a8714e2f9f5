"""Thirty real commands apply one plan at once, half of them on machines of their own: one order, one payment.

There is no host behind the machine that is delivered, so whoever works comes as far as pinning its key.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.counted import Counted
from tests.hosts.company import FastClock
from tests.hosts.network import keygen
from tests.operators_machine import environment, prepared
from tests.standins.ovh import OvhServer, World
from tests.standins.s3 import s3_server

ROOT = Path(__file__).parents[2]
TOLD = {
    "names the holder": r"is applying \(epoch \d+",
    "came to the key of the first host": "server.pin server-1 failed",
}


def started(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.infra_command", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(argv, cwd=ROOT, env=environment, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_of_thirty_commands_one_orders(tmp_path: Path, counted: Counted) -> None:
    keygen(tmp_path / "key")
    bucket = prepared(tmp_path, tmp_path / "key")
    others = [tmp_path / f"infra-{number}" for number in range(15)]
    for other in others:
        shutil.copytree(tmp_path / "infra", other)
    with s3_server(bucket) as store, OvhServer(World(FastClock(), zones=("coach.test",))) as provider:
        here = environment(tmp_path, provider=provider.url, store=store, releases="http://127.0.0.1:9")
        planned = json.loads(started(here, "plan", "--json").communicate()[0])["plan"]["hash"]
        begin = str(time.time() + 20)  # so that the slowest has come so far
        running = [
            started(
                here | {"MOMENTUM_INFRA": str(infra), "MOMENTUM_TEST_BEGIN_AT": begin},
                "apply",
                "--plan",
                planned,
            )
            for infra in [*[tmp_path / "infra"] * 15, *others]
        ]
        said = [one.communicate()[0] for one in running]
        world = provider.world
    ends = Counter(next((end for end, told in TOLD.items() if re.search(told, one)), one) for one in said)
    wrong = sum(count for end, count in ends.items() if end not in TOLD)
    counted("thirty commands apply at once: one works, each other names it", 30, wrong)
    assert set(ends) == set(TOLD), ends
    tasks = [task.type for machine in world.machines.values() for task in machine.tasks.values()]
    assert (len(world.orders), len(world.payments), len(world.machines), tasks.count("reinstallVm")) == (1, 1, 1, 1)
