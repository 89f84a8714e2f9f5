"""The store, the archive of raw files and the doorbell, for one run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from momentum.errors import MomentumError
from momentum.settings import Settings

if TYPE_CHECKING:
    from momentum.adapters.archive import Archive
    from momentum.adapters.clickhouse import Client
    from momentum.adapters.doorbell import Doorbell
    from momentum.warehouse.client import Client as AnyClient


class StoreIsIll(MomentumError):
    """The store failed a health check; nothing is written to it. The message says why."""


class Warehouse(dg.ConfigurableResource):
    """The place where data lives. Opened at the first use in a run, kept for the whole run.

    `home` is the folder of the local profile; empty means MOMENTUM_HOME. A server's address holds a
    password and is therefore no field of this resource: it is read from the environment when needed.
    """

    home: str = ""

    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)
    _client: Client | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        """Closes the store, and with it the lock, when the run ends."""
        with self._stack:
            yield self
        self._client = None

    @property
    def settings(self) -> Settings:
        """Settings of the environment, with this resource's home if it names one."""
        return Settings(home=Path(self.home)) if self.home else Settings()

    @property
    def archive(self) -> Archive:
        from momentum.adapters.archive import Archive

        return Archive(self.settings.archive_dir)

    @property
    def doorbell(self) -> Doorbell:
        from momentum.adapters.doorbell import Doorbell

        return Doorbell(self.settings.doorbell_path)

    def open(self, run_id: str) -> Client:
        """The client, whatever the health of the store: for what makes it well."""
        from momentum.adapters.clickhouse import open_client

        if self._client is None:
            settings = self.settings
            dsn = settings.clickhouse_dsn
            self._client = self._stack.enter_context(
                open_client(
                    store_dir=settings.store_dir,
                    dsn=dsn.get_secret_value() if dsn else None,
                    run_id=run_id,
                    lock_timeout_s=settings.run_lock_timeout_s,
                    on_wait=partial(print, file=sys.stderr),
                )
            )
            self._client.hold()  # a run writes months
        return self._client

    def client(self, run_id: str) -> Client:
        """The client, after a look at the store: a run that starts in spite of a failed check stops here."""
        from momentum.provisioning.cluster_health import cluster_health
        from momentum.warehouse.health import health
        from momentum.warehouse.publish import recover

        if self._client is not None:
            return self._client
        below = cluster_health(self.settings)
        if not below.ok:
            raise StoreIsIll(below.message)
        client = self.open(run_id)
        recover(client)  # what a run that was killed left half swapped
        ill = [finding for finding in health(client, self.folder) if not finding.ok]
        if ill:
            raise StoreIsIll("; ".join(f"{finding.check}: {finding.message}" for finding in ill))
        return client

    @property
    def folder(self) -> Path | None:
        """The store's folder on this machine; None on a server."""
        settings = self.settings
        return settings.home if settings.clickhouse_dsn is None else None

    def open_change(self, client: AnyClient, *, athlete_id: str, from_date: date, cause: str, detail: str) -> str:
        """Journals a change before it becomes visible, and rings for the sensors."""
        from momentum.warehouse.changes import open_change

        return open_change(
            client,
            partial(self.doorbell.ring, from_date),
            athlete_id=athlete_id,
            from_date=from_date,
            cause=cause,
            detail=detail,
            now=datetime.now(UTC),
        )
