"""Records of the zone that are not ours stay, whatever the API makes of a filter; and nobody waits for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from momentum.fleet.facts import Facts
from momentum.fleet.operations.dns import record_sets
from momentum.fleet.steps import Step
from momentum.provisioning.execute.dns import records
from momentum.provisioning.observe.provider import read_dns
from tests.unit.fleet.well_fleet import FLEET, KNOWN, well

ZONE = FLEET.dns.zone if FLEET.dns else ""
OURS = ("", "app")
THEIRS = {1: ("mail", "MX", "mx.example"), 2: ("blog", "A", "192.0.2.9"), 3: ("", "TXT", "v=spf1 -all")}


class Zone:
    """A zone whose lists are filtered as the API's document says: by pattern, and "" is none."""

    def __init__(self) -> None:
        self.records = {number: (*record, 300) for number, record in THEIRS.items()}
        self.calls: list[str] = []

    def get(self, path: str, fieldType: str = "", subDomain: str = "") -> Any:
        self.calls.append(path)
        *_, last = path.split("/")
        if last != "record":
            name, kind, target, ttl_s = self.records[int(last)]
            return {"id": int(last), "subDomain": name, "fieldType": kind, "target": target, "ttl": ttl_s}
        return [n for n, (name, kind, *_) in self.records.items() if subDomain in ("", name) and kind == fieldType]

    def post(self, path: str, **body: Any) -> None:
        if path.endswith("/record"):
            self.records[max(self.records) + 1] = (body["subDomain"], body["fieldType"], body["target"], body["ttl"])

    def put(self, path: str, **body: Any) -> None:
        number = int(path.rpartition("/")[2])
        kind = self.records[number][1]
        self.records[number] = (body["subDomain"], kind, body["target"], body["ttl"])

    def delete(self, path: str) -> None:
        del self.records[int(path.rpartition("/")[2])]


def made(zone: Zone, facts: Facts) -> None:
    journal = SimpleNamespace(remember=lambda *_: None)
    outside = SimpleNamespace(provider=zone, journal=journal, facts=facts, known=KNOWN)
    for target, wants in record_sets(FLEET).items():
        records(Step("dns.records", target, "it differs", wants=wants), outside, lambda _: None)  # type: ignore[arg-type]


def test_only_the_file_s_own_sets_are_made_and_changed() -> None:
    zone = Zone()
    made(zone, well())
    addresses = {name: sorted(v for n, k, v, _ in zone.records.values() if (n, k) == (name, "A")) for name in OURS}
    assert addresses == {name: ["203.0.113.3", "203.0.113.4"] for name in OURS}
    before = dict(zone.records)
    made(zone, well())
    assert zone.records == before, "the same again changes nothing"
    assert {number: zone.records[number][:3] for number in THEIRS} == THEIRS


def test_what_is_read_are_the_file_s_own_sets_and_calls_do_not_grow_with_the_zone() -> None:
    zone = Zone()
    made(zone, well())
    zone.records |= {number: (f"host-{number}", "MX", "192.0.2.1", 300) for number in range(100, 400)}
    zone.calls.clear()
    found = read_dns(zone, FLEET)  # type: ignore[arg-type]
    assert {(one.name, one.type) for one in found} == {("", "A"), ("app", "A"), ("", "CAA")}
    assert len(found) == 5
    assert len(zone.calls) < 15
