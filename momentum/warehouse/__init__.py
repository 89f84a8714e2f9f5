"""The ClickHouse side: tables, migrations, SQL models, publishing months, changes, ingest, queries.

Everything takes a client that is handed in. Here does not belong: opening a store (adapters), the
definition of a training metric (training), orchestration (momentum_dagster).
"""
