"""Saying that a server's machine is lost: the journal forgets it, and the next plan orders another in its place.

Only a machine that the provider has no more, or has ended, can be forgotten; nothing is changed anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from momentum.errors import MomentumError
from momentum.fleet.facts import EXPIRED

if TYPE_CHECKING:
    from momentum.provisioning.connect import World
    from momentum.settings import Settings


class NotForgotten(MomentumError):
    """The machine is not lost; the journal still knows it."""


@dataclass(frozen=True)
class Loss:
    """What a person is asked to agree to."""

    server: str
    service: str


def forget(settings: Settings, server: str, agreed: Callable[[Loss], bool]) -> Loss:
    """Looks at the account, asks, forgets. Raises NotForgotten, and what stands in the way of looking."""
    from momentum.provisioning.connect import connected
    from momentum.provisioning.session import fleet_to_apply, lease_on

    with connected(settings, fleet_to_apply(settings), to_apply=True) as world:
        loss = _loss(world, server)
        if not agreed(loss):
            raise NotForgotten("not agreed to; nothing was forgotten")
        journal = world.outside.journal
        with lease_on(world):
            journal.synchronise()
            journal.remember("host_key", server, None)  # another machine shows another key
            if any(order.server == server for order in world.outside.known.orders):
                journal.remember("order", server, None)  # or its order would be taken up again
            journal.remember("service", server, None)  # last: from now on the server has no machine
        return loss


def _loss(world: World, server: str) -> Loss:
    facts, known = world.look(), world.outside.known
    if facts.machines is None:
        raise NotForgotten(f"the provider's machines cannot be read: {facts.unread['machines']}")
    service = known.services.get(server)
    if service is None:
        names = ", ".join(sorted(known.services)) or "none"
        raise NotForgotten(f"the journal knows no machine of {server!r}; it knows those of {names}")
    machine = facts.machines.get(service)
    if machine is not None and machine.state != EXPIRED:
        raise NotForgotten(
            f"{service}, which is {server}, is still in the account. To give it up, take {server} out of the file"
        )
    return Loss(server, service)
