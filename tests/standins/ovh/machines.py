"""/vps, /v2/iam/resource and /domain/zone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.standins.ovh.errors import bad, conflict
from tests.standins.ovh.routes import Asked, one_of, route, text_of, uuid_of
from tests.standins.ovh.world import IMAGES, PLANS, Record, Vps, Zone

_REBUILD_TAKES_S = 180
_TYPES_OF_RECORDS = ("A", "AAAA", "CAA", "CNAME", "TXT")


@route("GET", "/vps")
def names(asked: Asked) -> list[str]:
    return sorted(asked.world.machines)


@route("GET", "/vps/{name}")
def read(asked: Asked) -> dict[str, Any]:
    vps = _vps(asked)
    plan = PLANS[vps.plan]
    return {
        "cluster": "",
        "displayName": vps.display_name,
        "iam": {"id": uuid_of(vps.name), "urn": _urn(vps), "displayName": vps.display_name or vps.name}
        | {"tags": {"ovh:type": "vps", **vps.tags}},
        "keymap": None,
        "memoryLimit": plan.memory_gb * 1024,
        "model": {
            "availableOptions": [],
            "datacenter": [],
            "disk": plan.disk_gb,
            "maximumAdditionnalIp": 16,
            "memory": plan.memory_gb * 1024,
            "name": plan.code,
            "offer": plan.code,
            "vcore": plan.vcore,
            "version": "2019v1",
        },
        "monitoringIpBlocks": [],
        "name": vps.name,
        "netbootMode": "local",
        "offerType": "ssd",
        "slaMonitoring": False,
        "state": vps.state_at(asked.world.clock()),
        "vcore": plan.vcore,
        "zone": f"Region OpenStack: os-{vps.datacenter.lower()}1",
        "zoneType": "region",
    }


@route("PUT", "/vps/{name}")
def change(asked: Asked) -> None:
    name = asked.body.get("displayName")
    if name is not None and len(name) > 50:
        raise bad("displayName: 50 characters at most")
    _vps(asked).display_name = name


@route("GET", "/vps/{name}/ips")
def addresses(asked: Asked) -> list[str]:
    vps = _vps(asked)
    return [vps.ipv6, vps.ipv4]


@route("GET", "/vps/{name}/datacenter")
def datacenter(asked: Asked) -> dict[str, Any]:
    vps = _vps(asked)
    return {"country": "fr", "longName": vps.datacenter, "name": vps.datacenter}


@route("GET", "/vps/{name}/status")
def services(asked: Asked) -> dict[str, Any]:
    up = "up" if _vps(asked).state_at(asked.world.clock()) == "running" else "down"
    ports = {"dns": 53, "http": 80, "https": 443, "smtp": 25}
    down = {name: {"port": port, "state": "down"} for name, port in ports.items()}
    return {**down, "ssh": {"port": 22, "state": up}, "ping": up, "tools": None}


@route("GET", "/vps/{name}/images/available")
def images(asked: Asked) -> list[str]:
    _vps(asked)
    return [uuid_of(name) for name in IMAGES]


@route("GET", "/vps/{name}/images/available/{image}")
def image(asked: Asked) -> dict[str, Any]:
    return {"id": asked.parts["image"], "name": _image(asked.parts["image"])}


@route("GET", "/vps/{name}/images/current")
def current_image(asked: Asked) -> dict[str, Any]:
    return {"id": uuid_of(_vps(asked).image), "name": _vps(asked).image}


@route("GET", "/vps/{name}/serviceInfos")
def service_infos(asked: Asked) -> dict[str, Any]:
    vps = _vps(asked)
    return {
        "canDeleteAtExpiration": True,
        "contactAdmin": "xx1-ovh",
        "contactBilling": "xx1-ovh",
        "contactTech": "xx1-ovh",
        "creation": text_of(vps.created_at)[:10],
        "domain": vps.name,
        "engagedUpTo": vps.expires.isoformat() if vps.months == 12 else None,
        "expiration": vps.expires.isoformat(),
        "possibleRenewPeriod": [1, 3, 6, 12],
        "renew": {
            "automatic": vps.automatic,
            "deleteAtExpiration": vps.delete_at_expiration,
            "forced": False,
            "manualPayment": False,
            "period": vps.period,
        },
        "renewalType": "automaticV2016",
        "serviceId": int(vps.name.split("-")[1].split(".")[0], 16),
        "status": "ok",
    }


@route("PUT", "/vps/{name}/serviceInfos")
def change_service(asked: Asked) -> None:
    vps, renew = _vps(asked), asked.body["renew"]
    missing = {"automatic", "deleteAtExpiration", "forced"} - renew.keys()
    if missing:
        raise bad(f"renew: missing {', '.join(sorted(missing))}")
    vps.automatic = renew["automatic"]
    vps.delete_at_expiration = renew["deleteAtExpiration"]
    vps.period = renew.get("period") or vps.period


@route("POST", "/vps/{name}/rebuild")
def rebuild(asked: Asked) -> dict[str, Any]:
    vps = _vps(asked)
    name = _image(asked.body["imageId"])
    if vps.state_at(asked.world.clock()) != "running":
        raise conflict("An operation is under way on this VPS")
    vps.image, vps.ssh_key = name, asked.body.get("publicSshKey")
    task = asked.world.begin_task(vps, "reinstallVm", _REBUILD_TAKES_S)
    return _task_told(asked, task.id)


@route("GET", "/vps/{name}/tasks")
def tasks(asked: Asked) -> list[int]:
    wanted, state = asked.query.get("type"), asked.query.get("state")
    now = asked.world.clock()
    held = _vps(asked).tasks.values()
    return [one.id for one in held if wanted in (None, one.type) and state in (None, one.state_at(now))]


@route("GET", "/vps/{name}/tasks/{task}")
def task(asked: Asked) -> dict[str, Any]:
    return _task_told(asked, int(asked.parts["task"]))


@route("POST", "/v2/iam/resource/{urn}/tag")
def tag(asked: Asked) -> None:
    vps = next((vps for vps in asked.world.machines.values() if _urn(vps) == asked.parts["urn"]), None)
    if vps is None:
        raise bad(f"no resource {asked.parts['urn']}")
    vps.tags[asked.body["key"]] = asked.body["value"]


@route("GET", "/domain/zone")
def zones(asked: Asked) -> list[str]:
    return sorted(asked.world.zones)


@route("GET", "/domain/zone/{zone}/record")
def records(asked: Asked) -> list[int]:
    wanted, name = asked.query.get("fieldType"), asked.query.get("subDomain")
    held = _zone(asked).records.values()
    return [one.id for one in held if wanted in (None, one.type) and name in (None, one.name)]


@route("POST", "/domain/zone/{zone}/record")
def add_record(asked: Asked) -> dict[str, Any]:
    zone, body = _zone(asked), asked.body
    if body["fieldType"] not in _TYPES_OF_RECORDS:
        raise bad(f"fieldType {body['fieldType']} is not kept here")
    record = Record(
        asked.world.number(), body["fieldType"], body.get("subDomain") or "", body["target"], body.get("ttl")
    )
    zone.records[record.id] = record
    return _record_told(zone, record)


@route("GET", "/domain/zone/{zone}/record/{record}")
def read_record(asked: Asked) -> dict[str, Any]:
    zone = _zone(asked)
    return _record_told(zone, one_of(zone.records, int(asked.parts["record"]), "record"))


@route("PUT", "/domain/zone/{zone}/record/{record}")
def change_record(asked: Asked) -> None:
    record = one_of(_zone(asked).records, int(asked.parts["record"]), "record")
    record.name = asked.body.get("subDomain", record.name)
    record.target = asked.body.get("target", record.target)
    record.ttl = asked.body.get("ttl", record.ttl)


@route("DELETE", "/domain/zone/{zone}/record/{record}")
def drop_record(asked: Asked) -> None:
    zone = _zone(asked)
    del zone.records[one_of(zone.records, int(asked.parts["record"]), "record").id]


@route("POST", "/domain/zone/{zone}/refresh")
def refresh(asked: Asked) -> None:
    zone = _zone(asked)
    zone.served = deepcopy(zone.records)


def _vps(asked: Asked) -> Vps:
    held: Vps = one_of(asked.world.machines, asked.parts["name"], "vps")
    return held


def _zone(asked: Asked) -> Zone:
    held: Zone = one_of(asked.world.zones, asked.parts["zone"], "zone")
    return held


def _urn(vps: Vps) -> str:
    return f"urn:v1:eu:resource:vps:{vps.name}"


def _image(number: str) -> str:
    name: str = one_of({uuid_of(name): name for name in IMAGES}, number, "image")
    return name


def _task_told(asked: Asked, number: int) -> dict[str, Any]:
    one = one_of(_vps(asked).tasks, number, "task")
    state = one.state_at(asked.world.clock())
    progress = {"todo": 0, "done": 100}.get(state, 50)
    return {"id": one.id, "type": one.type, "state": state, "progress": progress, "date": text_of(one.at)}


def _record_told(zone: Zone, record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "zone": zone.name,
        "subDomain": record.name,
        "fieldType": record.type,
        "target": record.target,
        "ttl": record.ttl,
    }
