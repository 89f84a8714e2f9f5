"""Machines and DNS records as the provider tells them, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from momentum.adapters.ovh import ApiError, OvhApi
from momentum.adapters.ovh.api import segment
from momentum.fleet.facts import EXPIRED, DnsRecordFact, Machine, Task
from momentum.fleet.operations.dns import record_sets
from momentum.fleet.schema import Fleet

MARK = "momentum:server"
"""The tag on a machine: which server of which fleet it is."""

_STATUS_OF_EXPIRED = 460


def read_machines(api: OvhApi) -> dict[str, Machine]:
    """Every VPS of the account by its service name: five calls each, more while it is not running."""
    return {service: read_machine(api, service) for service in api.get("/vps")}


def read_machine(api: OvhApi, service: str) -> Machine:
    path = f"/vps/{segment(service)}"
    try:
        told = api.get(path)
    except ApiError as error:
        if error.status != _STATUS_OF_EXPIRED:
            raise
        return Machine(service, "", "", "", EXPIRED, "", "", expires=None, renews=False)
    infos, running = api.get(f"{path}/serviceInfos"), told["state"] == "running"
    renew: Mapping[str, Any] = infos.get("renew") or {}
    renews = bool(renew.get("automatic")) and not renew.get("deleteAtExpiration")
    addresses = [one for one in api.get(f"{path}/ips") if ":" not in one]
    return Machine(
        service=service,
        display_name=told.get("displayName") or "",
        plan=told["model"]["name"],
        datacenter=api.get(f"{path}/datacenter")["name"],
        state=told["state"],
        image=api.get(f"{path}/images/current")["name"] if running else "",
        public_ipv4=addresses[0] if addresses else "",
        expires=date.fromisoformat(infos["expiration"]) if infos.get("expiration") else None,
        renews=renews,
        tasks=() if running else tuple(task for task in read_tasks(api, service) if task.state != "done"),
        renew_months=renew.get("period") if renews else None,
        mark=((told.get("iam") or {}).get("tags") or {}).get(MARK, ""),
    )


def read_tasks(api: OvhApi, service: str, latest: int = 5) -> list[Task]:
    """The machine's latest tasks, oldest first. (The list holds numbers only, and old machines have many.)"""
    path = f"/vps/{segment(service)}/tasks"
    told = [api.get(f"{path}/{number}") for number in sorted(api.get(path))[-latest:]]
    return [Task(one["id"], one["type"], one["state"]) for one in told]


def read_dns(api: OvhApi, fleet: Fleet) -> tuple[DnsRecordFact, ...]:
    """Records of the sets that the file names, and no others: a call for each set and each record."""
    if fleet.dns is None:
        return ()
    sets = [(wants["name"], wants["type"]) for wants in record_sets(fleet).values()]
    return tuple(record for name, kind in sets for record in read_records(api, fleet.dns.zone, name, kind))


def read_records(api: OvhApi, zone: str, name: str, kind: str) -> list[DnsRecordFact]:
    """Those of exactly this name, which is "" for the zone itself, and this type.

    The API matches patterns (its document says ilike), and what it makes of "" is not told: what it lists is looked at.
    """
    path = f"/domain/zone/{segment(zone)}/record"
    listed = [_record(api.get(f"{path}/{number}")) for number in sorted(api.get(path, fieldType=kind, subDomain=name))]
    return [record for record in listed if (record.name, record.type) == (name, kind)]


def _record(told: Mapping[str, Any]) -> DnsRecordFact:
    name, ttl_s = (told.get("subDomain") or "").lower(), told.get("ttl") or 0
    return DnsRecordFact(told["id"], name, told["fieldType"], told["target"], ttl_s)
