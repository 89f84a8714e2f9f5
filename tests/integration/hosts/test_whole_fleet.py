"""From an empty account to a cluster of four by the commands that a person types, and by the job of the graph."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.counted import Counted
from tests.hosts.company import WHOLE, Company, cluster_of, no_secret_anywhere, told_of


@pytest.mark.slow
def test_an_empty_account_becomes_four_hosts_in_a_mesh_and_a_second_apply_does_nothing(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = company.plan()
    assert not company.provider.mutating, "a plan changes nothing"
    began = time.monotonic()
    done = company.infra("apply", "--plan", str(planned["hash"]))
    assert done.returncode == 0, done.stderr[-3000:]
    took_s = time.monotonic() - began
    assert told_of(company) == {"orders": 4, "payments": 4, "machines": 4}
    assert company.all_reach_all()
    built = cluster_of(company)
    assert {name: built[name] for name in WHOLE} == WHOLE
    assert company.plan()["steps"] == []
    assert json.loads(company.infra("status", "--json").stdout)["fleet"]["differences"] == []
    mutating = company.provider.mutating.total()
    for host in company.network.hosts.values():
        host.sh("touch /run/mark")
    calls = len(company.provider.calls)
    again = company.infra("apply", "--plan", str(planned["hash"]))
    assert again.returncode == 0, again.stderr[-3000:]
    assert "nothing was left to do" in again.stdout + again.stderr
    assert company.provider.mutating.total() == mutating
    assert company.written_since("/run/mark") == ""
    assert cluster_of(company) == built, "K3s was started again, or the cluster is another"
    no_secret_anywhere(company)
    with capsys.disabled():
        print(
            f"\n{len(planned['steps'])} steps in {took_s:.1f} s, {mutating} changing calls; "  # type: ignore[arg-type]
            f"a second apply: {len(company.provider.calls) - calls} calls, all reading"
        )


@pytest.mark.slow
def test_killed_ten_times_on_the_way_it_ends_the_same(company: Company, counted: Counted) -> None:
    """SIGKILL of the command itself at writes of its journal, a dozen or two writes further each time."""
    planned, kills = str(company.plan()["hash"]), 0
    for _ in range(200):
        done = company.infra("apply", "--plan", planned, kill_at=(13, 20, 27, 26)[kills % 4])
        if done.returncode == -signal.SIGKILL:
            kills += 1
        elif "is applying (epoch" in done.stderr:
            time.sleep(1)
        else:
            break
    assert done.returncode == 0, done.stderr[-3000:]
    assert kills >= 10
    assert told_of(company) == {"orders": 4, "payments": 4, "machines": 4}
    installed = [task.type for vps in company.provider.world.machines.values() for task in vps.tasks.values()]
    assert installed.count("reinstallVm") == 4
    assert company.plan()["steps"] == []
    assert company.all_reach_all()
    built = cluster_of(company)
    assert {name: built[name] for name in WHOLE} == WHOLE
    no_secret_anywhere(company)
    counted("SIGKILL with real sshd, wireguard-go, etcd and API server", tried=kills)


@pytest.mark.slow
def test_the_job_of_the_graph_does_the_same_and_its_event_log_holds_no_secret(company: Company) -> None:
    """A run that applies, one that looks, and one that is refused by the provider, with every secret in use."""
    log = company.folder / "dagster"
    log.mkdir()
    planned = str(company.plan()["hash"])
    config = json.dumps({"ops": {"apply_plan": {"config": {"plan_hash": planned}}}})
    applied = company.infra("job", "apply_fleet", str(log), config)
    assert applied.returncode == 0, applied.stderr[-3000:]
    assert told_of(company) == {"orders": 4, "payments": 4, "machines": 4}
    looked = company.infra("job", "observe_fleet", str(log), "{}")
    assert looked.returncode == 0, looked.stderr[-3000:]
    company.provider.consumer_keys.clear()
    company.infra("job", "observe_fleet", str(log), "{}")
    company.infra("job", "apply_fleet", str(log), config)
    kept = b"".join(path.read_bytes() for path in log.rglob("*") if path.is_file())
    assert planned.encode() in kept
    assert b"server.order server-1" in kept
    no_secret_anywhere(company)
