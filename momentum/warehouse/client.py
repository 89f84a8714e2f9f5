"""What the warehouse needs of a client that is handed in; momentum.adapters.clickhouse.Client is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Client(Protocol):
    """Runs statements in one database; table names are unqualified."""

    database: str
    run_id: str

    def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> pa.Table: ...

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]: ...

    def command(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> None: ...

    def insert(self, table: str, data: pa.Table) -> None: ...

    @property
    def alone(self) -> bool: ...

    def hold(self) -> None: ...

    def check_alone(self) -> None: ...

    def give_way(self) -> bool: ...
