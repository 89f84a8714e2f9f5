"""WireGuard between the hosts: first every key, then every configuration, for each names the others' keys.

A server that cannot be seen stays a peer under its last known key and address (`addresses_of`). Where these are not
known either, a configuration without it would cut it off for good: then none is written, and a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import unseen
from momentum.fleet.outgoing import with_outgoing
from momentum.fleet.render import Addresses, addresses_of, unknown
from momentum.fleet.render.compare import differing
from momentum.fleet.render.mesh import INTERFACE, mesh_files
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Step

UNIT = f"wg-quick@{INTERFACE}.service"


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    seen = [server for server in fleet.servers if not unseen(server.name, fleet, facts, known)]
    for server in seen:
        host, name = facts.hosts.get(server.name), f"host:{server.name}:mesh"
        if host is None or host.mesh_public_key is None:
            yield Step(
                kind="mesh_key",
                target=server.name,
                reason="it has no key of the mesh yet; one is born on it and never leaves it",
                wants={"interface": INTERFACE},
                rests_on=rests_on(facts, known, name),
                changes=(name,),
            )
    yield from configurations(fleet, with_outgoing(fleet, facts, known), facts, known)


def configurations(fleet: Fleet, tunnels: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """On the servers of `fleet`; `tunnels` are those that every one of them has a tunnel to."""
    seen = [server for server in fleet.servers if not unseen(server.name, fleet, facts, known)]
    addresses = addresses_of(tunnels, facts, known)
    if _hidden(tunnels, facts, known, addresses):
        return
    # a peer's key that changed by itself is somebody else's
    of_all = rests_on(facts, known, "machines", *(f"host:{one.name}:mesh" for one in seen))
    for server in seen:
        if reason := _reason(tunnels, server, facts, addresses):
            files = f"host:{server.name}:files"
            yield Step(
                kind="mesh_config",
                target=server.name,
                reason=reason,
                wants={"part": "mesh", "peers": sorted(one.name for one in tunnels.servers if one.name != server.name)}
                | fleet.mesh.model_dump(mode="json"),
                rests_on=of_all | rests_on(facts, known, files),
                changes=(files, f"host:{server.name}:mesh", f"host:{server.name}:k3s"),  # units are in the last
            )


def questions(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str]]:
    """(server, why nothing is planned) of those whose tunnels nobody knows, while a tunnel is to be changed."""
    tunnels = with_outgoing(fleet, facts, known)
    addresses = addresses_of(tunnels, facts, known)
    if not any(_reason(tunnels, s, facts, addresses) for s in fleet.servers if not unseen(s.name, fleet, facts, known)):
        return
    for name in _hidden(tunnels, facts, known, addresses):
        yield (
            name,
            "it cannot be seen, and the others do not agree on its key and address: no configuration of the mesh is "
            "written on any server, or it would be cut off. Bring it back; or, if its machine is lost, forget it "
            f"(`momentum infra forget {name}`)",
        )


def _hidden(fleet: Fleet, facts: Facts, known: Known, addresses: Addresses) -> list[str]:
    """Servers that cannot be seen and whose tunnel nobody could write down."""
    return [
        server.name
        for server in fleet.servers
        if unseen(server.name, fleet, facts, known)
        and not (server.name in addresses.public_ipv4 and server.name in addresses.mesh_public_keys)
    ]


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    tunnels = with_outgoing(fleet, facts, known)
    addresses = addresses_of(tunnels, facts, known)
    whole = not unknown(tunnels, addresses, "mesh")
    for server in fleet.servers:
        if (host := facts.hosts.get(server.name)) is None:
            continue
        if host.mesh_public_key is None:
            yield server.name, "mesh", "key", "there", "missing"
        for field, wanted, found in _peers(tunnels, server, host, addresses):
            yield server.name, "mesh", field, wanted, found
        if (state := host.units.get(UNIT, "missing")) != "active":
            yield server.name, "mesh", UNIT, "active", state
        if whole:
            for file, found in differing(host, mesh_files(tunnels, server, addresses)):
                yield server.name, "mesh", file.path, "as rendered", found


def _reason(fleet: Fleet, server: Server, facts: Facts, addresses: Addresses) -> str:
    """Why the configuration has to be written; "" if it need not."""
    host = facts.hosts.get(server.name)
    if host is None:
        return "a new host: its tunnels to the others"
    if missing := unknown(fleet, addresses, "mesh"):
        return f"a tunnel more: {', '.join(missing)} comes with this plan"
    told = [f"{file.path} is {found}" for file, found in differing(host, mesh_files(fleet, server, addresses))]
    told += [
        f"{field}: {found}, not {wanted}"
        for field, wanted, found in _peers(fleet, server, host, addresses)
        if found != "silent"  # a configuration mends nothing there
    ]
    if (state := host.units.get(UNIT, "missing")) != "active":
        told.append(f"{UNIT} is {state}")
    return "; ".join(told)


def _peers(fleet: Fleet, server: Server, host: Host, addresses: Addresses) -> Iterator[tuple[str, str, str]]:
    """Field, wanted and found of each peer that is not as it should be; one whose key is not known is passed over."""
    wanted = _wanted(fleet, server, addresses.mesh_public_keys)
    there = {peer.public_key: peer for peer in host.mesh_peers}
    for key, (name, network) in wanted.items():
        if (peer := there.get(key)) is None:
            yield f"peer {name}", network, "missing"
        elif peer.allowed_ips != (network,):
            yield f"peer {name}", network, ", ".join(peer.allowed_ips) or "no network"
        elif not peer.alive:
            yield f"peer {name}", "an answer", "silent"
    if len(wanted) == len(fleet.servers) - 1:
        for key in sorted(there.keys() - wanted.keys()):
            yield "unknown peer", "none", f"{key[:12]}... for {', '.join(there[key].allowed_ips) or 'no network'}"


def _wanted(fleet: Fleet, server: Server, keys: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    others = [one for one in fleet.servers if one.name != server.name and one.name in keys]
    return {keys[one.name]: (one.name, f"{one.mesh_address}/32") for one in others}
