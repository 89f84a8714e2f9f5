"""etcdctl on every server, before it founds or joins: members are read and removed with it, and K3s brings none."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import unseen
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step

PROGRAM = "/usr/local/bin/etcdctl"
VERSION = "v3.7.3"
"""Of etcd's releases; it asks the older etcd inside of K3s as well as its own."""


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server, host in _servers(fleet, facts):
        if unseen(server.name, fleet, facts, known) or _found(host) == VERSION:
            continue
        fact = f"host:{server.name}:etcdctl"
        found = f"etcdctl is {_found(host)}" if _found(host) else "there is no etcdctl, which K3s does not bring"
        yield Step(
            kind="install_etcdctl",
            target=server.name,
            reason=f"{found}; without it nobody can tell which servers are members of etcd",
            wants={"version": VERSION},
            rests_on=rests_on(facts, known, fact),
            changes=(fact,),
        )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    for server, host in _servers(fleet, facts):
        if host is not None and _found(host) != VERSION:
            yield server.name, "etcdctl", "version", VERSION, _found(host) or "none"


def _servers(fleet: Fleet, facts: Facts) -> Iterator[tuple[Server, Host | None]]:
    return ((server, facts.hosts.get(server.name)) for server in fleet.servers if server.role == "server")


def _found(host: Host | None) -> str | None:
    return host.etcdctl_version if host else None
