"""Machines at the provider: mark, renewal, end; ordering and installing have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from momentum.adapters.ovh.api import segment
from momentum.adapters.ssh import Endpoint, Unreachable
from momentum.errors import MomentumError
from momentum.fleet.steps import Step
from momentum.provisioning.execute.ordering import order
from momentum.provisioning.execute.settling import until_seen
from momentum.provisioning.execute.tasks import install
from momentum.provisioning.observe.provider import MARK, read_machine
from momentum.provisioning.outside import Execute, Outside, Progress

_STARTS_S, _ASKED_EVERY_S = 300, 15
"""What sshd of a machine that has just been installed is given to answer."""


def pin(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The host's key as it shows it now. Its sshd may still be starting."""
    server, ssh, hosts = step.target, outside.fleet.ssh, outside.hosts
    address = read_machine(outside.provider, outside.known.services[server]).public_ipv4
    hosts.endpoints[server] = Endpoint(address, ssh.user, ssh.port)
    for _ in range(_STARTS_S // _ASKED_EVERY_S):
        try:
            key = hosts.shown_host_key(server)
            break
        except Unreachable as error:
            say(str(error))
            outside.provider.sleep(float(_ASKED_EVERY_S))
    else:
        key = hosts.shown_host_key(server)
    hosts.pin(server, key)
    say(f"{server} at {address} is known by its key from now on")
    return {"known": {"host_key": {server: key}}}


def mark(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The name that people see in OVH's manager, and the tag by which a fleet finds its machines again."""
    api, service = outside.provider, outside.known.services[step.target]
    path, name, tag = f"/vps/{segment(service)}", step.wants["display_name"], step.wants["mark"]

    def urn_of(machine: Mapping[str, Any]) -> str:
        return str((machine.get("iam") or {}).get("urn") or "")

    named = until_seen(lambda: api.get(path)["displayName"] == name, lambda: api.put(path, displayName=name), api.sleep)
    urn = urn_of(api.get(path))
    if not urn:
        raise MomentumError(
            f"OVH tells no resource name (URN) of {service}: give the consumer key the right to read it."
        )
    tagged = until_seen(
        lambda: (api.get(path)["iam"].get("tags") or {}).get(MARK) == tag,
        lambda: api.post(f"/v2/iam/resource/{segment(urn)}/tag", key=MARK, value=tag),
        api.sleep,
    )
    say(f"{service} is {name}" if named or tagged else f"{service} was {name} already")
    return {"service": service}


def renew(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    service, months = outside.known.services[step.target], step.wants["months"]
    _set_renewal(outside, service, automatic=True, deleteAtExpiration=False, period=months)
    say(f"{service} renews every {months} months")
    return {"service": service}


def end(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """The machine goes when its term ends; until then it can be kept after all. (A termination at once wants a token
    that OVH sends by mail.)"""
    service = step.wants["service"]
    _set_renewal(outside, service, deleteAtExpiration=True)
    say(f"{service} ends with its term")
    return {"service": service}


def _set_renewal(outside: Outside, service: str, **wanted: Any) -> None:
    api, path = outside.provider, f"/vps/{segment(service)}/serviceInfos"
    infos = api.get(path)
    months, possible = wanted.get("period"), infos.get("possibleRenewPeriod")
    if months is not None and possible and months not in possible:
        offered = ", ".join(str(one) for one in possible)
        raise MomentumError(
            f"OVH offers renewal of {service} every {offered} months, not every {months}. Set provider.term_months to "
            "one of them, or ask OVH's support; the machine runs on meanwhile."
        )

    def is_so() -> bool:
        now = api.get(path)["renew"] or {}
        return all(now.get(key) == value for key, value in wanted.items())

    before = infos["renew"] or {}
    kept = {key: before.get(key, False) for key in ("automatic", "deleteAtExpiration", "forced")}
    if before.get("period"):
        kept["period"] = before["period"]
    until_seen(is_so, lambda: api.put(path, renew=kept | wanted), api.sleep)


KINDS: Mapping[str, Execute] = {
    "server.order": order,
    "server.install": install,
    "server.pin": pin,
    "server.mark": mark,
    "server.renew": renew,
    "server.end": end,
}
