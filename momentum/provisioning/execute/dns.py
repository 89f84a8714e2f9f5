"""A set of records of one name and type, made as the step says; then the name servers are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from momentum.adapters.ovh import OutcomeUnknown, OvhApi
from momentum.adapters.ovh.api import segment
from momentum.errors import MomentumError
from momentum.fleet.facts import DnsRecordFact
from momentum.fleet.operations.dns import normal, resolved
from momentum.fleet.steps import Step
from momentum.provisioning.execute.settling import SETTLES_S
from momentum.provisioning.observe.provider import read_records
from momentum.provisioning.outside import Execute, Outside, Progress

_MOST_LOST = 4


def records(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """A change that is not refreshed is not served and cannot be seen from the records, so the journal remembers it."""
    api, wants = outside.provider, step.wants
    wanted = resolved(wants, outside.facts, outside.known)
    if wanted is None:
        raise MomentumError(
            f"{step.target} names servers that have no public address yet: {', '.join(wants['servers'])}."
        )
    outside.journal.remember("dns_pending", step.target, True)
    for left in reversed(range(_MOST_LOST)):
        try:
            _make(api, wants, wanted)
            api.post(f"/domain/zone/{segment(wants['zone'])}/refresh")
        except OutcomeUnknown:
            if not left:
                raise
            api.sleep(SETTLES_S)
        else:
            break
    say(f"{step.target}: {', '.join(value for value, _ in wanted) or 'no record'}")
    return {"records": [value for value, _ in wanted], "known": {"dns_pending": {step.target: None}}}


def _make(api: OvhApi, wants: Mapping[str, Any], wanted: list[tuple[str, int]]) -> None:
    """New records before old ones go, so that the name is never without one."""
    path = f"/domain/zone/{segment(wants['zone'])}/record"
    there = read_records(api, wants["zone"], wants["name"], wants["type"])
    missing, extra = list(wanted), list[DnsRecordFact]()
    for record in there:
        if (value := (normal(record.value), record.ttl_s)) in missing:
            missing.remove(value)
        else:
            extra.append(record)
    for target, ttl_s in missing:
        if extra:
            api.put(f"{path}/{extra.pop().id}", subDomain=wants["name"], target=target, ttl=ttl_s)
        else:
            api.post(path, fieldType=wants["type"], subDomain=wants["name"], target=target, ttl=ttl_s)
    for record in extra:
        api.delete(f"{path}/{record.id}")


KINDS: Mapping[str, Execute] = {"dns.records": records}
