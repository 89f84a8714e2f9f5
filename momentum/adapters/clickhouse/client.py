"""The one client that everything above talks to; what is behind it is a session, embedded or HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pyarrow as pa

from momentum.adapters.clickhouse.errors import StatementFailed

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client as Connection

T = TypeVar("T")

_JSON = {
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_denormals": 0,
    "output_format_json_named_tuples_as_objects": 1,
    "output_format_json_validate_utf8": 1,
}

Parameters = Mapping[str, Any] | None
Settings = Mapping[str, Any] | None


class Session(Protocol):
    """A place where statements run. `repeatable` says that running the work twice does no harm."""

    database: str

    def call(self, work: Callable[[Connection], T], *, repeatable: bool) -> T: ...

    def insert_settings(self) -> dict[str, Any]: ...

    @property
    def alone(self) -> bool: ...

    def hold(self) -> None: ...

    def check_alone(self) -> None: ...

    def give_way(self) -> bool: ...

    def close(self) -> None: ...


def configure(connection: Connection, run_id: str) -> None:
    """Settings of every statement, the same on both engines."""
    settings = {
        "log_comment": run_id,
        "session_timezone": "UTC",  # else the embedded engine takes the machine's zone
        "max_partitions_per_insert_block": 0,  # a range can hold more than the usual 100 months
        "mutations_sync": 2,
        "output_format_arrow_string_as_string": 1,
        # Equal rows are rows: only an insert that is sent again, with its token, may be left out.
        "insert_deduplicate": 0,
    }
    if "deduplicate_insert" in connection.server_settings:  # newer engines ask this one first
        settings["deduplicate_insert"] = "backward_compatible_choice"
    for name, value in settings.items():
        connection.set_client_setting(name, value)


class Client:
    """Runs statements in one database. Table names are unqualified everywhere.

    Every statement carries `run_id` in `log_comment`. Parameters are bound by the server: write
    `{name:Type}` in the SQL. All methods raise StatementFailed for what ClickHouse refuses and
    StoreError where the store cannot be reached.
    """

    def __init__(self, session: Session, run_id: str) -> None:
        self._session = session
        self.database = session.database
        self.run_id = run_id

    def query(self, sql: str, parameters: Parameters = None, settings: Settings = None) -> pa.Table:
        """The answer as an Arrow table; String columns are Arrow strings, DateTime64 is timestamp[ms, UTC]."""
        answer = self._session.call(
            lambda connection: connection.raw_query(sql, _dict(parameters), _dict(settings), fmt="Arrow"),
            repeatable=True,
        )
        return pa.ipc.open_file(answer).read_all()

    def rows(self, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
        """The answer as a list of dicts: for the few rows that a person or a decision needs."""
        return self.query(sql, parameters).to_pylist(maps_as_pydicts="strict")

    def json_rows(self, sql: str, settings: Settings = None) -> list[dict[str, Any]]:
        """The answer as JSON objects, for statements that are not ours: every type as the engine writes it.

        Times are ISO 8601; NaN and infinities are null; bytes that are no UTF-8 are replaced.
        Raises StatementFailed also where the answer is none of a single SELECT.
        """
        answer = self._session.call(
            lambda connection: connection.raw_query(sql, None, {**_JSON, **(settings or {})}, fmt="JSONEachRow"),
            repeatable=True,
        )
        one_at_a_time = "The answer is not one table: ask one SELECT at a time"
        try:
            rows = [json.loads(line) for line in answer.decode("utf-8").splitlines()]
        except ValueError as error:
            raise StatementFailed(one_at_a_time, None) from error
        if not all(isinstance(row, dict) for row in rows):
            raise StatementFailed(one_at_a_time, None)
        return rows

    def command(self, sql: str, parameters: Parameters = None, settings: Settings = None) -> None:
        """Run a statement that answers nothing: DDL, INSERT SELECT, ALTER."""
        self._session.call(
            lambda connection: connection.command(sql, _dict(parameters), settings=_dict(settings)),
            repeatable=False,
        )

    def insert(self, table: str, data: pa.Table) -> None:
        """Append all rows of `data`, columns by name; columns that are left out get their defaults.

        An insert over several months is not atomic: what makes rows count is one row written last.
        """
        if data.num_rows == 0:
            return
        block = _arrow_stream(data)
        settings = self._session.insert_settings()
        self._session.call(
            lambda connection: connection.raw_insert(table, data.column_names, block, settings, fmt="ArrowStream"),
            repeatable=True,
        )

    @property
    def alone(self) -> bool:
        """Whether no other process may write: always in the embedded store, on a server after `hold`."""
        return self._session.alone

    def hold(self) -> None:
        """From here to the close this process writes alone; call before anything is read that it rests on.

        On a server this waits for the lease, as long as the lock of the embedded store is waited for, and
        raises StoreBusy. The embedded store is held since it was opened.
        """
        self._session.hold()

    def check_alone(self) -> None:
        """Raises LeaseLost where another process may write by now. Call before what must not be done by two."""
        self._session.check_alone()

    def give_way(self) -> bool:
        """Let another process write if one waits; True when it did. Call between batches."""
        return self._session.give_way()


def _dict(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(values)


def _arrow_stream(data: pa.Table) -> bytes:
    """A stream in batches, which the engine works on while it reads: half as fast again as one Arrow file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, data.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(data, max_chunksize=262_144)
    return sink.getvalue().to_pybytes()


@contextmanager
def open_client(
    *,
    store_dir: Path,
    dsn: str | None,
    database: str = "momentum",
    run_id: str,
    lock_timeout_s: float,
    on_wait: Callable[[str], None],
) -> Iterator[Client]:
    """Open the store: the server of `dsn`, or with none the embedded store in `store_dir`.

    The database is made if it is missing. The embedded store is held by one process at a time: while
    another has it, `on_wait` gets a message that names the holder, and after `lock_timeout_s` StoreBusy
    is raised. A process that holds the store already shares it with itself. A server is open to all who
    read; who writes months calls `hold`, where the same holds.
    """
    session: Session
    if dsn is None:
        from momentum.adapters.clickhouse.embedded import EmbeddedSession

        session = EmbeddedSession(
            store_dir, database=database, run_id=run_id, lock_timeout_s=lock_timeout_s, on_wait=on_wait
        )
    else:
        from momentum.adapters.clickhouse.http import HttpSession

        session = HttpSession(dsn, database=database, run_id=run_id, lock_timeout_s=lock_timeout_s, on_wait=on_wait)
    try:
        yield Client(session, run_id)
    finally:
        session.close()
