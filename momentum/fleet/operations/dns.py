"""Records of the zone: each set of one name and type that the file names is made as the file says.

Sets that the file does not name belong to somebody else and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import DnsRecordFact, Facts, Known
from momentum.fleet.membership import claims, lost
from momentum.fleet.schema import DnsRecord, Fleet
from momentum.fleet.steps import Step

Row = tuple[str, str, str, str, str]


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    if fleet.dns is None or facts.dns is None:
        return
    for target, wants in record_sets(fleet).items():
        if _unknown(fleet, wants, facts, known):
            continue
        wanted, found = resolved(wants, facts, known), _found(wants, facts.dns)
        if wanted == found and target not in known.dns_pending:
            continue
        yield Step(
            kind="dns.records",
            target=target,
            reason=_reason(wanted, found),
            wants=wants,
            rests_on=rests_on(facts, known, "dns", "machines"),
            changes=("dns",),
        )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Row]:
    """(zone, part, field, wanted, found) of every set of records that is not as the file says."""
    if fleet.dns is None or facts.dns is None:
        return
    for target, wants in record_sets(fleet).items():
        if _unknown(fleet, wants, facts, known):
            continue
        wanted, found = resolved(wants, facts, known), _found(wants, facts.dns)
        if wanted != found:
            yield fleet.dns.zone, "dns", target, _told(wanted), _told(found)


def resolved(wants: Mapping[str, Any], facts: Facts, known: Known) -> list[tuple[str, int]] | None:
    """The set's (value, TTL in s), sorted; None while a server that it names has no address yet.

    A lost machine serves nobody: its address is left out, and comes back with it.
    """
    addresses = []
    for server in wants["servers"]:
        if lost(server, facts, known):
            continue
        machine = (facts.machines or {}).get(known.services.get(server, ""))
        if machine is None or not machine.public_ipv4:
            return None
        addresses.append((machine.public_ipv4, wants["ttl_s"]))
    return sorted([*addresses, *((normal(value), wants["ttl_s"]) for value in wants["values"])])


def _unknown(fleet: Fleet, wants: Mapping[str, Any], facts: Facts, known: Known) -> bool:
    """Nobody knows what such a set is to say: its servers were not read or not adopted, or all of them are lost."""
    servers = wants["servers"]
    if not servers:
        return False
    if facts.machines is None or any(claims(fleet, one, facts, known) for one in servers):
        return True
    return not wants["values"] and all(lost(one, facts, known) for one in servers)


def normal(value: str) -> str:
    """A record's value as it is compared: without the quotes of a TXT and the last dot of a name."""
    bare = value.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare.rstrip(".")


def record_sets(fleet: Fleet) -> dict[str, dict[str, Any]]:
    """By target, "<name> <type>"; records of one name and type are one set."""
    assert fleet.dns is not None
    sets: dict[str, dict[str, Any]] = {}
    for record in fleet.dns.records:
        empty = {"zone": fleet.dns.zone, "name": _name(record), "type": record.type, "ttl_s": record.ttl_s}
        one = sets.setdefault(f"{record.name}.{fleet.dns.zone} {record.type}", empty | {"servers": [], "values": []})
        one["servers"] += [] if record.servers is None else _selected(fleet, record.servers)
        one["values"] += [] if record.value is None else [record.value]
    return sets


def _name(record: DnsRecord) -> str:
    return "" if record.name == "@" else record.name


def _selected(fleet: Fleet, labels: Mapping[str, str]) -> list[str]:
    return [server.name for server in fleet.servers if labels.items() <= server.labels.items()]


def _found(wants: Mapping[str, Any], records: tuple[DnsRecordFact, ...]) -> list[tuple[str, int]]:
    return sorted(
        (normal(record.value), record.ttl_s)
        for record in records
        if (record.name, record.type) == (wants["name"], wants["type"])
    )


def _reason(wanted: list[tuple[str, int]] | None, found: list[tuple[str, int]]) -> str:
    if wanted == found:
        return "the records were changed and the name servers not told yet"
    return f"to be {_told(wanted)}; there: {_told(found)}"


def _told(values: list[tuple[str, int]] | None) -> str:
    if values is None:
        return "addresses of servers to come"
    return ", ".join(f"{value} ({ttl_s} s)" for value, ttl_s in values) or "nothing"
