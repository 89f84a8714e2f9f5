"""Journals of runs: what must be computed again, what was published, who writes."""

from __future__ import annotations

from momentum.warehouse.tables.table import AT, ATHLETE, RUN, Column, Table

CHANGES = Table(
    "changes",
    "journal",
    "One row per opening of a change, and one more with published_run set when all that it needs is published.",
    (
        Column("change_id", "String", "The change."),
        ATHLETE,
        Column("from_date", "Date", "First local day that may differ."),
        Column("cause", "LowCardinality(String)", "file, threshold, decision, rpe, athlete, event, model or day."),
        Column("detail", "String", "What, for a person."),
        AT,
        Column("published_run", "String", "Empty while open."),
    ),
    key=("change_id", "published_run"),
)

PUBLICATIONS = Table(
    "publications",
    "journal",
    "One row per month of a table swapped in.",
    (
        Column("table", "LowCardinality(String)", "The table."),
        Column("month", "Date", "First day of the month."),
        Column("model_version", "String", "Version of the model that computed it."),
        Column("inputs_hash", "String", "What it was computed from; the same hash again is skipped."),
        Column("rows", "UInt64", "Rows of the month."),
        RUN,
        AT,
    ),
    key=("table", "month", "at"),
)

SWAPS = Table(
    "swaps",
    "journal",
    "One row per partition that is about to be swapped, and one more with done set when all of its batch are.",
    (
        Column("swap_id", "String", "The batch."),
        Column("done", "Bool", "True in the row that closes the batch."),
        Column("table", "LowCardinality(String)", "The table, or its history."),
        Column("partition", "String", "The partition, as ALTER TABLE writes it."),
        Column("source", "String", "The staging table that holds what comes."),
        Column("month", "Date", "First day of the month."),
        Column("model_version", "String", "Version of the model that computed it."),
        Column("inputs_hash", "String", "What it was computed from."),
        Column("rows", "UInt64", "Rows that come."),
        RUN,
        AT,
    ),
    key=("swap_id", "done", "partition"),
)

LEASES = Table(
    "leases",
    "journal",
    "One row per sign of life of a process that writes to a server, or waits to.",
    (
        Column("epoch", "UInt64", "Which holder of the store, counted from 1; 0 while it waits."),
        Column("claim_id", "String", "One holder or waiter."),
        Column("holder", "String", "Process, machine and command, for a person."),
        Column("released", "Bool", "True in the last row of a claim that was given back."),
        Column("at", "DateTime64(3, 'UTC')", "When, by the clock of the server."),
        Column("expires_at", "DateTime64(3, 'UTC')", "Until when the claim counts without another row."),
    ),
    key=("claim_id", "epoch", "at"),
)
