"""Machines: ordered where the file asks for more than there are, marked, kept or left to end with their term.

A machine that nobody ordered is a difference and never a step. So is a server whose machine has gone: another is
bought only after a person has said that it is lost (`momentum infra forget`), or has taken it out of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from momentum.fleet.fact_hash import HOST_PARTS, rests_on
from momentum.fleet.facts import EXPIRED, Facts, Known, Machine
from momentum.fleet.membership import claims, just_delivered, lost, mark_of
from momentum.fleet.money import TERMS, server_price, with_tax
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.steps import Price, Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    for server in fleet.servers:
        if claims(fleet, server.name, facts, known):
            continue
        if server.name not in known.services:
            yield _order(fleet, server, facts, known)
        if server.name not in known.services or just_delivered(server.name, known):
            yield _install(fleet, server, facts, known)
        if lost(server.name, facts, known):
            continue
        machine = _machine(server.name, facts, known)
        if server.name not in known.host_keys:
            yield _pin(server, facts, known)
        yield from _marked(fleet, server, machine, facts, known)
        yield from _renewed(fleet, server, machine, facts, known)


def ending(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    """Servers that the file no longer names: their machines end with their term. The last step of leaving."""
    wanted = {server.name for server in fleet.servers}
    for name, service in sorted(known.services.items()):
        machine = (facts.machines or {}).get(service)
        if name in wanted or machine is None or not machine.renews:
            continue
        yield Step(
            kind="server.end",
            target=name,
            reason=f"not in the file any more; the machine is paid until {machine.expires or 'its term ends'}",
            risk="destroys data",
            wants={"service": service},
            rests_on=rests_on(facts, known, f"machine:{service}"),
            changes=(f"machine:{service}",),
        )


Row = tuple[str, str, str, str, str]


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Row]:
    """(server, part, field, wanted, found) of every machine that is not as the file says."""
    if facts.machines is None:
        return
    for server in fleet.servers:
        service = known.services.get(server.name)
        if service is None:
            told = ", ".join(claims(fleet, server.name, facts, known))
            found = f"{told} says that it is it: adopt it, or rename it" if told else "none"
            yield server.name, "machine", "service", "a machine", found
            continue
        machine = facts.machines.get(service)
        if machine is None or machine.state == EXPIRED:
            yield server.name, "machine", "service", service, _gone(machine)
            continue
        yield from _unlike(fleet, server, machine)
    names = {server.name for server in fleet.servers}
    for order in known.orders:
        if order.server not in names:
            found = f"order {order.order_id}" if order.order_id else f"cart {order.cart_id}"
            yield order.server, "machine", "order", "none: the file does not name it", f"{found}, {order.status}"
    ours = set(known.services.values())
    for service, machine in sorted(facts.machines.items()):
        if service not in ours:
            told = f"{machine.plan} in {machine.datacenter}, called {machine.display_name or 'nothing'}"
            told = EXPIRED if machine.state == EXPIRED else told
            yield service, "machine", "service", "none: nobody ordered it here", told


def questions(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str]]:
    """(server, what a person has to decide) where machines were lost or are somebody's already."""
    for server in fleet.servers:
        if lost(server.name, facts, known):
            service = known.services[server.name]
            yield (
                server.name,
                f"its machine {service} is {_gone((facts.machines or {}).get(service))}. No other is ordered by "
                "itself, and nothing is done about it. If it shall come back (paid late, a mistake of the provider), "
                f"wait for it; if it is lost, `momentum infra forget {server.name}`, and the next plan orders another "
                "and puts it in its place; or take it out of the file",
            )
        elif there := claims(fleet, server.name, facts, known):
            yield (
                server.name,
                f"{', '.join(there)} says that it is {server.name}, and the journal does not know it. Nothing is "
                f"ordered beside it: `momentum infra adopt {server.name} {there[0]}`, or rename it at the provider",
            )


def _gone(machine: Machine | None) -> str:
    return "gone from the account" if machine is None else "expired at the provider, who takes it away soon"


