"""The real `momentum infra`, for `python -m tests.infra_command plan --json`, at a provider whose hours are seconds.

`python -m tests.infra_command job NAME FOLDER CONFIG` runs a job of the graph instead, its event log kept in FOLDER.

Changed is only what a test cannot wait for or have: waiting at the provider and its limit of calls are by a clock
`FAST` times as fast, as is the lease; K3s comes from MOMENTUM_TEST_RELEASES; and MOMENTUM_TEST_KILL_AT kills the
process (SIGKILL) at that write of the journal, an odd number before it is made, an even one after. With
MOMENTUM_TEST_BEGIN_AT several begin at one time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from momentum.adapters import ovh
from momentum.provisioning.execute import etcdctl, k3s_host
from momentum.provisioning.journal import Journal
from momentum.provisioning.lease import Lease

FAST = 2000
LEASE_S = 4.0


def main() -> None:
    connect = ovh.connect
    ovh.connect = lambda *keys, **options: connect(  # type: ignore[assignment]
        *keys,
        **options,
        clock=lambda: time.monotonic() * FAST,
        sleep=lambda seconds: time.sleep(seconds / FAST),
    )
    Lease.__init__.__defaults__ = (LEASE_S,)
    k3s_host.RELEASES = etcdctl.RELEASES = os.environ["MOMENTUM_TEST_RELEASES"]
    k3s_host.BETWEEN_LOOKS_S = 0.3
    if kill_at := int(os.environ.get("MOMENTUM_TEST_KILL_AT", "0")):
        _kill_at(kill_at)
    time.sleep(max(0.0, float(os.environ.get("MOMENTUM_TEST_BEGIN_AT", "0")) - time.time()))
    if sys.argv[1] == "job":
        raise SystemExit(_job(*sys.argv[2:]))
    from momentum_dagster.cli.main import main as command

    sys.argv = ["momentum", "infra", *sys.argv[1:]]
    command()


def _job(name: str, folder: str, config: str) -> int:
    import dagster as dg

    from momentum_dagster.definitions import defs

    with dg.DagsterInstance.local_temp(folder) as instance:
        job = defs.resolve_job_def(name)
        return not job.execute_in_process(
            instance=instance, run_config=json.loads(config), raise_on_error=False
        ).success


def _kill_at(boundary: int) -> None:
    append, passed = Journal._append, 0

    def fatal(self: Journal, *words: Any, **body: Any) -> int:
        nonlocal passed
        for after in (False, True):
            if after:
                written = append(self, *words, **body)
            passed += 1
            if passed == boundary:
                os.kill(os.getpid(), signal.SIGKILL)
        return written

    Journal._append = fatal  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
