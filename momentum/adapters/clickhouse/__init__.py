"""The store: ClickHouse embedded in the process (chDB) or on a server over HTTP, behind one Client.

Here belong: opening, what lets one process at a time write (the lock of the embedded store, the lease on
a server), retrying what passes, and Arrow in and out. Here does not belong: any table or its meaning (warehouse).
"""

from __future__ import annotations

from momentum.adapters.clickhouse.client import Client, open_client
from momentum.adapters.clickhouse.errors import LeaseLost, StatementFailed, StoreBusy, StoreError

__all__ = ["Client", "LeaseLost", "StatementFailed", "StoreBusy", "StoreError", "open_client"]
