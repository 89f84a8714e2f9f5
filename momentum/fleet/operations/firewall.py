"""What may come in from outside, on each host."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Host, Known
from momentum.fleet.membership import unseen
from momentum.fleet.outgoing import with_outgoing
from momentum.fleet.render import Addresses, addresses_of, unknown
from momentum.fleet.render.compare import differing, sha256_of
from momentum.fleet.render.firewall import UNIT, firewall_files
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.selection import selected
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    return rules(fleet, with_outgoing(fleet, facts, known), facts, known)


def rules(fleet: Fleet, tunnels: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """On the servers of `fleet`; `tunnels` are those whose tunnels they let in.

    Nothing while the address of a server is unknown that this plan does not order: its tunnel would be shut out. That
    of a server which is away is its last known one.
    """
    addresses = addresses_of(tunnels, facts, known)
    if _gone(tunnels, known, addresses):
        return
    for server in fleet.servers:
        if unseen(server.name, fleet, facts, known) or not (reason := _reason(tunnels, server, facts, addresses)):
            continue
        firewall, files = f"host:{server.name}:firewall", f"host:{server.name}:files"
        yield Step(
            kind="load_firewall",
            target=server.name,
            reason=reason,
            wants={
                "part": "firewall",
                "mesh_port": fleet.mesh.port,
                "servers": sorted(one.name for one in tunnels.servers),
                "open": [
                    rule.model_dump(mode="json")
                    for rule in fleet.firewall.open
                    if server in selected(fleet.servers, rule.on)
                ],
            },
            rests_on=rests_on(facts, known, "machines", firewall, files),
            changes=(firewall, files, f"host:{server.name}:k3s"),  # units are in the last
        )


def questions(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str]]:
    """(server, why no rule is loaded) of those whose address nobody knows, while rules are to be changed."""
    tunnels = with_outgoing(fleet, facts, known)
    gone = _gone(tunnels, known, addresses_of(tunnels, facts, known))
    if gone and any(True for _ in differences(fleet, facts, known)):
        for name in gone:
            yield name, "its address is not known, and rules without it would shut out its tunnel: none are loaded"


def _gone(fleet: Fleet, known: Known, addresses: Addresses) -> list[str]:
    """Servers with a machine, as the journal knows, of which neither provider nor any tunnel tells an address."""
    return [one.name for one in fleet.servers if one.name in known.services and one.name not in addresses.public_ipv4]


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    """While the addresses of servers to come are not known, only what is wrong whatever they will be."""
    tunnels = with_outgoing(fleet, facts, known)
    addresses = addresses_of(tunnels, facts, known)
    whole = not unknown(tunnels, addresses, "firewall")
    for server in fleet.servers:
        if host := facts.hosts.get(server.name):
            unlike = _unlike(tunnels, server, host, addresses) if whole else _changed(host)
            for field, wanted, found in unlike:
                yield server.name, "firewall", field, wanted, found


def _reason(fleet: Fleet, server: Server, facts: Facts, addresses: Addresses) -> str:
    host = facts.hosts.get(server.name)
    if host is None:
        return "a new host: nothing comes in but what the file opens"
    if missing := unknown(fleet, addresses, "firewall"):
        return f"a tunnel more to let in: {', '.join(missing)} comes with this plan"
    unlike = _unlike(fleet, server, host, addresses)
    return "; ".join(f"{field}: {found}, not {wanted}" for field, wanted, found in unlike)


def _unlike(fleet: Fleet, server: Server, host: Host, addresses: Addresses) -> Iterator[tuple[str, str, str]]:
    files, changed = firewall_files(fleet, server, addresses), list(_changed(host))
    if host.firewall != sha256_of(files[0]) and not any(field == "rules" for field, *_ in changed):
        yield "rules", "as rendered", "other rules"
    for file, found in differing(host, files):
        yield file.path, "as rendered", found
    yield from changed


def _changed(host: Host) -> Iterator[tuple[str, str, str]]:
    """What is not as it was loaded."""
    if host.firewall is None or host.firewall.startswith("changed"):
        yield "rules", "as rendered", "changed by hand" if host.firewall else "none loaded"
    if (state := host.units.get(UNIT, "missing")) != "active":
        yield UNIT, "active", state
