"""Waiting for a machine's tasks, and the installation that puts our key on an empty machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from momentum.adapters.ovh import ApiError, OvhApi
from momentum.adapters.ovh.api import segment
from momentum.errors import MomentumError
from momentum.fleet.facts import Task
from momentum.fleet.steps import Step
from momentum.provisioning.execute.settling import until_seen
from momentum.provisioning.observe.provider import read_tasks
from momentum.provisioning.outside import Outside, Progress

POLL_S = 20.0
PATIENCE_S = 2700.0
"""What a delivery or an installation may take before a person is told; it goes on by itself meanwhile."""

STUCK = ("blocked", "error", "paused", "waitingAck", "cancelled")


class Stuck(MomentumError):
    """Something at the provider does not go on by itself."""


def until_running(api: OvhApi, service: str, say: Progress) -> None:
    """Returns when the machine runs and none of its tasks is at work. Raises Stuck.

    The tasks are asked and not the state alone: a machine still says "running" just after a rebuild was asked for.
    """
    waited_s = 0.0
    while True:
        state = _state(api, service)
        tasks = [task for task in read_tasks(api, service) if task.state != "done"] if state else []
        for task in tasks:
            if task.state in STUCK:
                raise Stuck(
                    f"Task {task.id} ({task.type}) of {service} is {task.state} at OVH and does not go on by itself. "
                    "Open a ticket that names it; once it is done apply again: it goes on from here, nothing is "
                    "ordered twice."
                )
        if state == "running" and not tasks:
            return
        if waited_s >= PATIENCE_S:
            at_work = ", ".join(f"task {task.id} ({task.type}) {task.state}" for task in tasks) or f"state {state}"
            raise Stuck(
                f"{service} is not ready after {PATIENCE_S / 60:.0f} minutes: {at_work}. Apply again later: it goes on "
                "from here, nothing is ordered twice. If it stays so, open a ticket at OVH."
            )
        say(f"{service}: {state or 'not listed yet'}" + "".join(f", {task.type} {task.state}" for task in tasks))
        api.sleep(POLL_S)
        waited_s += POLL_S


def install(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Install a machine that our order has just delivered, with our key. Never another one: a machine with anything
    on it has no open order in the journal any more."""
    api, journal, server = outside.provider, outside.journal, step.target
    remembered = next((one for one in outside.known.orders if one.server == server), None)
    if remembered is None or remembered.status not in ("delivered", "installing"):
        raise MomentumError(f"{server} is not a machine that was just delivered: it is not installed anew by a plan.")
    service = outside.known.services[server]
    until_running(api, service, say)
    image_id = _image_id(api, service, step.wants["image"])
    journal.remember("order", server, _values(replace(remembered, status="installing")))
    until_seen(
        lambda: bool(_installations(api, service)),
        lambda: api.post(
            f"/vps/{segment(service)}/rebuild",
            imageId=image_id,
            publicSshKey=step.wants["public_key"],
            doNotSendPassword=True,
        ),
        api.sleep,
    )
    until_running(api, service, say)
    return {"service": service, "known": {"order": {server: None}}}


def _values(order: Any) -> dict[str, Any]:
    values = asdict(order)
    del values["server"]
    return values


def _installations(api: OvhApi, service: str) -> list[Task]:
    return [task for task in read_tasks(api, service) if task.type == "reinstallVm"]


def _state(api: OvhApi, service: str) -> str | None:
    try:
        return str(api.get(f"/vps/{segment(service)}")["state"])
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _image_id(api: OvhApi, service: str, name: str) -> str:
    path = f"/vps/{segment(service)}/images/available"
    names = {}
    for number in api.get(path):
        image = api.get(f"{path}/{segment(number)}")
        if image["name"] == name:
            return str(number)
        names[image["name"]] = number
    raise MomentumError(
        f"OVH has no image called {name} for {service}; it has {', '.join(sorted(names))}. Name one of them as "
        "provider.image and plan again."
    )
