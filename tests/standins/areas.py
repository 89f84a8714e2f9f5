"""Simple areas and executors over the world in memory: what the executor's loop is proved with.

They keep the rules that the real ones keep: an area compares and yields, a machine that is not there is an empty
host, `wants` holds nothing that is unknown at planning, an executor looks first whether its effect is there.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from momentum.errors import MomentumError
from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.plan import Steps
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Price, Step
from momentum.provisioning.outside import Execute, Outside, Progress

HOST_PARTS = ("files", "sysctl", "mesh", "firewall", "keys", "k3s")
FILES = ("sysctl.conf", "authorized_keys", "k3s.yaml")


def _host(facts: Facts, server: Server) -> Host | None:
    return facts.hosts.get(server.name)


def _content(server: Server, path: str) -> str:
    return f"{path} of {server.name}"


def servers(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        if server.name not in known.services:
            yield Step(
                "order",
                server.name,
                "no machine is this server",
                price=Price(10.40, 124.80),
                wants={"plan": server.plan},
                rests_on=rests_on(facts, known, "machines", f"order:{server.name}"),
                changes=(
                    "machines",
                    f"order:{server.name}",
                    *(f"host:{server.name}:{part}" for part in HOST_PARTS),
                ),
            )
    for server in fleet.servers:
        service = known.services.get(server.name)
        machine = (facts.machines or {}).get(service or "")
        if machine is None or machine.display_name != server.name:
            names = [f"machine:{service}"] if service else []
            yield Step(
                "mark",
                server.name,
                "its display name is another",
                wants={"display_name": server.name},
                rests_on=rests_on(facts, known, *names),
                changes=("machines",),
            )
    for server in fleet.servers:
        if server.name not in known.host_keys:
            yield Step("pin", server.name, "its host key is unknown", changes=(f"host:{server.name}:keys",))


def files(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        host = _host(facts, server)
        for path in FILES:
            wanted = hashlib.sha256(_content(server, path).encode()).hexdigest()
            found = host.files.get(path) if host else None
            if found is None or found.sha256 != wanted:
                name = f"host:{server.name}:files"
                yield Step(
                    "file",
                    server.name,
                    f"{path} differs",
                    "restart" if path == "k3s.yaml" else "reversible",
                    wants={"path": path, "sha256": wanted},
                    rests_on=rests_on(facts, known, name),
                    changes=(name,),
                )


def mesh(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        host, name = _host(facts, server), f"host:{server.name}:mesh"
        if host is None or host.mesh_public_key is None:
            yield Step("mesh_key", server.name, "no key", rests_on=rests_on(facts, known, name), changes=(name,))
    for server in fleet.servers:
        host, name = _host(facts, server), f"host:{server.name}:mesh"
        others = [facts.hosts.get(other.name) for other in fleet.servers if other is not server]
        wanted = {other.mesh_public_key for other in others if other}
        if host is None or None in others or {peer.public_key for peer in host.mesh_peers} != wanted:
            peers = sorted(other.name for other in fleet.servers if other is not server)
            yield Step(
                "mesh_peers",
                server.name,
                "peers differ",
                wants={"peers": peers},
                rests_on=rests_on(facts, known, name),
                changes=(name,),
            )


def firewall(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        host, name = _host(facts, server), f"host:{server.name}:firewall"
        if host is None or host.firewall != "rules":
            yield Step(
                "firewall",
                server.name,
                "rules differ",
                wants={"rules": "rules"},
                rests_on=rests_on(facts, known, name),
                changes=(name,),
            )


def first_server(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    first = fleet.servers[0]
    if known.cluster_id is None:
        yield Step(
            "first_server",
            first.name,
            "there is no cluster",
            wants={"labels": {}},
            rests_on=rests_on(facts, known, "known:cluster_id", f"host:{first.name}:k3s"),
            changes=(f"host:{first.name}:k3s", "known:cluster_id", "cluster:id", "cluster:nodes", "cluster:members"),
        )


def _joins(fleet: Fleet, facts: Facts, known: Known, role: str) -> Iterator[Step]:
    nodes = {node.name for node in facts.cluster.nodes} if facts.cluster else set()
    for server in fleet.servers[1:]:
        if server.role == role and server.name not in nodes:
            yield Step(
                f"join_{role}",
                server.name,
                "it is no node",
                wants={"role": role},
                rests_on=rests_on(facts, known, "cluster:members", f"host:{server.name}:k3s"),
                changes=(f"host:{server.name}:k3s", "cluster:nodes", "cluster:members"),
            )


def control_plane(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    yield from _joins(fleet, facts, known, "server")


def agents(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    yield from _joins(fleet, facts, known, "agent")


def labels(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    nodes = {node.name: node.labels for node in facts.cluster.nodes} if facts.cluster else {}
    for server in fleet.servers:
        if nodes.get(server.name) != server.labels:
            yield Step(
                "label",
                server.name,
                "labels differ",
                wants={"labels": server.labels},
                rests_on=rests_on(facts, known, "cluster:nodes"),
                changes=("cluster:nodes",),
            )


def dns(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    records = {record.name: record.value for record in facts.dns or ()}
    for server in fleet.servers:
        machine = (facts.machines or {}).get(known.services.get(server.name, ""))
        if machine is None or records.get(server.name) != machine.public_ipv4:
            yield Step(
                "dns",
                server.name,
                "its record differs",
                wants={"server": server.name},
                rests_on=rests_on(facts, known, "dns"),
                changes=("dns",),
            )


AREAS: Mapping[str, Steps] = {
    area.__name__: area for area in (servers, files, mesh, firewall, first_server, control_plane, agents, labels, dns)
}


# The executors.


def _service(step: Step, outside: Outside) -> str:
    return outside.known.services[step.target]


def _order(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    world, server = outside.provider, step.target
    mine = next((order for order in outside.known.orders if order.server == server), None)
    cart = mine.cart_id if mine else world.new_cart()
    if mine is None:
        outside.journal.remember("order", server, {"cart_id": cart, "order_id": None, "status": "cart"})
    order = mine.order_id if mine else None
    if order is None:
        order = world.carts[cart] or world.checkout(cart)
        outside.journal.remember("order", server, {"cart_id": cart, "order_id": order, "status": "ordered"})
    if not world.orders[order]["paid"]:
        world.pay(order)
    return {"known": {"service": {server: world.orders[order]["service"]}, "order": {server: None}}}


def _mark(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    service = _service(step, outside)
    if outside.provider.machines[service]["name"] != step.target:
        outside.provider.rename(service, step.target)
    return {}


def _pin(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    return {"known": {"host_key": {step.target: outside.facts.hosts[step.target].host_key}}}


def _file(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    server = next(server for server in outside.fleet.servers if server.name == step.target)
    service, path = _service(step, outside), step.wants["path"]
    if outside.provider.host_of[service].files.get(path) != _content(server, path):
        say(f"writing {path}")
        outside.provider.put(service, path, _content(server, path))
    return {}


def _mesh_key(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    service = _service(step, outside)
    if outside.provider.host_of[service].mesh_key is None:
        key = base64.b64encode(hashlib.sha256(step.target.encode()).digest()).decode()
        outside.provider.change_host("mesh key", service, mesh_key=key)
    return {}


def _mesh_peers(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    machines, known = outside.facts.machines or {}, outside.known
    peers = {
        str(outside.facts.hosts[name].mesh_public_key): machines[known.services[name]].public_ipv4
        for name in step.wants["peers"]
    }
    outside.provider.change_host("mesh peers", _service(step, outside), peers=peers)
    return {}


def _firewall(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    outside.provider.change_host("firewall", _service(step, outside), firewall=step.wants["rules"])
    return {}


def _first_server(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    world = outside.provider
    if world.cluster_id is None:
        if outside.known.cluster_id is not None:
            raise MomentumError("the journal knows a cluster: restore it, do not found another")
        world.found(_service(step, outside), step.target, {})
    return {"known": {"cluster_id": {"": world.cluster_id}}}


def _join(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    world = outside.provider
    if step.target not in world.nodes:
        if step.target in world.members:
            world.effect("member removed", lambda: world.members.remove(step.target))
        world.join(_service(step, outside), step.target, member=step.wants["role"] == "server")
    return {}


def _label(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    if outside.provider.nodes[step.target] != step.wants["labels"]:
        outside.provider.label(step.target, dict(step.wants["labels"]))
    return {}


def _dns(step: Step, outside: Outside, _: Progress) -> Mapping[str, Any]:
    address = (outside.facts.machines or {})[_service(step, outside)].public_ipv4
    if outside.provider.records.get(step.target) != address:
        outside.provider.record(step.target, address)
    return {}


KINDS: Mapping[str, Execute] = {
    "order": _order,
    "mark": _mark,
    "pin": _pin,
    "file": _file,
    "mesh_key": _mesh_key,
    "mesh_peers": _mesh_peers,
    "firewall": _firewall,
    "first_server": _first_server,
    "join_server": _join,
    "join_agent": _join,
    "label": _label,
    "dns": _dns,
}
