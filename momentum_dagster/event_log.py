"""Dagster's SQLite storage for a range of months in one run: events are written in batches.

A run over 36 months of nine assets tells 650 events; Dagster's own SQLite storage opens four
connections for each and waits for the disk as often, which took longer than the work. Storages are made
to be replaced (dagster.yaml names the class); everything but the batches is Dagster's, and so are the
files: an instance may go from one storage to the other and back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

# Dagster hands events over in batches where this variable says how large a batch may be.
_BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE"
_BUSY_TIMEOUT_S = 30
_ENGINES_KEPT = 8  # one for each run that is looked at, one for all


class LocalStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite under `base_dir`, where Dagster's own storage has them."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(str(Path(base_dir, "history", "runs")))
        os.environ.setdefault(_BATCH_SIZE, "1000")

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> LocalStorage:
        return cls.from_local(inst_data=inst_data, **config_value)


class EventLog(SqliteEventLogStorage):
    """Events in SQLite, a batch in two transactions.

    A commit does not wait for the disk: after a power cut the last events may be missing, the databases
    are whole. What was computed is journalled in the store, not here.
    """

    def __init__(self, base_dir: str) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        super().__init__(base_dir)

    def store_event(self, event: dg.EventLogEntry) -> None:
        super().store_event(event)
        self._tell_watchers(event.run_id)

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """As store_event for each; of an asset's row only what the last event of a kind says is kept."""
        if not events:
            return
        inserts = [self.prepare_insert_event(event) for event in events]
        with self.run_connection(events[0].run_id) as connection:
            for insert in inserts:
                connection.execute(insert)
        with self.index_connection() as connection:
            ids = [connection.execute(insert).inserted_primary_key[0] for insert in inserts]
        assets = [one for one in zip(events, ids, strict=True) if one[0].dagster_event_type in ASSET_EVENTS]
        if assets:
            self.store_asset_event_tags([event for event, _ in assets], [number for _, number in assets])
        last = {(event.get_dagster_event().asset_key, event.dagster_event_type): (event, n) for event, n in assets}
        for event, number in last.values():
            self.store_asset_event(event, number)
        for event, number in zip(events, ids, strict=True):
            if event.dagster_event_type not in ASSET_EVENTS:
                self.store_asset_check_event(event, number)
        self._tell_watchers(events[0].run_id)

    def _tell_watchers(self, run_id: str) -> None:
        """The UI follows a run by watching this file, which SQLite itself touches only now and then."""
        os.utime(self.path_for_shard(run_id))

    def run_connection(self, run_id: str | None = None) -> Any:
        return self._connected(str(run_id), super().run_connection(run_id))

    def index_connection(self) -> Any:
        return self._connected(INDEX_SHARD_NAME, super().index_connection())

    @contextmanager
    def _connected(self, shard: str, first: AbstractContextManager[Any]) -> Iterator[sqlalchemy.Connection]:
        """A connection in a transaction, kept for the next: SQLite tidies up when the last one is closed."""
        if shard not in self._engines:
            with first:  # makes the database
                pass
            if len(self._engines) == _ENGINES_KEPT:
                self._engines.pop(next(iter(self._engines))).dispose()
            self._engines[shard] = _engine(self.conn_string_for_shard(shard))
        with self._engines[shard].begin() as connection:
            yield connection

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _engine(address: str) -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine(address, connect_args={"timeout": _BUSY_TIMEOUT_S})

    @sqlalchemy.event.listens_for(engine, "connect")
    def unhurried(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine
