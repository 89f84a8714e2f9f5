"""Steps on the cluster itself: nodes and members. Each looks first whether its effect is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum.fleet.membership import CORDONED_BY_US, DRAINED
from momentum.fleet.quorum import majority, server_names
from momentum.provisioning.execute.hosts import reboot
from momentum.provisioning.execute.k3s_host import living, started, stopped_for_good
from momentum.provisioning.execute.k3s_nodes import not_ready
from momentum.provisioning.observe.cluster import etcd_on, named, with_etcd
from momentum.provisioning.rendered import host_of

if TYPE_CHECKING:
    from momentum.adapters.kubernetes import ClusterApi
    from momentum.fleet.steps import Step
    from momentum.provisioning.outside import Execute, Outside, Progress

DRAIN_TAKES_S = 600


class WouldLoseQuorum(MomentumError):
    """Done now, the step would leave etcd without its majority."""


def remember(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The cluster that is there is ours from now on."""
    if (found := api_besides(outside).cluster_id()) != step.wants["cluster_id"]:
        raise MomentumError(f"the cluster is {found} now, and was {step.wants['cluster_id']} when it was planned")
    return {"known": {"cluster_id": {"": found}}}


def label(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    api_besides(outside).label(step.target, step.wants["labels"], step.wants["remove"])
    return {}


def drain(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The mark that it is drained is given when it is: a kill before leaves the step to be done."""
    api = api_besides(outside, step.target)
    api.cordon(step.target, (CORDONED_BY_US, "draining"))
    api.drain(step.target, within_s=DRAIN_TAKES_S, say=say)
    api.cordon(step.target, (CORDONED_BY_US, DRAINED))
    return {}


def uncordon(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    api_besides(outside).uncordon(step.target, CORDONED_BY_US)
    return {}


def delete_node(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    api = api_besides(outside, step.target)
    if step.target not in _named(outside):
        stopped_for_good(outside, step.target, say)
    return {"was_there": api.delete_node(step.target)}


def remove_member(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """By id, and only while those that stay are a majority among themselves. Raises WouldLoseQuorum.

    The K3s of one that leaves is stopped first, while it is counted still, or it would come back by itself.
    """
    etcd = etcd_on(outside.hosts, _living(outside, step.target))
    members = etcd.members()
    if step.wants["member"] not in {member.id for member in members}:
        return {"removed": False}
    stay = [member for member in members if member.id != step.wants["member"]]
    healthy = sum(member.healthy for member in stay)
    leaves = step.target not in _named(outside)
    if healthy < majority(len(members) if leaves else len(stay)):
        raise WouldLoseQuorum(
            f"{healthy} of the {len(stay)} members that would stay are healthy: mend those first, then apply again"
        )
    if leaves:
        stopped_for_good(outside, step.target, say)
    say(f"removing member {step.wants['member']}")
    return {"removed": etcd.remove(step.wants["member"])}


def _named(outside: Outside) -> set[str]:
    return {server.name for server in outside.fleet.servers}


def reboot_node(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Drained, rebooted, ready again, etcd whole again; it stays cordoned for its own step."""
    api = api_besides(outside, step.target)
    refuse_without_majority(outside, step.target)
    api.cordon(step.target, (CORDONED_BY_US, "reboot"))
    api.drain(step.target, within_s=DRAIN_TAKES_S, say=say)
    result = reboot(step, outside, say)
    others = [name for name in server_names(outside.fleet) if name != step.target]
    via, version = living(outside, others) or step.target, host_of(outside, step.target).k3s_version or ""
    started(outside, step.target, lambda: not_ready(outside, step.target, via, version), say)
    return result


def refuse_without_majority(outside: Outside, server: str) -> None:
    """Raises WouldLoseQuorum if etcd cannot do without this server for a while, as it is at this moment."""
    servers = server_names(outside.fleet)
    if server not in servers or len(servers) == 1:
        return
    members = named(etcd_on(outside.hosts, _living(outside, server)).members(), outside.fleet, ())
    healthy = sum(member.healthy for member in members if member.name != server)
    if healthy < majority(len(members)):
        raise WouldLoseQuorum(f"without {server} {healthy} of {len(members)} members would be left; mend those first")


def _living(outside: Outside, besides: str) -> str:
    """A server whose etcd is healthy and that the step does not take away."""
    cluster = outside.facts.cluster
    servers = server_names(outside.fleet)
    for member in cluster.members if cluster else ():
        if member.healthy and member.name != besides and member.name in servers:
            return member.name
    raise MomentumError("no other server's etcd is healthy; see docs/restore.md")


def api_besides(outside: Outside, server: str = "") -> ClusterApi:
    """The API of a server that the step does not take away for a while, unless there is no other."""
    there = with_etcd(outside.fleet, outside.facts)
    return outside.cluster.through([name for name in there if name != server] or there)


KINDS: Mapping[str, Execute] = {
    "cluster.remember": remember,
    "node.label": label,
    "node.drain": drain,
    "node.uncordon": uncordon,
    "node.delete": delete_node,
    "etcd.remove_member": remove_member,
    "node.reboot": reboot_node,
}
