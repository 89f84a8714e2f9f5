"""The whole look: provider, hosts, cluster, in this order, each as far as it answers; later only what has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from momentum.errors import MomentumError
from momentum.fleet.facts import Facts
from momentum.fleet.membership import lost_for_good

if TYPE_CHECKING:
    from momentum.fleet.facts import Cluster, DnsRecordFact, Host, Machine, Snapshot
    from momentum.provisioning.apply import Observe
    from momentum.provisioning.outside import Outside


@dataclass(frozen=True)
class Readers:
    """One reader per outside system. `hosts` gives those that could be read, and for the others why not.

    `cluster` raises MomentumError where it cannot be reached, and gives None where there is none yet. `stored` is the
    newest snapshot in the object store.
    """

    machines: Callable[[], dict[str, Machine]]
    machine: Callable[[str], Machine]
    dns: Callable[[], tuple[DnsRecordFact, ...]]
    hosts: Callable[[Collection[str], Facts], tuple[dict[str, Host], dict[str, str]]]
    cluster: Callable[[Facts], Cluster | None]
    stored: Callable[[], Snapshot | None] = lambda: None


def observer(outside: Outside, readers: Readers) -> Observe:
    """`observe(changed, before)`: the facts that `changed` names anew over `before`; all of them for None."""

    def observe(changed: Collection[str] | None, before: Facts | None) -> Facts:
        if changed is None or before is None:
            return _whole(outside, readers)
        return _again(outside, readers, set(changed), before)

    return observe


def _whole(outside: Outside, readers: Readers) -> Facts:
    facts = _read_dns(outside, readers, _read_machines(readers, Facts()))
    return _read_cluster(outside, readers, _read_hosts(outside, readers, None, facts))


def _again(outside: Outside, readers: Readers, changed: set[str], facts: Facts) -> Facts:
    machines = {name.removeprefix("machine:") for name in changed if name.startswith("machine:")}
    if "machines" in changed or any(name.startswith("order:") for name in changed) or facts.machines is None:
        facts = _read_machines(readers, facts)
    elif machines:
        facts = replace(facts, machines={**facts.machines, **{one: readers.machine(one) for one in machines}})
    if "dns" in changed:
        facts = _read_dns(outside, readers, facts)
    hosts = {name.split(":")[1] for name in changed if name.startswith("host:")}
    # a machine that was delivered or installed a moment ago is a host that nobody has read
    services = {service: server for server, service in outside.known.services.items()}
    hosts |= {services[one] for one in machines if one in services}
    if "machines" in changed or hosts:
        facts = _read_hosts(outside, readers, None if "machines" in changed else hosts, facts)
    if any(name.startswith("cluster:") for name in changed):
        facts = _read_cluster(outside, readers, facts)
    return facts


def _read_machines(readers: Readers, facts: Facts) -> Facts:
    try:
        return _unread(replace(facts, machines=readers.machines()), "machines", None)
    except MomentumError as error:
        return _unread(replace(facts, machines=None), "machines", error)


def _read_dns(outside: Outside, readers: Readers, facts: Facts) -> Facts:
    if outside.fleet.dns is None:
        return facts
    try:
        return _unread(replace(facts, dns=readers.dns()), "dns", None)
    except MomentumError as error:
        return _unread(replace(facts, dns=None), "dns", error)


def _read_hosts(outside: Outside, readers: Readers, names: set[str] | None, facts: Facts) -> Facts:
    """Hosts of machines that are there and whose key is pinned: any other is not known to be ours yet.

    A machine without an address (expired, or still being made) is nowhere to be asked.
    """
    machines, known = facts.machines or {}, outside.known
    there = [
        one.name
        for one in outside.fleet.servers
        if (machine := machines.get(known.services.get(one.name, "")))
        and machine.public_ipv4
        and one.name in known.host_keys
    ]
    wanted = [name for name in there if names is None or name in names]
    found, failed = readers.hosts(wanted, facts)
    kept = {name: host for name, host in facts.hosts.items() if name in there and name not in wanted}
    for name in wanted:
        facts = _unread(facts, f"host:{name}", failed.get(name))
    return replace(facts, hosts=kept | found)


def _read_cluster(outside: Outside, readers: Readers, facts: Facts) -> Facts:
    try:
        facts = _unread(replace(facts, cluster=readers.cluster(facts)), "cluster", None)
    except MomentumError as error:
        facts = _unread(replace(facts, cluster=None), "cluster", error)
    return _read_snapshot(outside, readers, facts)


def _read_snapshot(outside: Outside, readers: Readers, facts: Facts) -> Facts:
    """Asked for only where one may have to be restored: while a cluster works its snapshots come and go."""
    facts = _unread(replace(facts, stored_snapshot=None), "snapshot", None)
    if not lost_for_good(outside.fleet, facts, outside.known):
        return facts
    try:
        return replace(facts, stored_snapshot=readers.stored())
    except MomentumError as error:
        return _unread(facts, "snapshot", error)


def _unread(facts: Facts, what: str, error: object | None) -> Facts:
    others = {name: why for name, why in facts.unread.items() if name != what}
    return replace(facts, unread=others | ({what: str(error)} if error else {}))
