"""The embedded engine: opened once, shared inside the process, given up when another process waits.

Three traps of chDB shape this module. After an error a connection may prepend rows of the failed
query to the next answer, so it is thrown away. Every opening of the engine leaks threads, so a new
connection is made before the old one is closed: the engine stays open. A statement does not notice
Ctrl-C, so the main thread waits while another runs it, and kills it when the wait is broken off.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from momentum.adapters.clickhouse.client import configure
from momentum.adapters.clickhouse.errors import StatementFailed, StoreError
from momentum.adapters.clickhouse.lock import StoreLock

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client as Connection

T = TypeVar("T")

_KILL_WAIT_S = 5.0


class _Engine:
    """The store folder that this process holds, and how many sessions use it. At most one exists."""

    current: _Engine | None = None
    guard = threading.RLock()

    def __init__(self, store_dir: Path) -> None:
        self.store_dir = store_dir
        self.lock = StoreLock(store_dir)
        self.users = 0

    @classmethod
    def enter(cls, store_dir: Path, timeout_s: float, on_wait: Callable[[str], None]) -> _Engine:
        with cls.guard:
            if cls.current is None:
                engine = cls(store_dir)
                engine.lock.acquire(timeout_s, on_wait)
                cls.current = engine
            elif cls.current.store_dir != store_dir:
                raise StoreError(
                    f"This process already holds the store {cls.current.store_dir}; the embedded engine takes "
                    f"one folder at a time. Close it before opening {store_dir}."
                )
            cls.current.users += 1
            return cls.current

    def leave(self) -> None:
        with self.guard:
            self.users -= 1
            if self.users == 0:
                self.lock.release()
                _Engine.current = None


class EmbeddedSession:
    """One connection to the embedded engine. See momentum.adapters.clickhouse.client.Session."""

    def __init__(
        self,
        store_dir: Path,
        *,
        database: str,
        run_id: str,
        lock_timeout_s: float,
        on_wait: Callable[[str], None],
    ) -> None:
        self.database = database
        self._run_id = run_id
        self._on_wait = on_wait
        self._engine = _Engine.enter(store_dir.resolve(), lock_timeout_s, on_wait)
        # One thread, kept: in a fresh thread the engine needs 2 ms more a statement.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="statements")
        self._connection: Connection | None = None
        self._holds = True  # the lock is ours, so that the engine may be opened
        try:
            self._connection = self._connect()
        except BaseException:
            self._engine.leave()
            raise

    def call(self, work: Callable[[Connection], T], *, repeatable: bool) -> T:
        """Nothing is tried again here, `repeatable` or not: there is no network between."""
        from clickhouse_connect.driver.exceptions import Error

        if not self._holds:
            raise StoreError("The store is closed.")
        connection = self._connection or self._connect()
        self._connection = None  # stays away if it breaks: what follows must not see its leftovers
        try:
            answer = self._run(lambda: work(connection))
        except Error as error:
            raise StatementFailed(str(error), error.code) from error
        else:
            self._connection = connection
            return answer
        finally:
            if self._connection is None:
                try:
                    self._connection = self._connect()
                finally:
                    connection.close()

    def insert_settings(self) -> dict[str, Any]:
        return {}

    @property
    def alone(self) -> bool:
        return True  # the lock lets nobody else in, not even to read

    def hold(self) -> None:
        pass

    def check_alone(self) -> None:
        pass

    def give_way(self) -> bool:
        with _Engine.guard:
            if self._engine.users > 1 or not self._engine.lock.somebody_waits():
                return False
            self._disconnect()
            self._engine.lock.release()
            # However long the other takes: to die here would lose work that only had to wait.
            self._engine.lock.acquire(None, self._on_wait)
            self._holds = True
            self._connection = self._connect()
            return True

    def close(self) -> None:
        self._thread.shutdown()
        self._disconnect()
        self._engine.leave()

    def _disconnect(self) -> None:
        self._holds = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> Connection:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import Error

        folder = self._engine.store_dir / "engine"
        try:
            connection = clickhouse_connect.get_client(
                interface="chdb", path=str(folder), show_clickhouse_errors="scrub"
            )
            configure(connection, self._run_id)
            connection.command(f"CREATE DATABASE IF NOT EXISTS `{self.database}`")
            connection.database = self.database
        except Error as error:
            raise StoreError(
                f"The embedded store {folder} does not open: {error}\n"
                "Look for a full disk, a folder of another user, or a program other than momentum that has it open."
            ) from error
        return connection

    def _run(self, work: Callable[[], T]) -> T:
        """Run the statement where it can be left. Signals reach the main thread only; others run it themselves."""
        if threading.current_thread() is not threading.main_thread():
            return work()
        statement = self._thread.submit(work)
        try:
            return statement.result()
        finally:
            # Not done only if the wait was broken off, by Ctrl-C or by a signal handler that raises.
            if not statement.done():
                self._kill_statements()
                wait([statement], _KILL_WAIT_S)

    def _kill_statements(self) -> None:
        """End what this process is running. The engine is ours alone, so all of it is ours."""
        with contextlib.closing(self._connect()) as other:
            other.command("KILL QUERY WHERE query_id != queryID() ASYNC")
