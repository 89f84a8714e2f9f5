"""K3s's configuration on hosts where it runs already: one at a time, as the quorum bears it.

How a server came to its cluster (50-join.yaml) is not compared: K3s does not read it while etcd is on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.foreseen import foreseen, stands_still
from momentum.fleet.membership import K3S_CHANGES, bears_loss_of, begun, changeable, founder, node_of, works
from momentum.fleet.render import addresses_of
from momentum.fleet.render.compare import differing
from momentum.fleet.render.k3s import k3s_files, unit_of
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if facts.cluster is None or not works(facts) or not changeable(fleet, facts, known):
        return
    cluster = foreseen(fleet, facts.cluster, facts, known)
    # what stands still is started by its configuration, and the others' turn comes only then
    for server in sorted(fleet.servers, key=lambda one: (one.role != "server", not stands_still(one, facts))):
        if node_of(server.name, cluster) is None or not bears_loss_of(server.name, cluster):
            continue
        if begun(server.name, facts) or server.name == founder(fleet, facts, known):
            continue  # what founds or joins configures, too, and is not at its end
        if told := [f"{path} is {found}" for path, found in _unlike(fleet, server, facts, known)]:
            files = f"host:{server.name}:files"
            yield Step(
                kind="k3s.configure",
                target=server.name,
                reason=f"{'; '.join(told)}; K3s is started again with what the fleet file says",
                risk="restart",
                wants={"part": "k3s", "fleet": fleet.k3s.model_dump(mode="json"), "labels": dict(server.labels)},
                rests_on=rests_on(facts, known, files, "cluster:members"),
                changes=(files, f"host:{server.name}:k3s", *K3S_CHANGES),
            )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    for server in fleet.servers:
        for path, found in _unlike(fleet, server, facts, known):
            yield server.name, "k3s", path, "as rendered", found
        host, unit = facts.hosts.get(server.name), unit_of(server)
        if host and host.k3s_version is not None and host.units.get(unit) != "active":
            yield server.name, "k3s", unit, "active", host.units.get(unit, "missing")


def _unlike(fleet: Fleet, server: Server, facts: Facts, known: Known) -> list[tuple[str, str]]:
    """Path and what is found instead of the rendered file, where K3s is installed and the address is known."""
    host, addresses = facts.hosts.get(server.name), addresses_of(fleet, facts, known)
    if host is None or host.k3s_version is None or server.name not in addresses.public_ipv4:
        return []
    files = k3s_files(fleet, server, addresses, founding=False, join_via=None)
    return [(file.path, found) for file, found in differing(host, files)]
