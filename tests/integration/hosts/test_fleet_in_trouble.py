"""A cluster of four that loses its first server, its majority, all of its disks; is rebooted, upgraded, made smaller.

By the commands that a person types, on one fleet, one after the other: what comes later stands on what was mended.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter

import pytest

from tests.counted import Counted
from tests.hosts.company import VERSION, WHOLE, Company, cluster_of, no_secret_anywhere, told_of
from tests.hosts.k3s_fleet import wipe
from tests.standins.k3s.releases import release

NEXT = "v1.37.1+k3s1"
DEFAULT = "/api/v1/namespaces/default"
FIRST, SECOND, THIRD = "host-a", "host-b", "host-c"


def kinds(planned: dict[str, object]) -> list[tuple[str, str]]:
    return [(step["kind"], step["target"]) for step in planned["steps"]]  # type: ignore[attr-defined]


def mend(company: Company, *, kill_at: int = 0) -> list[tuple[str, str]]:
    """Plans and applies, every server named whose data goes; killed once on the way if that is asked for."""
    planned = company.plan()
    words = ["apply", "--plan", str(planned["hash"])]
    lost = {step["target"] for step in planned["steps"] if step["risk"] == "destroys data"}  # type: ignore[attr-defined]
    for server in sorted(lost):
        words += ["--destroys", server]
    if kill_at:
        assert company.infra(*words, kill_at=kill_at).returncode == -signal.SIGKILL
        time.sleep(5)  # until its lease is over
    done = company.infra(*words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert company.plan()["steps"] == []
    return kinds(planned)


def of_cluster(company: Company) -> dict[str, object]:
    """Also that it is the journal's cluster, and that all servers tell the same."""
    told = cluster_of(company)
    return {name: told[name] for name in WHOLE}


def the_first_server_is_lost(company: Company) -> None:
    wipe(company.network.hosts[FIRST])
    done = mend(company, kill_at=9)
    assert done == [("etcd.remove_member", "server-1"), ("node.delete", "server-1"), ("k3s.join", "server-1")]
    assert of_cluster(company) == WHOLE


def a_server_is_rebooted(company: Company) -> None:
    """Its pod goes first; it comes back, and takes pods again."""
    host = company.network.hosts[SECOND]
    pod = {"metadata": {"name": "work"}, "spec": {"nodeName": "server-2", "containers": [{"name": "a", "image": "a"}]}}
    account = {"metadata": {"name": "default"}}  # which a controller would make
    for kind, body in (("serviceaccounts", account), ("pods", pod)):
        made = host.run(
            "k3s", "kubectl", "create", "--raw", f"{DEFAULT}/{kind}", "-f", "-", stdin=json.dumps(body), check=False
        )
        assert made.returncode == 0, made.stderr
    host.sh("touch /run/reboot-required")
    before = host.sh("cat /proc/sys/kernel/random/boot_id")
    assert mend(company) == [("node.reboot", "server-2"), ("node.uncordon", "server-2")]
    assert host.sh("cat /proc/sys/kernel/random/boot_id") != before
    assert json.loads(host.run("k3s", "kubectl", "get", "--raw", f"{DEFAULT}/pods").stdout)["items"] == []
    assert of_cluster(company) == WHOLE


def the_majority_stands_still(company: Company) -> None:
    """Nothing is lost, so nothing is restored, and nobody joins anew."""
    for name in (SECOND, THIRD):
        company.network.hosts[name].sh("systemctl stop k3s")
    told = json.loads(company.infra("status", "--json").stdout)["fleet"]
    assert "quorum" in json.dumps(told), told
    assert mend(company) == [("k3s.start", "cluster")]
    assert of_cluster(company) == WHOLE


def kubernetes_gets_a_minor_newer(company: Company) -> None:
    release(company.folder / "releases", NEXT)
    company.edit(VERSION, "v1.38.0+k3s1")
    refused = company.infra("plan")
    assert refused.returncode == 1 and "v1.37" in refused.stderr, "the ladder is told"
    company.edit("v1.38.0+k3s1", NEXT)
    company.edit("channel: v1.36", "channel: v1.37")
    before = starts(company)
    assert mend(company) == [("k3s.upgrade", name) for name in ("server-1", "server-2", "server-3", "agent-1")]
    assert starts(company) - before == {**dict.fromkeys((FIRST, SECOND, THIRD, "host-d"), 1)}


def starts(company: Company) -> Counter[str]:
    units = ("k3s.service", "k3s-agent.service")
    return Counter({name: sum(map(host.started_units().count, units)) for name, host in company.network.hosts.items()})


def the_majority_is_lost_for_good(company: Company) -> None:
    """One server still has its snapshots."""
    for name in (FIRST, THIRD):
        wipe(company.network.hosts[name])
    done = mend(company, kill_at=5)
    assert done[0] == ("k3s.restore", "server-2")
    assert {one for one in done if one[0].startswith("k3s.")} == {
        ("k3s.restore", "server-2"),
        ("k3s.join", "server-1"),
        ("k3s.join", "server-3"),
    }


def every_disk_is_lost(company: Company) -> None:
    """What is left is in the object store."""
    for name in (FIRST, SECOND, THIRD):
        wipe(company.network.hosts[name])
    assert mend(company)[0] == ("k3s.restore", "server-1")


def the_agent_leaves(company: Company) -> None:
    """What it did moves to another, and what no longer fits is planned no longer."""
    text = company.fleet.read_text()
    began = text.index("  - name: agent-1")
    company.edit(text[began : text.index("\n\n", began)], "")
    refused = company.infra("plan")
    assert refused.returncode == 1 and "GB are left when" in refused.stderr
    company.edit("  - name: server-3", "    labels:\n      role: ingress\n  - name: server-3")
    for name in ("clickhouse", "langfuse", "github-runners"):
        company.edit(next(line for line in company.fleet.read_text().splitlines() if f"name: {name}," in line), "")
    of_agent = [kind for kind, target in mend(company) if target == "agent-1"]
    assert of_agent[0] == "node.drain" and of_agent[-1] == "server.end" and "node.delete" in of_agent
    machines = company.provider.world.machines.values()
    assert sum(bool(machine.delete_at_expiration) for machine in machines) == 1
    assert told_of(company) == {"orders": 4, "payments": 4, "machines": 4}


@pytest.mark.slow
def test_it_comes_through_all_of_it_as_the_same_cluster(company: Company, counted: Counted) -> None:
    mend(company)
    the_first_server_is_lost(company)
    a_server_is_rebooted(company)
    the_majority_stands_still(company)
    kubernetes_gets_a_minor_newer(company)
    newer = WHOLE | {"nodes": [word.replace(VERSION, NEXT) for word in WHOLE["nodes"]]}
    assert of_cluster(company) == newer
    the_majority_is_lost_for_good(company)
    assert of_cluster(company) == newer
    every_disk_is_lost(company)
    assert of_cluster(company) == newer
    the_agent_leaves(company)
    assert of_cluster(company) == newer | {"nodes": newer["nodes"][2:]}
    no_secret_anywhere(company)
    counted("first server, majority, every disk lost, majority stopped, on real hosts", tried=4)
    counted("SIGKILL with real sshd, wireguard-go, etcd and API server", tried=2)
