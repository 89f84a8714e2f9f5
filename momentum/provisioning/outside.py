"""The outside world as an executor sees it: one adapter per system, the journal, and what was read last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from momentum.adapters.object_store import ObjectStore
    from momentum.fleet.facts import Facts, Known
    from momentum.fleet.schema import Fleet
    from momentum.fleet.steps import Step
    from momentum.provisioning.cluster_access import ClusterAccess
    from momentum.provisioning.journal import Journal

Progress = Callable[[str], None]


@dataclass
class Outside:
    """`provider` is an OvhApi, `hosts` the Hosts over SSH, `cluster` the way to the API servers.

    `backups` is the fleet's backup store, in which K3s's servers keep their snapshots; None without its keys.

    `facts` is what the executor's loop has read just before the step: contents that a plan cannot know
    (public addresses, mesh keys) are resolved from it.
    """

    fleet: Fleet
    provider: Any
    hosts: Any
    cluster: ClusterAccess
    journal: Journal
    facts: Facts
    # By name (adapters/secrets.py), for what must lie on a host in the clear: K3s's token, the object store's keys.
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    backups: ObjectStore | None = None

    @property
    def known(self) -> Known:
        return self.journal.known()


Execute = Callable[["Step", Outside, Progress], Mapping[str, Any]]
