"""What can go wrong with the store, in words that name the way out."""

from __future__ import annotations

from momentum.errors import MomentumError

# What a person can do, by ClickHouse's error code.
_WAY_OUT = {
    60: "The table is missing: the store has not been migrated, or the name is misspelt.",
    81: "The database is missing: the store has not been migrated.",
    159: "The statement took longer than max_execution_time allows: ask for a shorter range.",
    164: "This statement may only read; the other commands of momentum change things.",
    193: "Check the user and the password in MOMENTUM_CLICKHOUSE_DSN.",
    241: "It needs more memory than it may have: ask for a shorter range, or raise max_memory_usage.",
    243: "The disk is full: free some space; the store itself is whole.",
    516: "Check the user and the password in MOMENTUM_CLICKHOUSE_DSN.",
}


class StoreError(MomentumError):
    """The store cannot be opened or used; the message says why and what to do."""


class StoreBusy(StoreError):
    """Another process holds the embedded store and did not let go in time."""

    def __init__(self, message: str, *, pid: int | None = None, command: str = "", since: str = "") -> None:
        super().__init__(message)
        self.pid = pid
        self.command = command
        self.since = since


class LeaseLost(StoreError):
    """This process may not write to the server: another does, or may do so since this one fell silent."""


class StatementFailed(StoreError):
    """ClickHouse refused a statement. `code` is its number for the reason; None where none came."""

    def __init__(self, message: str, code: int | None) -> None:
        way_out = _WAY_OUT.get(code or 0, "")
        super().__init__(f"{message}\n{way_out}" if way_out else message)
        self.code = code