def _unlike(fleet: Fleet, server: Server, machine: Machine) -> Iterator[Row]:
    rows = (
        ("plan", server.plan, machine.plan),
        ("datacenter", fleet.provider.datacenter, machine.datacenter),
        ("display name", server.name, machine.display_name),
        ("mark", mark_of(fleet, server.name), machine.mark),
        ("renewal", _renewal(fleet.provider.term_months), _renewal(machine.renew_months if machine.renews else None)),
        ("state", "running", "running" if machine.state == "backuping" else machine.state),
    )
    for field, wanted, found in rows:
        if wanted != found:
            yield server.name, "machine", field, wanted, found
    for task in machine.tasks:
        if task.state in ("blocked", "error", "paused", "waitingAck"):
            yield server.name, "machine", f"task {task.id}", "done", f"{task.type} {task.state}"


def _renewal(months: int | None) -> str:
    return f"every {months} months" if months else "none"


def _machine(server: str, facts: Facts, known: Known) -> Machine | None:
    return (facts.machines or {}).get(known.services.get(server, ""))


def _order(fleet: Fleet, server: Server, facts: Facts, known: Known) -> Step:
    provider, terms = fleet.provider, TERMS[fleet.provider.term_months]
    price = server_price(fleet, server)
    return Step(
        kind="server.order",
        target=server.name,
        reason=f"the file asks for {server.name}, a {server.plan} in {provider.datacenter}, and no machine is it",
        risk="binds money",
        price=price,
        wants={
            "plan": server.plan,
            "datacenter": provider.datacenter,
            "image": provider.image,
            "subsidiary": provider.subsidiary,
            "duration": terms.duration,
            "pricing_mode": terms.pricing_mode,
            "today_eur": price.today,
            "today_eur_with_tax": float(with_tax(Decimal(str(price.today)), fleet.budget)),
        },
        rests_on=rests_on(facts, known, "machines", f"order:{server.name}"),
        changes=("machines", f"order:{server.name}"),
    )


def _install(fleet: Fleet, server: Server, facts: Facts, known: Known) -> Step:
    """OVH's order takes no SSH key and a VPS has no cloud-init: the way to put one in is a new installation."""
    key = fleet.ssh.keys[0]
    return Step(
        kind="server.install",
        target=server.name,
        reason=f"{server.name} comes without a key of ours: installed anew, empty as it is, with {key.name}",
        risk="restart",
        wants={"image": fleet.provider.image, "public_key": key.public_key},
        rests_on=rests_on(facts, known, "machines", f"order:{server.name}"),
        changes=_changes(server, known, f"order:{server.name}"),
    )


def _pin(server: Server, facts: Facts, known: Known) -> Step:
    """Nothing vouches for the first key that a machine shows; from then on another one is refused."""
    return Step(
        kind="server.pin",
        target=server.name,
        reason="the key that the host shows at its delivery is the one that it must show for ever",
        wants={"server": server.name},
        rests_on=rests_on(facts, known, "machines"),
        changes=tuple(f"host:{server.name}:{part}" for part in HOST_PARTS),
    )


def _marked(fleet: Fleet, server: Server, machine: Machine | None, facts: Facts, known: Known) -> Iterator[Step]:
    wants = {"display_name": server.name, "mark": mark_of(fleet, server.name)}
    if machine is not None and (machine.display_name, machine.mark) == (wants["display_name"], wants["mark"]):
        return
    yield _of_machine("server.mark", server, "the machine does not say which server it is", wants, facts, known)


def _renewed(fleet: Fleet, server: Server, machine: Machine | None, facts: Facts, known: Known) -> Iterator[Step]:
    months = fleet.provider.term_months
    if machine is not None and machine.renews and machine.renew_months == months:
        return
    found = "" if machine is None else f", and is: {_renewal(machine.renew_months if machine.renews else None)}"
    reason = f"its renewal is to be {_renewal(months)}{found}"
    yield _of_machine("server.renew", server, reason, {"months": months}, facts, known)


def _of_machine(kind: str, server: Server, reason: str, wants: dict[str, Any], facts: Facts, known: Known) -> Step:
    """Rests on the set of machines and not on the machine: a plan that also orders it cannot know its name yet."""
    return Step(
        kind=kind,
        target=server.name,
        reason=reason,
        price=Price(),
        wants=wants,
        rests_on=rests_on(facts, known, "machines"),
        changes=_changes(server, known),
    )


def _changes(server: Server, known: Known, *more: str) -> tuple[str, ...]:
    service = known.services.get(server.name)
    return (f"machine:{service}" if service else "machines", *more)
