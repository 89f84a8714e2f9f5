"""The table of leases: which process may write on a server. The embedded store has it and does not use it."""

from __future__ import annotations

NAME = "leases of a server's writers"

_LEASES = """
CREATE TABLE IF NOT EXISTS leases
(
    `epoch` UInt64 COMMENT 'Which holder of the store, counted from 1; 0 while it waits.',
    `claim_id` String COMMENT 'One holder or waiter.',
    `holder` String COMMENT 'Process, machine and command, for a person.',
    `released` Bool COMMENT 'True in the last row of a claim that was given back.',
    `at` DateTime64(3, 'UTC') COMMENT 'When, by the clock of the server.',
    `expires_at` DateTime64(3, 'UTC') COMMENT 'Until when the claim counts without another row.'
)
ENGINE = MergeTree
ORDER BY (claim_id, epoch, at)
SETTINGS non_replicated_deduplication_window = 100
COMMENT 'One row per sign of life of a process that writes to a server, or waits to.'
"""


def statements() -> list[str]:
    return [_LEASES]
