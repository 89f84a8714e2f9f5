"""A ClickHouse server over HTTP: what passes is tried again, nothing else."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from momentum.adapters.clickhouse.client import configure
from momentum.adapters.clickhouse.errors import StatementFailed, StoreError
from momentum.adapters.clickhouse.lease import Lease

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client as Connection
    from clickhouse_connect.driver.exceptions import Error

T = TypeVar("T")

# Refused before it began: safe to send again whatever the statement is.
# 202 TOO_MANY_SIMULTANEOUS_QUERIES, 225 NO_ZOOKEEPER, 242 TABLE_IS_READ_ONLY (its Keeper session is gone).
_NOT_BEGUN = frozenset({202, 225, 242})

# May have been done, or half done: sent again only where twice does no harm.
# 209 SOCKET_TIMEOUT, 210 NETWORK_ERROR, 279 ALL_CONNECTION_TRIES_FAILED, 319 UNKNOWN_STATUS_OF_INSERT,
# 999 KEEPER_EXCEPTION. Not here: 241 MEMORY_LIMIT_EXCEEDED, for what is too large is too large again.
_PERHAPS_DONE = frozenset({209, 210, 279, 319, 999})

_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0)


class HttpSession:
    """One server. See momentum.adapters.clickhouse.client.Session."""

    def __init__(
        self, dsn: str, *, database: str, run_id: str, lock_timeout_s: float, on_wait: Callable[[str], None]
    ) -> None:
        parts = urlsplit(dsn)
        self.database = unquote(parts.path.strip("/")) or database
        self._server = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}"  # without user and password
        self._dsn = parts._replace(path="").geturl()
        self._run_id = run_id
        self._lock_timeout_s = lock_timeout_s
        self._connection = self._try(self._connect, repeatable=True)
        self._lease = Lease(self.call, on_wait)

    def call(self, work: Callable[[Connection], T], *, repeatable: bool) -> T:
        return self._try(lambda: work(self._connection), repeatable=repeatable)

    def insert_settings(self) -> dict[str, Any]:
        """A token makes an insert that is sent twice count once."""
        return {"insert_deduplicate": 1, "insert_deduplication_token": uuid.uuid4().hex}

    @property
    def alone(self) -> bool:
        return self._lease.held

    def hold(self) -> None:
        if not self._lease.held:
            self._lease.acquire(self._lock_timeout_s)

    def check_alone(self) -> None:
        self._lease.check()

    def give_way(self) -> bool:
        if not self._lease.held or not self._lease.somebody_waits():
            return False
        self._lease.release()
        # However long the other takes: to die here would lose work that only had to wait.
        self._lease.acquire(None)
        return True

    def close(self) -> None:
        self._lease.release()
        self._connection.close()

    def _connect(self) -> Connection:
        import clickhouse_connect

        connection = clickhouse_connect.get_client(
            dsn=self._dsn,
            show_clickhouse_errors="scrub",  # without the address, which a person knows, and the version
            query_retries=0,  # retried here, where it is known what may be repeated
            autogenerate_session_id=False,  # a session would forbid two statements at once
        )
        configure(connection, self._run_id)
        connection.command(f"CREATE DATABASE IF NOT EXISTS `{self.database}`")
        connection.database = self.database
        return connection

    def _try(self, work: Callable[[], T], *, repeatable: bool) -> T:
        from clickhouse_connect.driver.exceptions import Error

        pauses = iter(_PAUSES_S)
        while True:
            try:
                return work()
            except Error as error:
                pause = next(pauses, None)
                if pause is None or not _passes(error, repeatable):
                    raise self._explained(error) from error
                time.sleep(pause)

    def _explained(self, error: Error) -> StoreError:
        if _connection_failed(error):
            return StoreError(
                f"The ClickHouse server {self._server} does not answer: {error.__cause__ or error}\n"
                "Start it, or look at MOMENTUM_CLICKHOUSE_DSN."
            )
        return StatementFailed(str(error), error.code)


def _passes(error: Error, repeatable: bool) -> bool:
    if _connection_failed(error):
        return repeatable or _never_arrived(error)
    return error.code in _NOT_BEGUN or (repeatable and error.code in _PERHAPS_DONE)


def _connection_failed(error: Error) -> bool:
    """No answer of ClickHouse's own: no connection, a broken one, or a proxy's 429, 503 or 504."""
    from clickhouse_connect.driver.exceptions import OperationalError

    return isinstance(error, OperationalError) and error.code is None


def _never_arrived(error: Error) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

    cause = error.__cause__
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, ConnectTimeoutError | NewConnectionError)
