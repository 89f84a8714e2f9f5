"""From settings and secrets to the outside world, or what is missing and what to do about it. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from momentum.errors import MomentumError

if TYPE_CHECKING:
    from momentum.adapters.object_store import ObjectStore
    from momentum.fleet.facts import Facts, Host
    from momentum.fleet.schema import Fleet
    from momentum.provisioning.apply import Observe
    from momentum.provisioning.looking import Readers
    from momentum.provisioning.outside import Outside
    from momentum.settings import Settings

TO_LOOK = ("ovh_application_key", "ovh_application_secret", "ovh_consumer_key")
OF_STORE = ("s3_access_key", "s3_secret_key")
TO_APPLY = (*TO_LOOK, "k3s_token")
ONE_OPERATOR = (
    "no keys of an object store: journal and lease are on this machine alone, so one operator, on this machine, is the "
    "rule; and K3s's servers ask for the keys, for their snapshots, before one is founded"
)


class NotConnected(MomentumError):
    """Something is missing to look, or to apply; the message begins with "not connected" and says what to do."""


@dataclass
class World:
    """The outside, how to look at it, and where journal and lease are mirrored.

    `masked` takes every secret out of a text that is to be shown. `behind` says why the journal may lack what
    another machine wrote; it is empty where it does not.
    """

    outside: Outside
    observe: Observe
    store: ObjectStore
    masked: Callable[[str], str]
    behind: str = ""

    @property
    def alone(self) -> str:
        """What to mind where no other machine sees journal and lease; empty where they are shared."""
        return "" if self.store.shared else ONE_OPERATOR

    @property
    def older_file(self) -> str:
        """What to mind where the fleet file is one that was applied before the last; empty where it is not."""
        at = self.outside.journal.replaced(self.outside.fleet.model_dump_json())
        if at is None:
            return ""
        return (
            f"this fleet file is as it was applied on {at:%Y-%m-%d %H:%M} UTC, and another was applied since: if it is "
            "an old copy, get the newest first, for a plan of this one takes back what came after it"
        )

    def look(self) -> Facts:
        """Everything, anew."""
        return self.observe(None, None)


def missing(settings: Settings, needed: Collection[str] = TO_LOOK) -> str:
    """Why there is no connection and what to do; empty where all that is needed is there. Asks nobody."""
    try:
        _values(settings, needed)
    except NotConnected as error:
        return str(error)
    return ""


def _values(settings: Settings, needed: Collection[str]) -> Mapping[str, str]:
    from momentum.adapters.secrets import SecretsError, read_secrets

    try:
        there = read_secrets(settings.secrets_path, settings.age_identity)
    except SecretsError as error:
        raise NotConnected(f"not connected: {error}") from error
    lacking = [name for name in needed if name not in there]
    if len(of_store := [name for name in OF_STORE if name in there]) == 1:
        lacking += [name for name in OF_STORE if name not in of_store]
    if lacking:
        which = "no credentials yet" if not there else f"{', '.join(lacking)} not set"
        raise NotConnected(f"not connected: {which}; `momentum infra secrets --help` says how to give them")
    return {name: one.get_secret_value() for name, one in there.items()}


@contextmanager
def connected(settings: Settings, fleet: Fleet, *, to_apply: bool = False) -> Iterator[World]:
    """The world as far as the secrets reach; closed at the end. Raises NotConnected.

    to_apply: what a host gets is needed too, and the object store must answer: no side effect is without its mirror.
    """
    from momentum.adapters.object_store import FolderStore, StoreUnreachable
    from momentum.adapters.ssh import Hosts
    from momentum.fleet.facts import Facts
    from momentum.provisioning.cluster_access import OverSsh
    from momentum.provisioning.journal import Journal
    from momentum.provisioning.looking import observer
    from momentum.provisioning.masking import Masker
    from momentum.provisioning.outside import Outside

    secrets = _values(settings, TO_APPLY if to_apply else TO_LOOK)
    with ExitStack() as stack:
        backups, masker = _object_store(settings, fleet, secrets), Masker(secrets.values())
        store = backups or FolderStore(settings.infra_dir / "store")
        behind = ""
        try:
            journal = Journal(settings.infra_journal_path, store, masker=masker)
        except StoreUnreachable as error:
            if to_apply:
                raise
            journal, behind = Journal(settings.infra_journal_path, None, masker=masker), str(error)
        stack.callback(journal.close)
        hosts = stack.enter_context(Hosts({}, mask=masker.text))
        outside = Outside(
            fleet=fleet,
            provider=_provider(settings, fleet, secrets),
            hosts=hosts,
            cluster=OverSsh(hosts),
            journal=journal,
            facts=Facts(),
            secrets=secrets,
            backups=backups,
        )
        yield World(outside, observer(outside, _readers(outside)), store, masker.text, behind)


def backup_store(settings: Settings, fleet: Fleet) -> ObjectStore | None:
    """The object store of the fleet file; None without its keys. Raises NotConnected."""
    return _object_store(settings, fleet, _values(settings, ()))


def _object_store(settings: Settings, fleet: Fleet, secrets: Mapping[str, str]) -> ObjectStore | None:
    if not all(name in secrets for name in OF_STORE):
        return None
    from momentum.adapters.object_store import S3Store

    backups = fleet.backups
    return S3Store(
        endpoint=settings.s3_url or backups.endpoint,
        region=backups.region,
        bucket=backups.bucket,
        folder=backups.folder,
        access_key=secrets["s3_access_key"],
        secret_key=secrets["s3_secret_key"],
    )


def _provider(settings: Settings, fleet: Fleet, secrets: Mapping[str, str]):  # type: ignore[no-untyped-def]
    from momentum.adapters.ovh import OvhKeys, connect

    keys = OvhKeys(*(secrets[name] for name in TO_LOOK))
    return connect(keys, endpoint=fleet.provider.endpoint, url=settings.ovh_url)


def _readers(outside: Outside) -> Readers:
    from momentum.provisioning.looking import Readers
    from momentum.provisioning.observe import cluster, hosts, provider, snapshots
    from momentum.provisioning.reaching import point_at

    api, fleet = outside.provider, outside.fleet

    def read_hosts(names: Collection[str], facts: Facts) -> tuple[dict[str, Host], dict[str, str]]:
        point_at(outside, names, facts)
        return hosts.read_hosts(outside.hosts, fleet, names)

    return Readers(
        machines=lambda: provider.read_machines(api),
        machine=lambda service: provider.read_machine(api, service),
        dns=lambda: provider.read_dns(api, fleet),
        hosts=read_hosts,
        cluster=lambda facts: cluster.read_cluster(fleet, facts, outside.hosts, outside.cluster),
        stored=lambda: snapshots.newest_stored(outside.backups, outside.known.cluster_id),
    )
